#include "atlas/control/import/servers.h"

#include <algorithm>

#include "atlas/base/encoding.h"
#include "atlas/control/zones/remote_reference.h"

namespace atlas::control::import {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr size_t kPinOctets = 32;
constexpr size_t kNameOctetsKept = zones::kRemoteNameOctetsMax - 8;  // a number may come behind

bool is_plain(const config::RemoteSettings& remote) {
  return remote.addresses.size() == 1 && remote.transport == query::Transport::kTcp && remote.sources.empty();
}

bool are_same(const config::RemoteSettings& one, config::RemoteSettings other) {
  other.name = one.name;
  other.configured_in = one.configured_in;
  other.line = one.line;
  return one == other;
}

std::string free_name(const std::vector<config::RemoteSettings>& remotes, std::string_view wanted) {
  std::string name;
  for (const char c : wanted.substr(0, kNameOctetsKept))
    name += zones::is_remote_name(std::string("x") + c) ? c : '-';
  if (!zones::is_remote_name(name)) name = "remote-" + name.substr(0, kNameOctetsKept - 8);
  const auto is_taken = [&](const std::string& text) {
    return std::ranges::find(remotes, text, &config::RemoteSettings::name) != remotes.end();
  };
  std::string free = name;
  for (size_t number = 2; is_taken(free); ++number) free = name + '-' + std::to_string(number);
  return free;
}

bool is_any(const net::Prefix& prefix) {
  return prefix.length() == 0;
}

std::string rule_of(const Peer& peer) {
  policy::transfer::Rule rule;
  rule.allow = peer.allowed;
  rule.addresses = peer.prefix;
  std::string text = to_text(rule);
  if (!peer.key.empty()) text += " key " + peer.key;
  return text;
}

void limit(std::vector<std::string>& list, size_t max, std::string_view what, const SourceZone& zone,
           Findings& findings) {
  if (list.size() <= max) return;
  findings.lose(Group::kTransfers, zone.place,
                "zone " + dns::to_text(zone.apex) + " has more than " + std::to_string(max) + ' ' +
                    std::string(what) + ": the first are taken");
  list.resize(max);
}

void limit_members(zones::MemberSettings& members, const SourceZone& zone, Findings& findings) {
  limit(members.primaries, zones::kServersMax, "primaries of members", zone, findings);
  limit(members.secondaries, zones::kServersMax, "servers to notify of members", zone, findings);
  limit(members.allow_transfer, policy::transfer::kRulesMax, "rules of members", zone, findings);
}

}  // namespace

std::string refer(std::vector<config::RemoteSettings>& remotes, config::RemoteSettings remote,
                  std::string_view wanted) {
  if (is_plain(remote)) {
    const net::Endpoint& endpoint = remote.addresses[0];
    std::string text = endpoint.port == kDnsPort ? endpoint.address.to_text() : endpoint.to_text();
    if (remote.key) text += " key " + dns::to_text(*remote.key);
    return text;
  }
  const auto same = std::ranges::find_if(
      remotes, [&](const config::RemoteSettings& other) { return are_same(other, remote); });
  if (same != remotes.end()) return same->name;
  remote.name = free_name(remotes, wanted);
  remotes.push_back(std::move(remote));
  return remotes.back().name;
}

bool take_identity(config::RemoteSettings& remote, const std::string& name, std::vector<std::string> pins) {
  for (const std::string& pin : pins) {
    std::vector<uint8_t> octets;
    base::Base64Decoder decoder;
    if (!decoder.decode(pin, octets) || !decoder.finish() || octets.size() != kPinOctets) return false;
  }
  if (!pins.empty() || name.empty()) {
    remote.pins = std::move(pins);
    return true;
  }
  const auto parsed = dns::parse_name(name);
  if (!parsed) return false;
  remote.tls_name = dns::to_text(*parsed);
  if (remote.tls_name.size() > 1) remote.tls_name.pop_back();  // certificates have no final dot
  return true;
}

std::vector<std::string> transfer_rules(const std::vector<Peer>& peers) {
  std::vector<std::string> rules;
  for (size_t i = 0; i < peers.size(); ++i) {
    Peer peer = peers[i];
    // Everybody of both families.
    if (i + 1 < peers.size() && peer.prefix && peers[i + 1].prefix && is_any(*peer.prefix) &&
        is_any(*peers[i + 1].prefix) && peer.prefix->is_v4() != peers[i + 1].prefix->is_v4() &&
        peer.allowed == peers[i + 1].allowed && peer.key == peers[i + 1].key) {
      peer.prefix.reset();
      ++i;
    }
    rules.push_back(rule_of(peer));
  }
  // Nobody is allowed who is not.
  while (!rules.empty() && rules.back().starts_with("deny ")) rules.pop_back();
  return rules;
}

void make_secondary(SourceZone& zone, std::vector<std::string> primaries) {
  zone.file.clear();
  zone.update_rules.clear();
  zone.settings.primaries = std::move(primaries);
}

void limit_lists(SourceZone& zone, Findings& findings) {
  if (zone.settings.group.size() > zones::kGroupOctetsMax) {
    findings.lose(Group::kTransfers, zone.place,
                  "the group of zone " + dns::to_text(zone.apex) + " in its catalog has too long a name");
    zone.settings.group.clear();
  }
  limit_members(zone.settings.members, zone, findings);
  for (auto& [name, members] : zone.settings.groups) limit_members(members, zone, findings);
  limit(zone.settings.primaries, zones::kServersMax, "primaries", zone, findings);
  limit(zone.settings.secondaries, zones::kServersMax, "servers to notify", zone, findings);
  limit(zone.settings.allow_transfer, policy::transfer::kRulesMax, "rules of transfers", zone, findings);
  limit(zone.settings.allow_notify, policy::transfer::kRulesMax, "rules of notifies", zone, findings);
  limit(zone.settings.forward_updates, policy::transfer::kRulesMax, "rules of updates", zone, findings);
}

}  // namespace atlas::control::import
