// Rules in the words of BIND's update-policy.
#include <algorithm>
#include <array>
#include <charconv>

#include "atlas/policy/update/update_policy.h"

namespace atlas::policy::update {
namespace {

using dns::RRType;

struct Word {
  Match match;
  std::string_view text;
};
constexpr Word kWords[] = {
    {Match::kName, "name"},         {Match::kSubdomain, "subdomain"}, {Match::kZoneSub, "zonesub"},
    {Match::kWildcard, "wildcard"}, {Match::kSelf, "self"},           {Match::kSelfSub, "selfsub"},
    {Match::kSelfWild, "selfwild"}, {Match::kTcpSelf, "tcp-self"},    {Match::kSixToFourSelf, "6to4-self"},
};

// BIND's kinds that ask Kerberos, Active Directory or another program.
constexpr std::string_view kForeignWords[] = {
    "krb5-self", "krb5-selfsub", "krb5-subdomain", "krb5-subdomain-self-rhs",
    "ms-self",   "ms-selfsub",   "ms-subdomain",   "ms-subdomain-self-rhs",
    "external",  "local",
};

constexpr const char* kForm = "write: grant KEY KIND NAME TYPE..., as in: grant host.example. self . A AAAA";

std::string_view word_of(Match match) {
  return std::ranges::find(kWords, match, &Word::match)->text;
}

bool has_name(Match match) {
  return match == Match::kName || match == Match::kSubdomain || match == Match::kWildcard;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && dns::equal_octets(reinterpret_cast<const uint8_t*>(a.data()),
                                                   reinterpret_cast<const uint8_t*>(b.data()), a.size());
}

std::unexpected<base::Error> fail(std::string message, std::string hint = kForm) {
  return base::fail(std::move(message), std::move(hint));
}

// Takes words off the front.
class Words {
 public:
  explicit Words(std::string_view text) : rest_(text) {
    const size_t end = rest_.find_last_not_of(" \t;");
    rest_ = rest_.substr(0, end == std::string_view::npos ? 0 : end + 1);
  }
  // Empty at the end.
  std::string_view next() {
    const size_t begin = std::min(rest_.find_first_not_of(" \t"), rest_.size());
    const size_t end = std::min(rest_.find_first_of(" \t", begin), rest_.size());
    const std::string_view word = rest_.substr(begin, end - begin);
    rest_.remove_prefix(end);
    return word;
  }

 private:
  std::string_view rest_;
};

base::Result<Match> parse_match(std::string_view text) {
  for (const Word& word : kWords) {
    if (equals_ignoring_case(text, word.text)) return word.match;
  }
  std::string kinds;
  for (const Word& word : kWords) kinds += (kinds.empty() ? "" : ", ") + std::string(word.text);
  if (std::ranges::any_of(kForeignWords, [&](auto each) { return equals_ignoring_case(text, each); }))
    return fail("rules of the kind " + std::string(text) + " are not supported", "the kinds are: " + kinds);
  return fail("'" + std::string(text) + "' is no kind of rule", "the kinds are: " + kinds);
}

base::Result<void> parse_identity(std::string_view text, Rule& rule) {
  if (text.empty()) return fail("the rule ends where a key's name is expected");
  const auto prefix = net::Prefix::parse(text);
  if (prefix) {
    rule.addresses = *prefix;
    return {};
  }
  // In no key's name.
  if (text.find_first_of("/:") != std::string_view::npos)
    return fail(prefix.error().message, prefix.error().hint);
  const auto name = dns::parse_name(text);
  if (!name) return fail("'" + std::string(text) + "' is no name of a key: " + name.error().message);
  rule.identity = *name;
  return {};
}

base::Result<void> parse_name_field(std::string_view text, dns::NameView apex, Rule& rule) {
  if (rule.match == Match::kZoneSub) return {};
  if (text.empty()) {
    return fail("a rule of the kind " + std::string(word_of(rule.match)) + " has a name behind it",
                has_name(rule.match) ? kForm : "write '.' where the name means nothing, as here");
  }
  const auto name = text == "@" ? base::Result<dns::Name>(apex) : dns::parse_name(text);
  if (!name) return fail("'" + std::string(text) + "' is no name: " + name.error().message);
  const dns::NameView view = *name;
  if (!has_name(rule.match)) {
    // Where it means nothing, another one shows that the field was forgotten, and a type stands there.
    if (view.is_root() || (!rule.addresses && view == rule.identity)) return {};
    return fail("a rule of the kind " + std::string(word_of(rule.match)) + " is not about the name " +
                    dns::to_text(view),
                "write '.' in its place, and types behind it");
  }
  if (rule.match == Match::kWildcard && !view.is_wildcard())
    return fail(dns::to_text(view) + " is no wildcard", "write *." + dns::to_text(view));
  const bool reaches =
      rule.match == Match::kName
          ? view.is_at_or_below(apex)
          : view.is_at_or_below(apex) || apex.is_at_or_below(view.is_wildcard() ? view.parent() : view);
  if (!reaches) {
    return fail("the name " + dns::to_text(view) + " is outside of the zone " + dns::to_text(apex),
                "names in rules are absolute: write them whole, as in www." + dns::to_text(apex));
  }
  rule.name = *name;
  return {};
}

base::Result<TypeLimit> parse_type(std::string_view text) {
  TypeLimit limit{};
  std::string_view mnemonic = text;
  if (const size_t open = text.find('('); open != std::string_view::npos) {
    mnemonic = text.substr(0, open);
    const char* const begin = text.data() + open + 1;
    const char* const end = text.data() + text.size() - 1;
    const auto [stop, error] = begin <= end ? std::from_chars(begin, end, limit.records_max)
                                            : std::from_chars_result{begin, std::errc::invalid_argument};
    if (text.back() != ')' || error != std::errc() || stop != end || limit.records_max == 0) {
      return fail("'" + std::string(text) + "' is no type with a number of records",
                  "write 1 to 65535 in brackets, as in TXT(4)");
    }
  }
  const auto type = dns::parse_rrtype(mnemonic);
  if (!type) return fail("'" + std::string(mnemonic) + "' is no RR type");
  if (*type == RRType::NSEC || *type == RRType::NSEC3 || (*type != RRType::ANY && dns::is_meta_type(*type))) {
    return fail(dns::to_text(*type) + " cannot be updated", "leave it away");
  }
  limit.type = *type;
  return limit;
}

}  // namespace

base::Result<Rule> parse_rule(std::string_view text, dns::NameView apex) {
  Rule rule;
  Words words(text);
  const std::string_view effect = words.next();
  rule.grant = equals_ignoring_case(effect, "grant");
  if (!rule.grant && !equals_ignoring_case(effect, "deny"))
    return fail("'" + std::string(effect) + "' is neither grant nor deny");
  if (auto parsed = parse_identity(words.next(), rule); !parsed) return std::unexpected(parsed.error());

  const std::string_view kind = words.next();
  if (kind.empty()) return fail("the rule ends where its kind is expected");
  const auto match = parse_match(kind);
  if (!match) return std::unexpected(match.error());
  rule.match = *match;
  if (rule.addresses &&
      (rule.match == Match::kSelf || rule.match == Match::kSelfSub || rule.match == Match::kSelfWild)) {
    return fail("a rule of the kind " + std::string(kind) + " is about a key, not an address",
                "name a key, or use tcp-self");
  }
  if (rule.match != Match::kZoneSub) {
    if (auto parsed = parse_name_field(words.next(), apex, rule); !parsed)
      return std::unexpected(parsed.error());
  }
  for (std::string_view word = words.next(); !word.empty(); word = words.next()) {
    const auto type = parse_type(word);
    if (!type) return std::unexpected(type.error());
    rule.types.push_back(*type);
  }
  return rule;
}

std::string to_text(const Rule& rule) {
  std::string text = rule.grant ? "grant " : "deny ";
  text += rule.addresses ? rule.addresses->to_text() : dns::to_text(rule.identity);
  text += ' ';
  text += word_of(rule.match);
  if (rule.match != Match::kZoneSub)
    text += ' ' + dns::to_text(has_name(rule.match) ? rule.name : dns::Name());
  for (const TypeLimit& limit : rule.types) {
    text += ' ' + dns::to_text(limit.type);
    if (limit.records_max != 0) text += '(' + std::to_string(limit.records_max) + ')';
  }
  return text;
}

}  // namespace atlas::policy::update
