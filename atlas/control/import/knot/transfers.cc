#include "atlas/control/import/knot/transfers.h"

#include <algorithm>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::knot {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kDnsOverTlsPort = 853;

std::string last_of(const std::vector<std::string>& values) {
  return values.empty() ? std::string() : values.back();
}

bool holds(const std::vector<std::string>& values, std::string_view value) {
  return std::ranges::find(values, value) != values.end();
}

// "192.0.2.1@5300".
std::optional<net::Endpoint> endpoint_of(const std::string& text, uint16_t default_port) {
  const auto address = net::IpAddress::parse(text.substr(0, text.find('@')));
  if (!address) return {};
  if (!text.contains('@')) return net::Endpoint{*address, default_port};
  const auto port = net::Endpoint::parse("0.0.0.0:" + text.substr(text.find('@') + 1), default_port);
  if (!port || port->port == 0) return {};
  return net::Endpoint{*address, port->port};
}

}  // namespace

std::vector<std::string> Transfers::values_of(const Block& zone, const Block* base, std::string_view name) {
  if (zone.find(name) != nullptr) return zone.values(name);
  return base == nullptr ? std::vector<std::string>() : base->values(name);
}

bool Transfers::lose(const Block& block, const std::string& what) {
  if (lost_.insert(&block).second) {
    findings_.lose(Group::kTransfers, block.place,
                   block.section + " \"" + block.value("id") + "\" " + what + ": it is left out");
  }
  return false;
}

std::optional<std::string> Transfers::key_of(const std::string& text) const {
  const auto name = dns::parse_name(text);
  if (!name || !has_key(setup_.keys, *name)) return {};
  return dns::to_text(*name);
}

std::vector<const Block*> Transfers::remotes_of(const std::vector<std::string>& ids, const Place& place) {
  std::vector<const Block*> found;
  for (const std::string& id : ids) {
    if (const auto remote = sections_.remotes.find(id); remote != sections_.remotes.end()) {
      found.push_back(remote->second);
    } else if (const auto group = sections_.groups.find(id); group != sections_.groups.end()) {
      for (const std::string& member : group->second->values("remote")) {
        if (const auto one = sections_.remotes.find(member); one != sections_.remotes.end())
          found.push_back(one->second);
      }
    } else {
      findings_.lose(Group::kTransfers, place, "there is no remote \"" + id + '"');
    }
  }
  return found;
}

std::vector<std::string> Transfers::servers(const std::vector<std::string>& ids, const Place& place) {
  std::vector<std::string> names;
  for (const Block* const remote : remotes_of(ids, place)) {
    const auto [known, added] = servers_.try_emplace(remote);
    if (added) known->second = server(*remote);
    if (!known->second.empty()) names.push_back(known->second);
  }
  return names;
}

// Empty if it cannot be said.
std::string Transfers::server(const Block& block) {
  config::RemoteSettings remote;
  remote.transport = is_on(block.value("quic"))  ? query::Transport::kQuic
                     : is_on(block.value("tls")) ? query::Transport::kTls
                                                 : query::Transport::kTcp;
  const bool is_plain = remote.transport == query::Transport::kTcp;
  for (const std::string& address : block.values("address")) {
    const auto endpoint = endpoint_of(address, is_plain ? kDnsPort : kDnsOverTlsPort);
    if (endpoint) remote.addresses.push_back(*endpoint);
  }
  if (remote.addresses.empty()) return lose(block, "has no address that is one"), std::string();
  if (const std::string key = block.value("key"); !key.empty()) {
    const auto name = key_of(key);
    if (!name) return lose(block, "names the key \"" + key + "\", which is not there"), std::string();
    remote.key = dns::parse_name(*name).value();
    remote.key->make_lower();
  }
  if (!is_plain && !take_identity(remote, block.value("cert-hostname"), block.values("cert-key")))
    return lose(block, "has a cert-hostname or cert-key that is none"), std::string();
  for (const std::string& via : block.values("via")) {
    const auto source = net::IpAddress::parse(via.substr(0, via.find('@')));
    const bool is_other = source && std::ranges::none_of(remote.sources, [&](const net::IpAddress& other) {
                            return other.is_v4() == source->is_v4();
                          });
    if (is_other) remote.sources.push_back(*source);
  }
  return refer(setup_.remotes, std::move(remote), block.value("id"));
}

bool Transfers::add_prefixes(const std::string& text, std::vector<net::Prefix>& out) const {
  if (const size_t dash = text.find('-'); dash != std::string::npos) {
    const auto first = net::IpAddress::parse(text.substr(0, dash));
    const auto last = net::IpAddress::parse(text.substr(dash + 1));
    if (!first || !last || *last < *first || first->is_v4() != last->is_v4()) return false;
    for (const net::Prefix& prefix : range(*first, *last)) out.push_back(prefix);
    return true;
  }
  const auto prefix = parse_prefix(text);
  if (prefix) out.push_back(*prefix);
  return prefix.has_value();
}

bool Transfers::add_remote(const Block& remote, bool allowed, std::vector<Peer>& out) {
  std::string key;
  if (const std::string text = remote.value("key"); !text.empty()) {
    const auto name = key_of(text);
    if (!name) return false;
    key = *name;
  }
  std::vector<net::Prefix> prefixes;
  for (const std::string& address : remote.values("address")) {
    if (!add_prefixes(address.substr(0, address.find('@')), prefixes)) return false;
  }
  for (const net::Prefix& prefix : prefixes) out.push_back({allowed, prefix, key});
  return true;
}

bool Transfers::add_peers(const Block& acl, std::vector<Peer>& out) {
  const bool allowed = !is_on(acl.value("deny"));
  for (const std::string_view item : {"cert-key", "cert-hostname", "protocol"}) {
    if (acl.find(item) != nullptr) return lose(acl, "has " + std::string(item) + ", which has no equal");
  }
  if (acl.find("remote") != nullptr) {
    for (const Block* const remote : remotes_of(acl.values("remote"), acl.place)) {
      if (!add_remote(*remote, allowed, out)) return lose(acl, "names a remote that cannot be taken");
    }
    return true;
  }
  std::vector<net::Prefix> prefixes;
  std::vector<std::string> keys;
  for (const std::string& address : acl.values("address")) {
    if (!add_prefixes(address, prefixes)) return lose(acl, "names \"" + address + "\", which is no address");
  }
  for (const std::string& key : acl.values("key")) {
    const auto name = key_of(key);
    if (!name) return lose(acl, "names the key \"" + key + "\", which is not there");
    keys.push_back(*name);
  }
  if (keys.empty()) keys.emplace_back();
  // Addresses and keys must both fit.
  for (const std::string& key : keys) {
    if (prefixes.empty()) out.push_back({allowed, {}, key});
    for (const net::Prefix& prefix : prefixes) {
      if (out.size() > policy::transfer::kRulesMax) return lose(acl, "stands for too many rules");
      out.push_back({allowed, prefix, key});
    }
  }
  return true;
}

std::vector<std::string> Transfers::rules(const Block& zone, const Block* base, std::string_view action) {
  std::vector<Peer> peers;
  for (const std::string& id : values_of(zone, base, "acl")) {
    const auto found = sections_.acls.find(id);
    if (found == sections_.acls.end()) continue;  // reported elsewhere
    const Block& acl = *found->second;
    const std::vector<std::string> actions = acl.values("action");
    const bool denies = is_on(acl.value("deny"));
    if (actions.empty() ? !denies : !holds(actions, action)) continue;
    std::vector<Peer> of_acl;
    if (add_peers(acl, of_acl)) {
      peers.insert(peers.end(), of_acl.begin(), of_acl.end());
    } else if (denies) {
      return transfer_rules(peers);  // what is behind it would let in others
    }
  }
  return transfer_rules(peers);
}

void Transfers::take_catalog(const Block& zone, const Block* base, zones::ZoneSettings& settings) {
  const std::string role = last_of(values_of(zone, base, "catalog-role"));
  if (role == "generate" && settings.primaries.empty()) settings.catalog = zones::CatalogRole::kProduce;
  if (role == "member") {
    if (const auto name = dns::parse_name(last_of(values_of(zone, base, "catalog-zone")))) {
      settings.member_of = *name;
      settings.member_of->make_lower();
      settings.group = last_of(values_of(zone, base, "catalog-group"));
    }
  }
  if (role != "interpret" || settings.primaries.empty()) return;
  settings.catalog = zones::CatalogRole::kConsume;
  const std::vector<std::string> ids = values_of(zone, base, "catalog-template");
  for (const std::string& id : ids) {
    const auto found = sections_.templates.find(id);
    if (found == sections_.templates.end() || settings.groups.size() == zones::kGroupsMax) continue;
    const Block& members = *found->second;
    zones::MemberSettings of_group;
    of_group.primaries = servers(members.values("master"), members.place);
    of_group.secondaries = servers(members.values("notify"), members.place);
    of_group.allow_transfer = rules(members, nullptr, "transfer");
    // The first is for members without a group, too.
    if (id == ids.front()) settings.members = of_group;
    const bool is_known =
        std::ranges::any_of(settings.groups, [&](const auto& group) { return group.first == id; });
    const bool is_name = !id.empty() && id.size() <= zones::kGroupOctetsMax;
    if (ids.size() > 1 && is_name && !is_known) settings.groups.emplace_back(id, std::move(of_group));
  }
}

void Transfers::take(const Block& zone, const Block* base, SourceZone& into) {
  zones::ZoneSettings& settings = into.settings;
  settings.primaries = servers(values_of(zone, base, "master"), zone.place);
  const std::vector<std::string> notified = values_of(zone, base, "notify");
  settings.secondaries = servers(notified, zone.place);
  settings.allow_transfer = rules(zone, base, "transfer");
  if (!settings.primaries.empty()) settings.allow_notify = rules(zone, base, "notify");
  if (sections_.automatic_acl) {
    std::vector<Peer> peers;
    for (const Block* const remote : remotes_of(notified, zone.place)) add_remote(*remote, true, peers);
    std::vector<std::string> more = transfer_rules(peers);
    settings.allow_transfer.insert(settings.allow_transfer.end(), more.begin(), more.end());
  }
  take_catalog(zone, base, settings);
}

}  // namespace atlas::control::import::knot
