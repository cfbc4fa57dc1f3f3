#include "atlas/dns/name.h"

#include <gtest/gtest.h>

#include <random>

#include <algorithm>
#include <random>
#include <unordered_set>
#include <vector>

namespace atlas::dns {
namespace {

Name name_of(std::string_view text) {
  const auto name = parse_name(text);
  EXPECT_TRUE(name) << text;
  return name.value_or(Name());
}

std::string octets_of(NameView name) {
  return {name.wire().begin(), name.wire().end()};
}

std::vector<uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

using namespace std::string_literals;

// 63 + 63 + 63 + 61 octets in four labels: 255 octets of wire form.
std::string longest_name() {
  return std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.' +
         std::string(61, 'd') + '.';
}

std::string name_of_most_labels() {
  std::string text;
  for (size_t i = 0; i < kLabelsMax; ++i) text += "x.";
  return text;
}

TEST(ParseName, GivesLabelsWithTheirLengths) {
  EXPECT_EQ(octets_of(name_of("www.Example.com.")), "\3www\7Example\3com\0"s);
  EXPECT_EQ(octets_of(name_of(".")), "\0"s);
  EXPECT_EQ(octets_of(name_of("*.a.")), "\1*\1a\0"s);
}

TEST(ParseName, PutsRelativeNamesBelowTheOrigin) {
  const Name origin = name_of("example.");
  EXPECT_EQ(to_text(parse_name("www", origin).value()), "www.example.");
  EXPECT_EQ(to_text(parse_name("a.b", origin).value()), "a.b.example.");
  EXPECT_EQ(to_text(parse_name("@", origin).value()), "example.");
  EXPECT_EQ(to_text(parse_name("\\@", origin).value()), "\\@.example.");
  EXPECT_EQ(to_text(parse_name("@.", origin).value()), "\\@.");
  EXPECT_EQ(to_text(parse_name("www.", origin).value()), "www.");
  EXPECT_EQ(to_text(parse_name("www").value()), "www.");
  EXPECT_EQ(to_text(parse_name("@").value()), ".");
}

TEST(ParseName, TakesEscapes) {
  EXPECT_EQ(octets_of(name_of("a\\.b.c.")), "\3a.b\1c\0"s);
  EXPECT_EQ(octets_of(name_of("\\000\\255\\046.")), "\3\0\377.\0"s);
  EXPECT_EQ(octets_of(name_of("a\\\\b.")), "\3a\\b\0"s);
  EXPECT_EQ(octets_of(name_of("a\\\"\\;b.")), "\4a\";b\0"s);
  // An escaped dot at the end does not make the name absolute.
  EXPECT_EQ(octets_of(parse_name("a\\.", name_of("b.")).value()), "\2a.\1b\0"s);
}

TEST(ParseName, RefusesWhatIsNoName) {
  for (const char* text :
       {"", "..", ".a", "a..b", "a..", "\\", "a\\", "\\1", "\\12", "\\12x", "\\256", "\\999", "\\1.2."}) {
    const auto name = parse_name(text);
    ASSERT_FALSE(name) << text;
    EXPECT_FALSE(name.error().message.empty());
  }
}

TEST(ParseName, HoldsLabelsTo63OctetsAndNamesTo255) {
  EXPECT_TRUE(parse_name(std::string(63, 'a')));
  EXPECT_FALSE(parse_name(std::string(64, 'a')));
  EXPECT_FALSE(parse_name(std::string(64, 'a') + '.'));
  std::string escaped;
  for (int i = 0; i < 63; ++i) escaped += "\\001";
  EXPECT_TRUE(parse_name(escaped));
  EXPECT_FALSE(parse_name(escaped + "\\001"));

  const Name longest = name_of(longest_name());
  EXPECT_EQ(longest.view().size(), 255);
  EXPECT_EQ(to_text(longest), longest_name());
  EXPECT_FALSE(parse_name("x." + longest_name().substr(1)));
  EXPECT_FALSE(parse_name('d' + longest_name()));  // a label of 64
  std::string longer = longest_name();
  longer.insert(longer.size() - 1, "d");
  EXPECT_FALSE(parse_name(longer));
  longer.pop_back();
  EXPECT_FALSE(parse_name(longer));

  const Name most = name_of(name_of_most_labels());
  EXPECT_EQ(most.view().size(), 255);
  EXPECT_EQ(most.label_count(), kLabelsMax);
  EXPECT_FALSE(parse_name("x." + name_of_most_labels()));
}

TEST(ParseName, HoldsTheNameWithItsOriginTo255) {
  const Name origin =
      name_of(std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.');
  EXPECT_TRUE(parse_name(std::string(61, 'd'), origin));
  EXPECT_FALSE(parse_name(std::string(62, 'd'), origin));
  EXPECT_TRUE(parse_name("@", name_of(longest_name())));
  EXPECT_FALSE(parse_name("x", name_of(longest_name())));
}

TEST(NameText, ParsesToTheSameOctets) {
  std::mt19937 random(1);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<uint8_t> wire;
    const int labels = static_cast<int>(random() % 6);
    for (int i = 0; i < labels; ++i) {
      const auto size = static_cast<uint8_t>(1 + random() % 40);
      wire.push_back(size);
      for (int j = 0; j < size; ++j) wire.push_back(static_cast<uint8_t>(random()));
    }
    wire.push_back(0);
    const auto name = view_name(wire);
    ASSERT_TRUE(name);
    const auto parsed = parse_name(to_text(*name));
    ASSERT_TRUE(parsed) << to_text(*name);
    ASSERT_TRUE(std::ranges::equal(parsed->wire(), wire)) << to_text(*name);
  }
}

TEST(NameText, EscapesEveryOctetSoThatItComesBack) {
  for (int octet = 0; octet < 256; ++octet) {
    const std::vector<uint8_t> wire = {2, static_cast<uint8_t>(octet), 'x', 0};
    const std::string text = to_text(*view_name(wire));
    EXPECT_TRUE(std::ranges::equal(parse_name(text).value().wire(), wire)) << text;
    for (const char c : text) EXPECT_TRUE(c > 0x20 && c < 0x7f) << octet;
  }
  EXPECT_EQ(to_text(name_of("\\032\\127\\200.")), "\\032\\127\\200.");
}

TEST(NameText, ShowsULabelsToPeopleWhereTheyAreValid) {
  EXPECT_EQ(to_display_text(name_of("xn--bcher-kva.example.")),
            "b\xc3\xbc"
            "cher.example.");
  EXPECT_EQ(to_display_text(name_of("www.example.")), "www.example.");
  EXPECT_EQ(to_display_text(name_of("Xn--BCHER-KVA.example.")),
            "B\xc3\xbc"
            "CHER.example.");
  EXPECT_EQ(to_display_text(name_of("xn--.example.")), "xn--.example.");
  // An ideographic full stop, a zero-width space, and an upper-case letter, which no U-label may hold.
  for (const char* text : {"xn--ab-r13a.example.", "xn--ab-g1t.example.", "xn--wca.example."}) {
    EXPECT_EQ(to_display_text(name_of(text)), text);
  }
  EXPECT_EQ(to_display_text(name_of(".")), ".");
}

TEST(NameView, TakesNamesApart) {
  const Name name = name_of("www.Example.com.");
  const NameView view = name;
  EXPECT_EQ(view.label_count(), 3u);
  EXPECT_EQ(to_text(view.parent()), "Example.com.");
  EXPECT_TRUE(view.parent().parent().parent().is_root());
  EXPECT_EQ(to_text(view.suffix(0)), ".");
  EXPECT_EQ(to_text(view.suffix(2)), "Example.com.");
  EXPECT_EQ(to_text(view.suffix(3)), "www.Example.com.");
  EXPECT_EQ(view.first_label().size(), 3u);
  EXPECT_TRUE(NameView().is_root());
  EXPECT_EQ(NameView().label_count(), 0u);
  EXPECT_TRUE(NameView().first_label().empty());
}

TEST(NameView, KnowsWhatLiesBelowWhat) {
  const Name example = name_of("example.com.");
  const auto below = [](std::string_view name, NameView ancestor) {
    return name_of(name).view().is_below(ancestor);
  };
  EXPECT_TRUE(below("www.EXAMPLE.com.", example));
  EXPECT_TRUE(below("a.b.example.com.", example));
  EXPECT_FALSE(below("example.com.", example));
  EXPECT_TRUE(example.view().is_at_or_below(example));
  EXPECT_FALSE(below("badexample.com.", example));
  EXPECT_FALSE(below("com.", example));
  EXPECT_FALSE(below("www.example.org.", example));
  EXPECT_TRUE(below("com.", NameView()));
  EXPECT_FALSE(below(".", NameView()));
  // The octets of "example.com." as the end of a label.
  EXPECT_FALSE(below("x\\007example\\003com.", example));
  const std::vector<uint8_t> tricky = {12, 'x', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o', 0};
  EXPECT_FALSE(view_name(tricky)->is_at_or_below(example));
}

TEST(NameView, KnowsWildcards) {
  EXPECT_TRUE(name_of("*.example.").view().is_wildcard());
  EXPECT_FALSE(name_of("*a.example.").view().is_wildcard());
  EXPECT_FALSE(name_of("a.*.example.").view().is_wildcard());
  EXPECT_FALSE(NameView().is_wildcard());
}

TEST(NameEquality, IgnoresAsciiCaseAndNothingElse) {
  EXPECT_EQ(name_of("WWW.eXaMpLe.com."), name_of("www.example.COM."));
  EXPECT_FALSE(name_of("a.") == name_of("b."));
  EXPECT_FALSE(name_of("ab.") == name_of("a.b."));
  // Every pair of octets, at every place in a word of eight.
  for (int place = 0; place < 9; ++place) {
    for (int a = 0; a < 256; ++a) {
      for (int b = 0; b < 256; ++b) {
        std::vector<uint8_t> x(12, 'k'), y(12, 'K');
        x[0] = y[0] = 10;
        x[11] = y[11] = 0;
        x[static_cast<size_t>(1 + place)] = static_cast<uint8_t>(a);
        y[static_cast<size_t>(1 + place)] = static_cast<uint8_t>(b);
        const bool same = ascii_lower(static_cast<uint8_t>(a)) == ascii_lower(static_cast<uint8_t>(b));
        const NameView p = *view_name(x), q = *view_name(y);
        ASSERT_EQ(p == q, same) << a << ' ' << b << ' ' << place;
        ASSERT_TRUE(!same || hash(p) == hash(q)) << a << ' ' << b << ' ' << place;
      }
    }
  }
}

TEST(NameHash, SpreadsAndWorksInContainers) {
  std::unordered_set<uint64_t> hashes;
  for (int i = 0; i < 20'000; ++i) hashes.insert(hash(name_of("host" + std::to_string(i) + ".example.")));
  EXPECT_EQ(hashes.size(), 20'000u);
  std::unordered_set<Name, NameHash, NameEqual> names = {name_of("a.example.")};
  EXPECT_TRUE(names.contains(name_of("A.EXAMPLE.").view()));
  EXPECT_FALSE(names.contains(name_of("b.example.").view()));
}

// RFC 4034 6.1.
TEST(CanonicalOrder, IsThatOfTheRfc) {
  const char* kSorted[] = {"example.",         "a.example.",      "yljkjljk.a.example.",
                           "Z.a.example.",     "zABC.a.EXAMPLE.", "z.example.",
                           "\\001.z.example.", "*.z.example.",    "\\200.z.example."};
  for (size_t i = 0; i < std::size(kSorted); ++i) {
    for (size_t j = 0; j < std::size(kSorted); ++j) {
      EXPECT_EQ(compare_canonical(name_of(kSorted[i]), name_of(kSorted[j])), i <=> j)
          << kSorted[i] << ' ' << kSorted[j];
    }
  }
  EXPECT_EQ(compare_canonical(name_of("A.example."), name_of("a.EXAMPLE.")), std::strong_ordering::equal);
  EXPECT_EQ(compare_canonical(NameView(), name_of("a.")), std::strong_ordering::less);
  EXPECT_EQ(compare_canonical(name_of("ab."), name_of("abc.")), std::strong_ordering::less);
  // '[' lies between 'Z' and 'a': letters count as lower case.
  EXPECT_EQ(compare_canonical(name_of("Z."), name_of("[.")), std::strong_ordering::greater);
}

TEST(CommonLabels, CountsFromTheRoot) {
  EXPECT_EQ(common_labels(name_of("a.example.com."), name_of("b.EXAMPLE.com.")), 2u);
  EXPECT_EQ(common_labels(name_of("example.com."), name_of("a.example.com.")), 2u);
  EXPECT_EQ(common_labels(name_of("a.com."), name_of("a.org.")), 0u);
  EXPECT_EQ(common_labels(NameView(), name_of("a.")), 0u);
  EXPECT_EQ(common_labels(name_of(name_of_most_labels()), name_of(name_of_most_labels())), kLabelsMax);
  // Length and octets of a label, not just octets.
  EXPECT_EQ(common_labels(name_of("ab.c."), name_of("b.c.")), 1u);
}

TEST(Name, IsCopiedWholeAndOntoItself) {
  Name name = name_of(longest_name());
  const Name copy = name;
  EXPECT_EQ(copy, name);
  name = *&name;
  EXPECT_EQ(copy, name);
  name = Name();
  EXPECT_TRUE(name.view().is_root());
  name = Name(copy.view().parent());
  EXPECT_EQ(to_text(name), to_text(copy.view().parent()));
}

TEST(Name, IsLowered) {
  Name name = name_of("WWW.Ex\\193mple.");
  name.make_lower();
  EXPECT_EQ(octets_of(name), "\3www\7ex\301mple\0"s);
}

TEST(Name, AssignRefusesWhatDoesNotFitAndStaysAsItWas) {
  Name name = name_of("before.");
  const Name longest = name_of(longest_name());
  const auto prefix = bytes_of("\1x");
  EXPECT_FALSE(name.assign(prefix, longest));
  EXPECT_EQ(to_text(name), "before.");
  EXPECT_TRUE(name.assign({}, longest));
  EXPECT_EQ(name, longest);
  // The parts may lie in the name itself.
  name = name_of("a.b.c.");
  EXPECT_TRUE(name.assign(name.wire().first(2), name.view().suffix(1)));
  EXPECT_EQ(to_text(name), "a.c.");
}

TEST(Wildcard, StandsBelowTheClosestEncloser) {
  EXPECT_EQ(to_text(*wildcard_of(name_of("example."))), "*.example.");
  EXPECT_EQ(to_text(*wildcard_of(NameView())), "*.");
  EXPECT_FALSE(wildcard_of(name_of(longest_name())));
}

// The examples of RFC 6672 2.2, as far as a substitution takes place.
TEST(SubstituteSuffix, FollowsRfc6672) {
  const struct {
    const char *name, *owner, *target, *result;
  } kCases[] = {
      {"a.example.com.", "example.com.", "example.net.", "a.example.net."},
      {"a.b.example.com.", "example.com.", "example.net.", "a.b.example.net."},
      {"foo.bar.example.com.", "bar.example.com.", "example.net.", "foo.example.net."},
      {"cyc.example.com.", "example.com.", "example.com.", "cyc.example.com."},
      {"shortloop.x.x.", "x.", ".", "shortloop.x."},
      {"shortloop.x.", "x.", ".", "shortloop."},
      {"A.EXAMPLE.com.", "example.com.", "Example.NET.", "A.Example.NET."},
  };
  for (const auto& each : kCases) {
    const auto result = substitute_suffix(name_of(each.name), name_of(each.owner), name_of(each.target));
    ASSERT_TRUE(result) << each.name;
    EXPECT_EQ(to_text(*result), each.result);
  }
  EXPECT_FALSE(substitute_suffix(name_of("x.a."), name_of("a."), name_of(longest_name())));
}

std::string read_at(const std::vector<uint8_t>& message, size_t offset, size_t end) {
  base::ByteReader reader(message, offset);
  const auto name = read_name(reader);
  if (!name) return "malformed";
  EXPECT_EQ(reader.offset(), end);
  base::ByteReader skipper(message, offset);
  EXPECT_TRUE(skip_name(skipper));
  EXPECT_EQ(skipper.offset(), end);
  return to_text(*name);
}

TEST(ReadName, FollowsPointersBackwards) {
  const auto message = bytes_of("\3com\0\7example\300\0\3www\300\5\300\17\1a\300\23\0"s);
  EXPECT_EQ(read_at(message, 0, 5), "com.");
  EXPECT_EQ(read_at(message, 5, 15), "example.com.");
  EXPECT_EQ(read_at(message, 15, 21), "www.example.com.");
  EXPECT_EQ(read_at(message, 21, 23), "www.example.com.");
  EXPECT_EQ(read_at(message, 4, 5), ".");
}

TEST(ReadName, RefusesPointersThatDoNotGoBack) {
  EXPECT_EQ(read_at(bytes_of("\300\0"s), 0, 0), "malformed");              // to itself
  EXPECT_EQ(read_at(bytes_of("\300\2\1a\0"s), 0, 0), "malformed");         // forward
  EXPECT_EQ(read_at(bytes_of("\1a\300\0"s), 0, 0), "malformed");           // to its own start
  EXPECT_EQ(read_at(bytes_of("\1a\300\4\1b\300\0"s), 4, 0), "malformed");  // a loop of two
  EXPECT_EQ(read_at(bytes_of("\300\377"s), 0, 0), "malformed");            // behind the message
}

TEST(ReadName, RefusesCutOffAndUnknownLabels) {
  EXPECT_EQ(read_at({}, 0, 0), "malformed");
  EXPECT_EQ(read_at(bytes_of("\3ww"), 0, 0), "malformed");
  EXPECT_EQ(read_at(bytes_of("\3www"), 0, 0), "malformed");
  EXPECT_EQ(read_at(bytes_of("\300"), 0, 0), "malformed");
  EXPECT_EQ(read_at(bytes_of("\100a\0"s), 0, 0), "malformed");
  EXPECT_EQ(read_at(bytes_of("\200a\0"s), 0, 0), "malformed");
}

TEST(ReadName, Reads255OctetsAndNot256) {
  const Name longest = name_of(longest_name());
  std::vector<uint8_t> message(longest.wire().begin(), longest.wire().end());
  EXPECT_EQ(read_at(message, 0, 255), longest_name());
  // One more label in front of it, by a pointer.
  message.insert(message.end(), {1, 'x', 0xc0, 0});
  EXPECT_EQ(read_at(message, 255, 259), "malformed");
  // The same length in other labels: 63 + 63 + 63 + 62.
  std::vector<uint8_t> longer;
  for (const uint8_t size : {63, 63, 63, 62}) {
    longer.push_back(size);
    longer.insert(longer.end(), size, 'a');
  }
  longer.push_back(0);
  EXPECT_EQ(longer.size(), 256u);
  EXPECT_EQ(read_at(longer, 0, 256), "malformed");
  EXPECT_FALSE(view_name(longer));
  base::ByteReader reader(longer);
  EXPECT_FALSE(skip_name(reader));
}

TEST(ReadName, ReadsTheNameOfMostLabelsThroughAChainOfPointers) {
  std::vector<uint8_t> message = {0};
  size_t before = 0;
  for (size_t i = 0; i < kLabelsMax; ++i) {
    const size_t at = message.size();
    message.insert(message.end(),
                   {1, 'x', static_cast<uint8_t>(0xc0 | before >> 8), static_cast<uint8_t>(before)});
    before = at;
  }
  EXPECT_EQ(read_at(message, before, before + 4), name_of_most_labels());
  message.insert(message.end(),
                 {1, 'x', static_cast<uint8_t>(0xc0 | before >> 8), static_cast<uint8_t>(before)});
  EXPECT_EQ(read_at(message, before + 4, 0), "malformed");
}

TEST(ReadName, FollowsFewPointersToPointers) {
  const auto chain_of = [](size_t pointers) {
    std::vector<uint8_t> message = {0};
    for (size_t before = 0; pointers > 0; --pointers) {
      const size_t at = message.size();
      message.insert(message.end(), {static_cast<uint8_t>(0xc0 | before >> 8), static_cast<uint8_t>(before)});
      before = at;
    }
    return message;
  };
  const auto longest = chain_of(kLabelsMax + 1), longer = chain_of(kLabelsMax + 2);
  EXPECT_EQ(read_at(longest, longest.size() - 2, longest.size()), ".");
  EXPECT_EQ(read_at(longer, longer.size() - 2, 0), "malformed");
}

TEST(ViewName, TakesWholeUncompressedNamesOnly) {
  const auto wire = bytes_of("\3www\0more"s);
  const auto name = view_name(wire);
  ASSERT_TRUE(name);
  EXPECT_EQ(name->size(), 5);
  EXPECT_FALSE(view_name(bytes_of("\3www")));
  EXPECT_FALSE(view_name(bytes_of("\3ww\0"s)));
  EXPECT_FALSE(view_name(bytes_of("\300\0"s)));
  EXPECT_FALSE(view_name(bytes_of("\100\0"s)));
  EXPECT_FALSE(view_name({}));
}

TEST(SkipName, AgreesWithReadNameOnRandomOctets) {
  std::mt19937 random(2);
  for (int round = 0; round < 50'000; ++round) {
    std::vector<uint8_t> message(1 + random() % 40);
    for (uint8_t& octet : message) octet = random() % 3 == 0 ? static_cast<uint8_t>(random()) : random() % 5;
    base::ByteReader reader(message), skipper(message);
    const auto name = read_name(reader);
    const bool skipped = skip_name(skipper);
    if (name) {
      ASSERT_TRUE(skipped);
      ASSERT_EQ(reader.offset(), skipper.offset());
      ASSERT_TRUE(view_name(name->wire()));
    }
    if (const auto view = view_name(message)) {
      ASSERT_TRUE(name);
      ASSERT_TRUE(std::ranges::equal(view->wire(), name->wire()));
    }
  }
}

// Names without escapes are read many octets at a time; with one they are read octet by octet.
TEST(ParseName, TheTextOfANameMeansTheSameWithAndWithoutEscapes) {
  std::mt19937 random(1);
  const Name origin = *parse_name("a.example.");
  for (int round = 0; round < 20'000; ++round) {
    std::string plain, escaped;
    for (size_t labels = random() % 5 + 1; labels > 0; --labels) {
      const size_t size = random() % 30 == 0 ? random() % 70 : random() % 12 + (random() % 50 != 0 ? 1 : 0);
      for (size_t i = 0; i < size; ++i) plain += static_cast<char>('a' + random() % 26);
      if (labels > 1 || random() % 3 == 0) plain += '.';
    }
    for (const char c : plain) escaped += c == '.' ? "." : std::string("\\") + c;
    const auto one = parse_name(plain, origin), two = parse_name(escaped, origin);
    ASSERT_EQ(one.has_value(), two.has_value()) << plain;
    if (one) {
      EXPECT_TRUE(std::ranges::equal(one->wire(), two->wire())) << plain;
    } else {
      EXPECT_EQ(one.error().message.substr(plain.size()), two.error().message.substr(escaped.size()));
    }
  }
}

}  // namespace
}  // namespace atlas::dns
