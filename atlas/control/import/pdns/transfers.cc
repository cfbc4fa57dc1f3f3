#include "atlas/control/import/pdns/transfers.h"

#include <boost/json.hpp>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/pdns/arguments.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::pdns {
namespace {

namespace json = boost::json;

constexpr uint16_t kDnsPort = 53;

// {"producer": {"group": ["fast"]}}; empty if there is none.
std::string group_of(const std::string& options) {
  boost::system::error_code error;
  const json::value parsed = json::parse(options, error);
  if (error || !parsed.is_object()) return {};
  const json::value* const producer = parsed.get_object().if_contains("producer");
  if (producer == nullptr || !producer->is_object()) return {};
  const json::value* const group = producer->get_object().if_contains("group");
  if (group == nullptr || !group->is_array() || group->get_array().empty()) return {};
  const json::value& first = group->get_array().front();
  return first.is_string() ? std::string(first.get_string()) : std::string();
}

}  // namespace

const std::vector<std::string>& metadata(const Domain& domain, const std::string& kind) {
  static const std::vector<std::string> kNone;
  const auto found = domain.metadata.find(kind);
  return found == domain.metadata.end() ? kNone : found->second;
}

void Transfers::lose(const std::string& what) {
  findings_.lose(Group::kTransfers, place_, "zone \"" + domain_.name + "\" " + what);
}

std::vector<std::string> Transfers::servers(const std::vector<std::string>& texts, const std::string& key) {
  std::vector<std::string> names;
  for (const std::string& text : texts) {
    const auto endpoint = net::Endpoint::parse(text, kDnsPort);
    if (!endpoint || endpoint->port == 0) {
      lose("names \"" + text + "\", which is no address: it is left out");
      continue;
    }
    config::RemoteSettings remote;
    remote.addresses = {*endpoint};
    if (!key.empty()) {
      remote.key = dns::parse_name(key).value();
      remote.key->make_lower();
    }
    names.push_back(refer(setup_.remotes, std::move(remote), text));
  }
  return names;
}

bool Transfers::take_primaries(SourceZone& zone) {
  std::string key;
  if (const auto& names = metadata(domain_, "AXFR-MASTER-TSIG"); !names.empty()) {
    const auto name = dns::parse_name(names.front());
    if (!name || !has_key(setup_.keys, *name)) {
      lose("is signed for with the key \"" + names.front() + "\", which is not there");
      return false;
    }
    key = dns::to_text(*name);
  }
  make_secondary(zone, servers(split(domain_.master), key));
  return zone.is_secondary();
}

// A signature must be one of the keys; without, the address decides.
void Transfers::take_others(SourceZone& zone) {
  std::vector<Peer> peers;
  for (const std::string& text : metadata(domain_, "TSIG-ALLOW-AXFR")) {
    const auto name = dns::parse_name(text);
    if (name && has_key(setup_.keys, *name)) {
      peers.push_back({true, {}, dns::to_text(*name)});
    } else {
      lose("lets the key \"" + text + "\" take it, which is not there");
    }
  }
  std::vector<std::string> addresses = metadata(domain_, "ALLOW-AXFR-FROM");
  addresses.insert(addresses.end(), defaults_.allowed.begin(), defaults_.allowed.end());
  for (const std::string& text : addresses) {
    if (const auto prefix = parse_prefix(text)) {
      peers.push_back({true, *prefix, {}});
    } else {
      lose("lets \"" + text + "\" take it, which is no prefix: it is left out");
    }
  }
  if (!defaults_.disabled) zone.settings.allow_transfer = transfer_rules(peers);
  std::vector<std::string> notified = metadata(domain_, "ALSO-NOTIFY");
  notified.insert(notified.end(), defaults_.also_notified.begin(), defaults_.also_notified.end());
  zone.settings.secondaries = servers(notified, "");
}

void Transfers::take_catalog(SourceZone& zone) {
  if (domain_.type == "PRODUCER") zone.settings.catalog = zones::CatalogRole::kProduce;
  if (domain_.type == "CONSUMER") zone.settings.catalog = zones::CatalogRole::kConsume;
  if (domain_.catalog.empty() || zone.is_secondary()) return;
  const auto catalog = dns::parse_name(domain_.catalog);
  if (!catalog) return;
  zone.settings.member_of = *catalog;
  zone.settings.member_of->make_lower();
  zone.settings.group = group_of(domain_.options);
}

}  // namespace atlas::control::import::pdns
