#include "atlas/policy/transfer/transfer_policy.h"

#include <algorithm>

namespace atlas::policy::transfer {
namespace {

constexpr const char* kForm =
    "write: ADDRESS key NAME tls NAME, or some of these, as in: 192.0.2.0/24 key xfr.example.";

std::unexpected<base::Error> fail(std::string message, std::string hint = kForm) {
  return base::fail(std::move(message), std::move(hint));
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && dns::equal_octets(reinterpret_cast<const uint8_t*>(a.data()),
                                                   reinterpret_cast<const uint8_t*>(b.data()), a.size());
}

// Takes a word off the front; empty at the end.
std::string_view take_word(std::string_view& rest) {
  const size_t begin = std::min(rest.find_first_not_of(" \t"), rest.size());
  const size_t end = std::min(rest.find_first_of(" \t", begin), rest.size());
  const std::string_view word = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return word;
}

// Certificates have names without a final dot, people write them with one.
std::string_view without_final_dot(std::string_view name) {
  return name.ends_with('.') ? name.substr(0, name.size() - 1) : name;
}

base::Result<std::string> parse_tls_name(std::string_view text) {
  const auto is_host_octet = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  };
  const auto name = dns::parse_name(text);
  if (!name || name->view().is_root() || !std::ranges::all_of(text, is_host_octet)) {
    return fail("'" + std::string(text) + "' is no name that a certificate has",
                "write one DNS name of the client's certificate, as in: tls ns2.example.org");
  }
  std::string lower(without_final_dot(text));
  for (char& c : lower) c = static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(c)));
  return lower;
}

base::Result<void> parse_key(std::string_view text, Rule& rule) {
  if (text.empty()) return fail("a key's name is missing behind 'key'");
  if (rule.key) return fail("a rule has one key at most", "write a rule for each key");
  const auto name = dns::parse_name(text);
  if (!name) return fail("'" + std::string(text) + "' is no name of a key: " + name.error().message);
  rule.key = *name;
  return {};
}

base::Result<void> parse_tls(std::string_view text, Rule& rule) {
  if (text.empty()) return fail("a name of a certificate is missing behind 'tls'");
  if (rule.tls_name) return fail("a rule has one name of TLS at most", "write a rule for each name");
  auto name = parse_tls_name(text);
  if (!name) return std::unexpected(std::move(name.error()));
  rule.tls_name = std::move(*name);
  return {};
}

base::Result<void> parse_addresses(std::string_view text, Rule& rule) {
  if (text.empty()) return fail("the rule says nothing about who is meant", "'any' alone means everybody");
  if (equals_ignoring_case(text, "any")) return {};
  auto prefix = net::Prefix::parse(text);
  if (!prefix) {
    return fail(
        "'" + std::string(text) + "' is no address, nor 'any', 'key' or 'tls': " + prefix.error().message,
        prefix.error().hint.empty() ? kForm : prefix.error().hint);
  }
  rule.addresses = *prefix;
  return {};
}

// Names separated by blanks.
bool holds_name(std::string_view names, std::string_view name) {
  while (true) {
    const std::string_view each = take_word(names);
    if (each.empty()) return false;
    if (without_final_dot(each) == name) return true;
  }
}

bool fits(const Rule& rule, const Requester& requester) {
  if (rule.addresses && !rule.addresses->contains(requester.address)) return false;
  if (rule.key && (requester.key == nullptr || *requester.key != rule.key->view())) return false;
  return !rule.tls_name || holds_name(requester.tls_names, *rule.tls_name);
}

}  // namespace

base::Result<Rule> parse_rule(std::string_view text) {
  Rule rule;
  std::string_view rest = text;
  std::string_view word = take_word(rest);
  if (equals_ignoring_case(word, "deny")) {
    rule.allow = false;
    word = take_word(rest);
  }
  if (!equals_ignoring_case(word, "key") && !equals_ignoring_case(word, "tls")) {
    if (auto parsed = parse_addresses(word, rule); !parsed) return std::unexpected(std::move(parsed.error()));
    word = take_word(rest);
  }
  for (; !word.empty(); word = take_word(rest)) {
    const bool is_key = equals_ignoring_case(word, "key");
    if (!is_key && !equals_ignoring_case(word, "tls"))
      return fail("'" + std::string(word) + "' stands where 'key' or 'tls' is expected");
    auto parsed = is_key ? parse_key(take_word(rest), rule) : parse_tls(take_word(rest), rule);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
  }
  return rule;
}

std::string to_text(const Rule& rule) {
  std::string text = rule.allow ? "" : "deny ";
  text += rule.addresses ? rule.addresses->to_text() : "any";
  if (rule.key) text += " key " + dns::to_text(*rule.key);
  if (rule.tls_name) text += " tls " + *rule.tls_name;
  return text;
}

bool TransferPolicy::allows(const Requester& requester) const {
  const auto decides = std::ranges::find_if(rules_, [&](const Rule& rule) { return fits(rule, requester); });
  return decides != rules_.end() && decides->allow;
}

}  // namespace atlas::policy::transfer
