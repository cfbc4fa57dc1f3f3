#include "atlas/control/import/knot/update_rules.h"

#include <algorithm>
#include <charconv>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/rules.h"
#include "atlas/dns/types.h"

namespace atlas::control::import::knot {
namespace {

// One rule names one identity and one name: an acl can stand for the product of its lists.
constexpr size_t kRulesMax = 1000;

bool allows_updates(const Block& acl) {
  const auto actions = acl.values("action");
  if (actions.empty()) return is_on(acl.value("deny"));  // denies everything
  return std::ranges::find(actions, "update") != actions.end();
}

class AclReader {
 public:
  AclReader(const Block& acl, const Ids& remotes, dns::NameView apex, const std::vector<Key>& keys,
            Findings& findings)
      : acl_(acl), remotes_(remotes), apex_(apex), keys_(keys), findings_(findings) {}

  // False if the acl has no equal; that is reported.
  bool read(std::vector<std::string>& rules) {
    if (!read_identities() || !read_types()) return false;
    const bool grant = !is_on(acl_.value("deny"));
    for (const std::string& identity : identities_) {
      if (!add_rules(grant, identity, rules)) return false;
      if (rules.size() > kRulesMax)
        return lose("stands for more than " + std::to_string(kRulesMax) + " rules");
    }
    return true;
  }

 private:
  bool lose(const std::string& what, std::string hint = {}) {
    findings_.lose(Group::kUpdates, acl_.place, "acl \"" + acl_.value("id") + "\" " + what, std::move(hint));
    return false;
  }

  bool add_key(const std::string& text, std::vector<std::string>& names) {
    const auto name = dns::parse_name(text);
    if (!name || !has_key(keys_, *name)) return lose("names the key \"" + text + "\", which is not there");
    names.push_back(dns::to_text(*name));
    return true;
  }

  bool add_address(const std::string& text, std::vector<std::string>& prefixes) {
    if (const size_t dash = text.find('-'); dash != std::string::npos) {
      const auto first = net::IpAddress::parse(text.substr(0, dash));
      const auto last = net::IpAddress::parse(text.substr(dash + 1));
      if (first && last && *first <= *last) {
        for (const net::Prefix& prefix : range(*first, *last)) prefixes.push_back(prefix.to_text());
        return true;
      }
    } else if (const auto prefix = parse_prefix(text)) {
      prefixes.push_back(prefix->to_text());
      return true;
    }
    return lose("names \"" + text + "\", which is no address");
  }

  // Who the acl is about: a rule has either a key or a prefix.
  bool read_identities() {
    std::vector<std::string> names;
    std::vector<std::string> prefixes;
    for (const std::string& key : acl_.values("key")) {
      if (!add_key(key, names)) return false;
    }
    for (const std::string& address : acl_.values("address")) {
      if (!add_address(address, prefixes)) return false;
    }
    for (const std::string& id : acl_.values("remote")) {
      const auto found = remotes_.find(id);
      if (found == remotes_.end()) return lose("names the remote \"" + id + "\", which is not there");
      if (!found->second->value("key").empty()) {
        return lose("wants the address and the key of a remote: a rule of Atlas has one of the two",
                    "to take the key alone: grant " + found->second->value("key") + ". zonesub ANY");
      }
      for (const std::string& address : found->second->values("address")) {
        if (!add_address(address.substr(0, address.find('@')), prefixes)) return false;
      }
    }
    if (!names.empty() && !prefixes.empty()) {
      return lose("wants an address and a key: a rule of Atlas has one of the two",
                  "to take the key alone: grant " + names[0] + " zonesub ANY");
    }
    if (names.empty() && prefixes.empty()) {
      for (const net::Prefix& prefix : everybody()) prefixes.push_back(prefix.to_text());
    }
    has_keys_ = !names.empty();
    identities_ = has_keys_ ? std::move(names) : std::move(prefixes);
    return true;
  }

  bool read_types() {
    for (const std::string& type : acl_.values("update-type")) {
      const auto known = dns::parse_rrtype(type);
      if (!known) return lose("names \"" + type + "\", which is no RR type");
      types_ += (types_.empty() ? "" : " ") + std::string(dns::to_text(*known));
    }
    if (types_.empty()) types_ = "ANY";
    return true;
  }

  // "sub" leaves out the name itself, as DNS wildcards do.
  void add_named(bool grant, const std::string& identity, const std::string& name, const std::string& match,
                 std::vector<std::string>& rules) {
    const bool is_sub = match == "sub";
    rules.push_back(rule_text(grant, identity,
                              match == "equal" ? "name"
                              : is_sub         ? "wildcard"
                                               : "subdomain",
                              is_sub ? (name == "." ? "*." : "*." + name) : name, types_));
  }

  bool add_rules(bool grant, const std::string& identity, std::vector<std::string>& rules) {
    const std::string owner = acl_.value("update-owner");
    std::string match = acl_.value("update-owner-match");
    if (match.empty()) match = "sub-or-equal";
    if (owner.empty()) {
      rules.push_back(rule_text(grant, identity, "zonesub", "", types_));
      return true;
    }
    if (match != "equal" && match != "sub" && match != "sub-or-equal") {
      return lose("compares names by \"" + match + "\", which has no equal");
    }
    if (owner == "key") {
      if (!has_keys_) return lose("compares names with the key, but names none");
      rules.push_back(rule_text(grant, identity,
                                match == "equal" ? "self"
                                : match == "sub" ? "selfwild"
                                                 : "selfsub",
                                identity, types_));
    } else if (owner == "zone") {
      if (match == "sub-or-equal") {
        rules.push_back(rule_text(grant, identity, "zonesub", "", types_));
      } else {
        add_named(grant, identity, dns::to_text(apex_), match, rules);
      }
    } else if (owner == "name") {
      for (const std::string& text : acl_.values("update-owner-name")) {
        const auto name = dns::parse_name(text, apex_);
        if (!name) return lose(name.error().message, name.error().hint);
        add_named(grant, identity, dns::to_text(*name), match, rules);
      }
    } else {
      return lose("compares names with \"" + owner + "\", which has no equal");
    }
    return true;
  }

  const Block& acl_;
  const Ids& remotes_;
  dns::NameView apex_;
  const std::vector<Key>& keys_;
  Findings& findings_;
  std::vector<std::string> identities_;
  bool has_keys_ = false;
  std::string types_;
};

}  // namespace

bool is_on(std::string_view value) {
  return value == "on" || value == "true";
}

std::optional<uint32_t> seconds_of(const std::string& text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return {};
  const std::string_view unit(end, text.data() + text.size());
  const uint64_t factor = unit.empty() || unit == "s" ? 1
                          : unit == "m"               ? 60
                          : unit == "h"               ? 3600
                          : unit == "d"               ? 86400
                                                      : 0;
  const uint64_t seconds = value * factor;
  if (factor == 0 || seconds > UINT32_MAX) return {};
  return static_cast<uint32_t>(seconds);
}

std::vector<std::string> update_rules(std::span<const Block* const> acls, const Ids& remotes,
                                      dns::NameView apex, const std::vector<Key>& keys, Findings& findings) {
  std::vector<std::string> rules;
  for (const Block* const acl : acls) {
    if (!allows_updates(*acl)) continue;
    const size_t before = rules.size();
    if (AclReader(*acl, remotes, apex, keys, findings).read(rules)) continue;
    rules.resize(before);
    if (is_on(acl->value("deny"))) {
      findings.lose(Group::kUpdates, acl->place,
                    "this acl denies something: those behind it are left out, too");
      break;
    }
  }
  while (!rules.empty() && rules.back().starts_with("deny ")) rules.pop_back();
  return rules;
}

}  // namespace atlas::control::import::knot
