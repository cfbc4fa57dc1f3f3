#include "atlas/control/import/named/update_rules.h"

#include <array>

#include "atlas/control/import/rules.h"
#include "atlas/dns/types.h"

namespace atlas::control::import::named {
namespace {

enum class Form : uint8_t { kWithoutName, kWithName, kUnknown };

// The kinds of rules that Atlas knows. Those of Kerberos and of programs outside are missing.
Form form_of(std::string_view match) {
  static constexpr std::array<std::string_view, 8> kNamed = {"name",    "subdomain", "wildcard", "self",
                                                             "selfsub", "selfwild",  "tcp-self", "6to4-self"};
  if (equal(match, "zonesub")) return Form::kWithoutName;
  for (const std::string_view known : kNamed) {
    if (equal(match, known)) return Form::kWithName;
  }
  return Form::kUnknown;
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(c)));
  return out;
}

// Of "A" or "A(1)"; empty if it is neither.
std::string type_text(std::string_view text) {
  const size_t open = text.find('(');
  const std::string_view type = text.substr(0, open);
  std::string_view limit = open == std::string_view::npos ? std::string_view() : text.substr(open);
  if (!equal(type, "ANY") && !dns::parse_rrtype(type)) return {};
  if (!limit.empty()) {
    if (limit.size() < 3 || limit.back() != ')' ||
        limit.substr(1, limit.size() - 2).find_first_not_of("0123456789") != std::string_view::npos) {
      return {};
    }
  }
  std::string out(type);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out.append(limit);
}

// One rule of update-policy; empty where it is reported.
std::string rule(const Statement& statement, const std::vector<Key>& keys, Findings& findings) {
  const auto refuse = [&](const std::string& what, std::string hint = {}) {
    findings.lose(Group::kUpdates, statement.place(), what, std::move(hint));
    return std::string();
  };
  const bool grant = equal(statement.word(0), "grant");
  if (!grant && !equal(statement.word(0), "deny")) return refuse("a rule begins with grant or deny");
  const Form form = form_of(statement.word(2));
  if (form == Form::kUnknown) {
    return refuse("rules of the kind \"" + std::string(statement.word(2)) + "\" have no equal",
                  "there are name, subdomain, zonesub, wildcard, self, selfsub, selfwild, tcp-self and "
                  "6to4-self, for keys of TSIG and SIG(0)");
  }
  const auto identity = dns::parse_name(statement.word(1));
  if (!identity) return refuse(identity.error().message, identity.error().hint);
  const bool is_self_of_address =
      equal(statement.word(2), "tcp-self") || equal(statement.word(2), "6to4-self");
  if (!identity->view().is_wildcard() && !is_self_of_address && !has_key(keys, *identity)) {
    findings.note(Group::kUpdates, statement.place(),
                  "no key " + dns::to_text(*identity) + " is defined: the rule counts for SIG(0) alone");
  }
  size_t next = 3;
  std::string name;
  if (form == Form::kWithName) {
    if (statement.values.size() < 4) return refuse("a rule of this kind needs a name");
    const auto parsed = dns::parse_name(statement.word(next++));
    if (!parsed) return refuse(parsed.error().message, parsed.error().hint);
    name = dns::to_text(*parsed);
  }
  std::string types;
  for (; next < statement.values.size(); ++next) {
    const std::string type = type_text(statement.word(next));
    if (type.empty()) {
      return refuse('"' + std::string(statement.word(next)) + "\" is not an RR type",
                    "as in A AAAA TXT(4), or ANY");
    }
    types += (types.empty() ? "" : " ") + type;
  }
  return rule_text(grant, dns::to_text(*identity), lower(statement.word(2)), name, types);
}

}  // namespace

std::vector<std::string> allow_update_rules(const std::vector<Statement>& list, Acls& acls,
                                            const std::vector<Key>& keys, Findings& findings) {
  std::vector<std::string> rules;
  const auto elements = acls.elements(list, Group::kUpdates);
  if (!elements) return rules;
  for (const Element& element : *elements) {
    std::string identity;
    if (element.prefix) {
      // Who is not granted anything is refused in any case.
      identity = element.prefix->to_text();
    } else {
      const auto name = dns::parse_name(element.key);
      if (!name || !has_key(keys, *name)) {
        findings.lose(Group::kUpdates, element.place, "there is no key \"" + element.key + '"');
        if (!element.allowed) return {};
        continue;
      }
      identity = dns::to_text(*name);
    }
    rules.push_back(rule_text(element.allowed, identity, "zonesub", "", "ANY"));
  }
  while (!rules.empty() && rules.back().starts_with("deny ")) rules.pop_back();
  return rules;
}

std::vector<std::string> update_policy_rules(const Statement& policy, const std::vector<Key>& keys,
                                             Findings& findings) {
  std::vector<std::string> rules;
  if (policy.block() == nullptr) {
    findings.lose(Group::kUpdates, policy.place(),
                  "update-policy local has no equal: its key is made by named at its start",
                  "make a key of your own, as in: tsig-keygen local-ddns");
    return rules;
  }
  for (const Statement& statement : *policy.block()) {
    std::string text = rule(statement, keys, findings);
    if (!text.empty()) {
      rules.push_back(std::move(text));
    } else if (!equal(statement.word(0), "grant")) {
      findings.lose(Group::kUpdates, statement.place(),
                    "this rule denies something: the rules behind it are left out, too");
      break;
    }
  }
  return rules;
}

}  // namespace atlas::control::import::named
