#include "atlas/dns/name.h"

#include <idn2.h>
#include <sys/random.h>

#include <algorithm>
#include <bit>
#include <utility>

#include "atlas/dns/label_hash.h"

namespace atlas::dns {
namespace {

std::strong_ordering compare_labels(base::Bytes a, base::Bytes b) {
  const size_t shorter = std::min(a.size(), b.size());
  for (size_t i = 0; i < shorter; ++i) {
    const auto order = ascii_lower(a[i]) <=> ascii_lower(b[i]);
    if (order != 0) return order;
  }
  return a.size() <=> b.size();
}

uint64_t random_seed() {
  uint64_t seed = 0;
  if (::getrandom(&seed, sizeof seed, 0) != sizeof seed) seed = reinterpret_cast<uintptr_t>(&seed);
  return seed | 1;
}

const uint64_t kHashSeed = random_seed();

// Each label can need one, and pointers to pointers are nobody's: a chain of thousands in one message would
// be walked by each of its names.
constexpr size_t kPointersMax = kLabelsMax + 1;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool needs_backslash(uint8_t octet) {
  return octet == '.' || octet == '\\' || octet == '"' || octet == ';' || octet == '(' || octet == ')' ||
         octet == '@' || octet == '$';
}

// RFC 5890 2.3.2.1: a label that begins with "xn--".
bool has_a_label(NameView name) {
  for (; !name.is_root(); name = name.parent()) {
    const base::Bytes label = name.first_label();
    if (label.size() > 4 && ascii_lower(label[0]) == 'x' && ascii_lower(label[1]) == 'n' && label[2] == '-' &&
        label[3] == '-') {
      return true;
    }
  }
  return false;
}

// Up to eight octets of `text` from `at` on, the first lowest, the rest 0.
uint64_t load_eight(std::string_view text, size_t at) {
  const char* const begin = text.data();
  const size_t size = text.size() - at;
  uint64_t octets = 0;
  if (size >= 8) {
    std::memcpy(&octets, begin + at, 8);
  } else if (text.size() >= 8) {
    std::memcpy(&octets, begin + text.size() - 8, 8);
    octets >>= 8 * (8 - size);
  } else {
    for (size_t i = 0; i < size; ++i) octets |= uint64_t{static_cast<uint8_t>(begin[at + i])} << (8 * i);
  }
  return octets;
}

}  // namespace

size_t NameView::label_count() const {
  size_t count = 0;
  for (size_t at = 0; wire_[at] != 0; at += wire_[at] + 1u) ++count;
  return count;
}

NameView NameView::suffix(size_t labels) const {
  NameView name = *this;
  for (size_t drop = label_count() - labels; drop > 0; --drop) name = name.parent();
  return name;
}

bool NameView::is_at_or_below(NameView ancestor) const {
  if (size_ < ancestor.size_) return false;
  const size_t boundary = static_cast<size_t>(size_ - ancestor.size_);
  size_t at = 0;
  while (at < boundary) at += wire_[at] + 1u;
  return at == boundary && NameView(wire_ + at, ancestor.size_) == ancestor;
}

bool equal_octets(const uint8_t* a, const uint8_t* b, size_t octets) {
  const auto differ = [&](size_t at) {
    uint64_t x, y;
    std::memcpy(&x, a + at, 8);
    std::memcpy(&y, b + at, 8);
    return x != y && ascii_lower_eight(x) != ascii_lower_eight(y);
  };
  if (octets < 8) return ascii_lower_eight(load_few(a, octets)) == ascii_lower_eight(load_few(b, octets));
  for (size_t at = 0; at + 8 < octets; at += 8) {
    if (differ(at)) return false;
  }
  return !differ(octets - 8);
}

std::strong_ordering compare_canonical(NameView a, NameView b) {
  const LabelledName x(a), y(b);
  const size_t shorter = std::min(x.label_count(), y.label_count());
  for (size_t i = 1; i <= shorter; ++i) {
    const auto order = compare_labels(x.label(x.label_count() - i), y.label(y.label_count() - i));
    if (order != 0) return order;
  }
  return x.label_count() <=> y.label_count();
}

size_t common_labels(NameView a, NameView b) {
  const LabelledName x(a), y(b);
  const size_t shorter = std::min(x.label_count(), y.label_count());
  size_t common = 0;
  while (common < shorter &&
         compare_labels(x.label(x.label_count() - common - 1), y.label(y.label_count() - common - 1)) == 0) {
    ++common;
  }
  return common;
}

uint64_t hash(NameView name) {
  const uint8_t* const wire = name.data();
  const size_t size = name.size();
  const auto eight = [&](size_t at) {
    uint64_t octets;
    std::memcpy(&octets, wire + at, 8);
    return ascii_lower_eight(octets);
  };
  uint64_t state = kHashSeed ^ size;
  for (size_t at = 0; at + 8 < size; at += 8) state = mix(state ^ eight(at), 0x9e3779b97f4a7c15);
  // The last octets; some of them a second time.
  const uint64_t last = size >= 8 ? eight(size - 8) : ascii_lower_eight(load_few(wire, size));
  return mix(state ^ last, 0xd6e8feb86659fd93 ^ kHashSeed);
}

void Name::make_lower() {
  for (size_t i = 0; i < size_; ++i) wire_[i] = ascii_lower(wire_[i]);
}

bool Name::assign(base::Bytes prefix, NameView suffix) {
  if (prefix.size() + suffix.size() > kNameOctetsMax) return false;
  // The suffix first: both may lie inside this name.
  std::array<uint8_t, kNameOctetsMax> whole;
  base::copy_few(whole.data(), prefix.data(), prefix.size());
  base::copy_few(whole.data() + prefix.size(), suffix.data(), suffix.size());
  size_ = static_cast<uint8_t>(prefix.size() + suffix.size());
  base::copy_few(wire_.data(), whole.data(), size_);
  return true;
}

std::optional<Name> wildcard_of(NameView closest_encloser) {
  static constexpr uint8_t kAsterisk[] = {1, '*'};
  Name name;
  if (!name.assign(kAsterisk, closest_encloser)) return {};
  return name;
}

std::optional<Name> substitute_suffix(NameView name, NameView owner, NameView target) {
  Name result;
  if (!result.assign(name.wire().first(static_cast<size_t>(name.size() - owner.size())), target)) return {};
  return result;
}

// A text without escapes becomes wire form where it stands: each dot turns into the length of the label
// behind it. False if the text is not that simple, or wrong.
bool Name::assign_plain(std::string_view text, NameView origin) {
  constexpr size_t kWords = 8;
  if (std::endian::native != std::endian::little || text.empty() || text.size() > kNameOctetsMax - kWords) {
    return false;
  }
  size_t label = 0;  // where the length of the open label goes
  for (size_t at = 0; at < text.size(); at += kWords) {
    const uint64_t octets = load_eight(text, at);
    if (octets_that_are('\\', octets) != 0) return false;
    std::memcpy(&wire_[at + 1], &octets, kWords);
    for (uint64_t dots = octets_that_are('.', octets); dots != 0; dots &= dots - 1) {
      const size_t dot = at + 1 + static_cast<size_t>(std::countr_zero(dots)) / 8;
      if (dot == label + 1 || dot - label - 1 > kLabelOctetsMax) return false;
      wire_[label] = static_cast<uint8_t>(dot - label - 1);
      label = dot;
    }
  }
  const size_t end = text.size() + 1;
  const bool is_absolute = end == label + 1;
  if (is_absolute) {
    wire_[label] = 0;
    size_ = static_cast<uint8_t>(end);
    return true;
  }
  if (end - label - 1 > kLabelOctetsMax || end + origin.size() > kNameOctetsMax) return false;
  wire_[label] = static_cast<uint8_t>(end - label - 1);
  base::copy_few(&wire_[end], origin.data(), origin.size());
  size_ = static_cast<uint8_t>(end + origin.size());
  return true;
}

base::Result<Name> parse_name(std::string_view text, NameView origin) {
  base::Result<Name> name;
  if (auto parsed = parse_name(text, origin, *name); !parsed)
    name = std::unexpected(std::move(parsed.error()));
  return name;
}

base::Result<void> parse_name(std::string_view text, NameView origin, Name& name) {
  const auto bad = [text](const char* why, const char* hint = "") {
    return base::fail('"' + std::string(text) + "\" is not a domain name: " + why, hint);
  };
  if (text.empty()) {
    name = Name();
    return bad("it is empty", "write . for the root or @ for the origin");
  }
  if (text == "." || text == "@") {
    name = text == "." ? NameView() : origin;
    return {};
  }
  if (name.assign_plain(text, origin)) return {};
  name = Name();

  std::array<uint8_t, kNameOctetsMax> wire;
  size_t label = 0;  // offset of the open label's length octet
  size_t at = 1;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '.') {
      if (at == label + 1) return bad("it has an empty label", "two dots side by side, or a dot in front");
      wire[label] = static_cast<uint8_t>(at - label - 1);
      label = at++;
      // An absolute name's final dot leaves `label` on the root label.
      if (label >= kNameOctetsMax) return bad("it is longer than 255 octets");
      continue;
    }
    auto octet = static_cast<uint8_t>(c);
    if (c == '\\') {
      if (++i == text.size()) return bad("it ends in a backslash");
      octet = static_cast<uint8_t>(text[i]);
      if (is_digit(text[i])) {
        if (i + 2 >= text.size() || !is_digit(text[i + 1]) || !is_digit(text[i + 2])) {
          return bad("an escape \\DDD needs three digits");
        }
        const int value = (text[i] - '0') * 100 + (text[i + 1] - '0') * 10 + (text[i + 2] - '0');
        if (value > 255) return bad("an escape \\DDD is at most \\255");
        octet = static_cast<uint8_t>(value);
        i += 2;
      }
    }
    if (at - label - 1 == kLabelOctetsMax) return bad("a label is longer than 63 octets");
    if (at >= kNameOctetsMax) return bad("it is longer than 255 octets");
    wire[at++] = octet;
  }

  const bool absolute = at == label + 1;
  size_t prefix = label;
  if (!absolute) {
    wire[label] = static_cast<uint8_t>(at - label - 1);
    prefix = at;
  }
  if (!name.assign(base::Bytes(wire.data(), prefix), absolute ? NameView() : origin)) {
    return bad(absolute ? "it is longer than 255 octets" : "with its origin it is longer than 255 octets");
  }
  return {};
}

void append_text(NameView name, std::string& out) {
  if (name.is_root()) {
    out += '.';
    return;
  }
  for (; !name.is_root(); name = name.parent()) {
    for (const uint8_t octet : name.first_label()) {
      if (octet <= 0x20 || octet >= 0x7f) {
        const char escape[] = {'\\', static_cast<char>('0' + octet / 100),
                               static_cast<char>('0' + octet / 10 % 10), static_cast<char>('0' + octet % 10)};
        out.append(escape, sizeof escape);
      } else {
        if (needs_backslash(octet)) out += '\\';
        out += static_cast<char>(octet);
      }
    }
    out += '.';
  }
}

std::string to_text(NameView name) {
  std::string text;
  append_text(name, text);
  return text;
}

std::string to_display_text(NameView name) {
  std::string text = to_text(name);
  char* unicode = nullptr;
  if (!has_a_label(name) || idn2_to_unicode_8z8z(text.c_str(), &unicode, 0) != IDN2_OK) return text;
  // Decoding alone takes labels that encode what no U-label may hold, dots included: only those that encode
  // back to the same name are shown.
  char* ascii = nullptr;
  if (idn2_to_ascii_8z(unicode, &ascii, IDN2_NONTRANSITIONAL) == IDN2_OK) {
    const auto again = parse_name(ascii);
    if (again && again->view() == name) text = unicode;
  }
  idn2_free(ascii);
  idn2_free(unicode);
  return text;
}

std::optional<Name> read_name(base::ByteReader& reader) {
  const base::Bytes message = reader.whole();
  std::array<uint8_t, kNameOctetsMax> wire;
  size_t size = 0;
  size_t at = reader.offset();
  size_t end = 0;     // behind the name where the reader stands; 0 until the first pointer
  size_t floor = at;  // pointers must lead below this, so that each one makes progress
  size_t pointers = 0;
  for (;;) {
    if (at >= message.size()) return {};
    const uint8_t length = message[at];
    if ((length & 0xc0) == 0xc0) {
      if (at + 1 >= message.size()) return {};
      if (end == 0) end = at + 2;
      const size_t target = base::load_u16(&message[at]) & 0x3fffu;
      if (target >= floor || ++pointers > kPointersMax) return {};
      floor = at = target;
      continue;
    }
    if (length > kLabelOctetsMax) return {};
    const size_t whole = length + 1u;
    if (whole > message.size() - at || whole > wire.size() - size) return {};
    std::memcpy(&wire[size], &message[at], whole);
    size += whole;
    at += whole;
    if (length == 0) break;
  }
  reader.seek(end == 0 ? at : end);
  return Name(NameView(wire.data(), static_cast<uint8_t>(size)));
}

bool skip_long_name(base::ByteReader& reader) {
  for (size_t size = 0; size < kNameOctetsMax;) {
    const uint8_t length = reader.u8();
    if (!reader.ok()) return false;
    if (length == 0) return true;
    if ((length & 0xc0) == 0xc0) {
      reader.skip(1);
      return reader.ok();
    }
    if (length > kLabelOctetsMax) return false;
    reader.skip(length);
    size += length + 1u;
  }
  return false;
}

std::optional<NameView> view_name(base::Bytes bytes) {
  for (size_t at = 0; at < bytes.size() && at < kNameOctetsMax;) {
    const uint8_t length = bytes[at];
    if (length == 0) return NameView(bytes.data(), static_cast<uint8_t>(at + 1));
    if (length > kLabelOctetsMax) return {};
    at += length + 1u;
  }
  return {};
}

}  // namespace atlas::dns
