#include "atlas/control/import/nsd/transfers.h"

#include <algorithm>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::nsd {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kDnsOverTlsPort = 853;

// "192.0.2.1@5353" without its port.
std::string_view address_of(std::string_view text) {
  return text.substr(0, text.find('@'));
}

std::vector<net::Prefix> prefixes_of(std::string_view text) {
  text = address_of(text);
  if (const size_t dash = text.find('-'); dash != std::string_view::npos) {
    const auto first = net::IpAddress::parse(text.substr(0, dash));
    const auto last = net::IpAddress::parse(text.substr(dash + 1));
    if (first && last && first->is_v4() == last->is_v4()) return range(*first, *last);
    return {};
  }
  const auto prefix = parse_prefix(text);
  return prefix ? std::vector<net::Prefix>{*prefix} : std::vector<net::Prefix>();
}

}  // namespace

std::string value_of(const Options& options, std::string_view name) {
  std::string value;
  for (const Attribute& option : options) {
    if (option.name == name && !option.values.empty()) value = option.values[0];
  }
  return value;
}

void Transfers::take(const Options& options, const std::unordered_map<std::string, Options>& patterns,
                     SourceZone& zone) {
  zones::ZoneSettings& settings = zone.settings;
  for (const Attribute& option : options) {
    if (option.name == "request-xfr") add_primary(option, settings.primaries);
    if (option.name == "notify") add_server(option, 0, settings.secondaries);
  }
  settings.allow_transfer = rules(options, "provide-xfr");
  if (!settings.primaries.empty()) settings.allow_notify = rules(options, "allow-notify");
  const std::string role = value_of(options, "catalog");
  if (role == "producer" && settings.primaries.empty()) settings.catalog = zones::CatalogRole::kProduce;
  if (role == "consumer" && !settings.primaries.empty()) {
    settings.catalog = zones::CatalogRole::kConsume;
    const auto pattern = patterns.find(value_of(options, "catalog-member-pattern"));
    if (pattern != patterns.end()) {
      for (const Attribute& option : pattern->second) {
        if (option.name == "request-xfr") add_primary(option, settings.members.primaries);
        if (option.name == "notify") add_server(option, 0, settings.members.secondaries);
      }
      settings.members.allow_transfer = rules(pattern->second, "provide-xfr");
    }
  }
  if (const std::string catalog = value_of(options, "catalog-producer-zone"); !catalog.empty()) {
    if (const auto name = dns::parse_name(catalog)) {
      settings.member_of = *name;
      settings.member_of->make_lower();
    }
  }
}

// [AXFR|UDP] ADDRESS[@PORT] KEY [TLS].
void Transfers::add_primary(const Attribute& option, std::vector<std::string>& out) {
  const bool has_word = !option.values.empty() && (option.values[0] == "AXFR" || option.values[0] == "UDP");
  add_server(option, has_word ? 1 : 0, out);
}

void Transfers::add_server(const Attribute& option, size_t first, std::vector<std::string>& out) {
  if (option.values.size() < first + 2 || option.values[first + 1] == "BLOCKED") return;
  const std::string& text = option.values[first];
  const auto address = net::IpAddress::parse(address_of(text));
  std::string port;
  if (const size_t at = text.find('@'); at != std::string::npos) port = text.substr(at + 1);
  config::RemoteSettings remote;
  const bool is_encrypted = option.values.size() > first + 2;
  const auto endpoint =
      address
          ? net::Endpoint::parse((address->is_v4() ? address->to_text() : '[' + address->to_text() + ']') +
                                     (port.empty() ? "" : ':' + port),
                                 is_encrypted ? kDnsOverTlsPort : kDnsPort)
          : base::Result<net::Endpoint>(base::fail("no address"));
  if (!endpoint || endpoint->port == 0) {
    findings_.lose(Group::kTransfers, option.place, option.name + ": \"" + text + "\" is no server");
    return;
  }
  remote.addresses = {*endpoint};
  if (!take_key(option, option.values[first + 1], remote.key)) return;
  if (is_encrypted && !take_tls(option, option.values[first + 2], remote)) return;
  const std::string wanted = is_encrypted ? option.values[first + 2] : address->to_text();
  out.push_back(refer(setup_.remotes, std::move(remote), wanted));
}

// False if there is no such key.
bool Transfers::take_key(const Attribute& option, const std::string& name, std::optional<dns::Name>& key) {
  if (name == "NOKEY") return true;
  const auto parsed = dns::parse_name(name);
  if (!parsed || !has_key(setup_.keys, *parsed)) {
    findings_.lose(Group::kTransfers, option.place, option.name + ": there is no key \"" + name + '"');
    return false;
  }
  key = *parsed;
  key->make_lower();
  return true;
}

// False if whom it must be of cannot be said.
bool Transfers::take_tls(const Attribute& option, const std::string& name, config::RemoteSettings& remote) {
  remote.transport = query::Transport::kTls;
  const auto found =
      std::ranges::find_if(tls_, [&](const Options& tls) { return value_of(tls, "name") == name; });
  if (found == tls_.end() || !take_identity(remote, value_of(*found, "auth-domain-name"), {})) {
    findings_.lose(Group::kTransfers, option.place,
                   option.name + ": there is no tls-auth \"" + name + "\" with a good auth-domain-name");
    return false;
  }
  const std::string certificate = value_of(*found, "client-cert"), key = value_of(*found, "client-key");
  if (!certificate.empty() && !key.empty()) remote.certificate = {certificate, key};
  if (!value_of(*found, "client-key-pw").empty()) {
    findings_.lose(Group::kTransfers, option.place, "client-key-pw: Atlas reads keys that are not encrypted");
  }
  return true;
}

void Transfers::add_peer(const Attribute& option, std::vector<Peer>& out) {
  if (option.values.size() < 2) return;
  const bool is_blocked = option.values[1] == "BLOCKED";
  if (option.values.size() > 2) {
    findings_.lose(Group::kTransfers, option.place,
                   option.name + " with a tls-auth is left out: it needs transfers.client-authorities-file",
                   "as in allow-transfer: [\"tls ns2.example.org\"]");
    return;
  }
  std::optional<dns::Name> key;
  if (!is_blocked && !take_key(option, option.values[1], key)) return;
  const std::vector<net::Prefix> prefixes = prefixes_of(option.values[0]);
  if (prefixes.empty()) {
    findings_.lose(Group::kTransfers, option.place,
                   option.name + ": \"" + option.values[0] + "\" has no equal, and is left out",
                   "write it as a prefix, as in 192.0.2.0/24");
  }
  for (const net::Prefix& prefix : prefixes)
    out.push_back({!is_blocked, prefix, key ? dns::to_text(*key) : std::string()});
}

// Those that are blocked come before all others, wherever they stand.
std::vector<std::string> Transfers::rules(const Options& options, std::string_view name) {
  std::vector<Peer> blocked, allowed;
  for (const Attribute& option : options) {
    if (option.name != name || option.values.size() < 2) continue;
    const bool is_blocked = option.values[1] == "BLOCKED";
    if (is_blocked && prefixes_of(option.values[0]).empty()) {
      // Whoever is meant would be let in.
      findings_.lose(Group::kTransfers, option.place,
                     std::string(name) + " is left out: who is blocked is unclear");
      return {};
    }
    add_peer(option, is_blocked ? blocked : allowed);
  }
  blocked.insert(blocked.end(), allowed.begin(), allowed.end());
  return transfer_rules(blocked);
}

}  // namespace atlas::control::import::nsd
