#include <algorithm>

#include "atlas/control/config/read_fields.h"

namespace atlas::control::config {
namespace {

constexpr std::string_view kRoles[] = {"none", "produce", "consume"};

std::string default_file(dns::NameView apex, std::string pattern) {
  std::string name = apex.is_root() ? "root" : dns::to_text(apex);
  if (!apex.is_root()) name.pop_back();
  // RFC 2317 names hold a slash.
  std::ranges::replace(name, '/', '_');
  constexpr std::string_view kPlaceholder = "{zone}";
  for (size_t at = pattern.find(kPlaceholder); at != std::string::npos; at = pattern.find(kPlaceholder, at)) {
    pattern.replace(at, kPlaceholder.size(), name);
    at += name.size();
  }
  return pattern;
}

// The words of the store and the API as those of the configuration.
std::string with_hyphens(std::string text) {
  std::ranges::replace(text, '_', '-');
  return text;
}

}  // namespace

void ReadFields::zones(Key key, std::vector<ZoneFile>& value, const ZoneDefaults& defaults) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.reserve(list->children.size());  // the keys of `read` lie in it
  ReadZones read;
  read.reserve(list->children.size());
  for (const Node& item : list->children) {
    if (full()) return;
    ZoneFile zone;
    if (!read_zone(item, zone, defaults)) continue;
    value.push_back(std::move(zone));
    const auto [known, added] = read.try_emplace(value.back().apex, ReadZone{&item, value.size() - 1});
    if (added) continue;
    value.pop_back();
    report(item, item.position,
           "zone " + dns::to_text(known->first) + " is given twice; first in " +
               sources_.path(known->second.node->file).string() + ':' +
               std::to_string(known->second.node->position.line));
  }
  check_memberships(value, read);
}

bool ReadFields::read_zone(const Node& item, ZoneFile& zone, const ZoneDefaults& defaults) {
  zone.configured_in = sources_.path(item.file);
  zone.line = item.position.line;
  const Node* name = item.is_mapping() ? item.find("zone") : &item;
  if (name == nullptr) {
    report(item, item.position, "an entry needs the name of its zone",
           "as in - {zone: example.com, file: zones/example.com.zone}");
    return false;
  }
  if (!is_text(*name, "the name of a zone, or a mapping of zone and what else there is to say")) return false;
  const auto apex = read_name(*name);
  if (!apex) return false;
  zone.apex = *apex;
  read_settings(item, zone, defaults);
  return true;
}

void ReadFields::read_settings(const Node& item, ZoneFile& zone, const ZoneDefaults& defaults) {
  zones::ZoneSettings& settings = zone.settings;
  settings.secondaries = defaults.secondaries;
  settings.allow_transfer = defaults.allow_transfer;
  // An entry that is a name alone has no keys.
  frames_.push_back({item.is_mapping() ? &item : nullptr, {}});
  find(zone_keys::kZone);
  const Node* file = scalar(zone_keys::kFile);
  read_catalog(settings);
  if (file == nullptr && settings.catalog != zones::CatalogRole::kProduce)
    settings.primaries = defaults.primaries;
  servers(zone_keys::kPrimaries, settings.primaries);
  servers(zone_keys::kSecondaries, settings.secondaries);
  transfer_rules(zone_keys::kAllowTransfer, settings.allow_transfer);
  transfer_rules(zone_keys::kAllowNotify, settings.allow_notify);
  transfer_rules(zone_keys::kForwardUpdates, settings.forward_updates);
  read_rules(settings, zone.apex);
  close();

  if (file != nullptr) {
    zone.file = resolve(file->file, file->text);
  } else if (settings.primaries.empty() && settings.catalog != zones::CatalogRole::kProduce) {
    zone.file = default_file(zone.apex, defaults.file);
  }
  if (item.is_mapping()) check_source(item, zone);
}

void ReadFields::read_rules(zones::ZoneSettings& settings, dns::NameView apex) {
  if (const Node* rules = sequence(zone_keys::kUpdatePolicy)) {
    for (const Node& rule : rules->children) {
      if (!is_text(rule, "a rule, as in \"grant ddns-key zonesub ANY\"")) continue;
      if (const auto parsed = policy::update::parse_rule(rule.text, apex); !parsed) {
        report(rule, rule.position, parsed.error().message, parsed.error().hint);
      } else {
        settings.update_policy.push_back(rule.text);
      }
    }
  }
  if (const Node* zonemd = scalar(zone_keys::kZonemd)) {
    settings.zonemd = zone::parse_zonemd_hash(zonemd->text);
    if (!settings.zonemd) wrong(*zonemd, "is sha384 or sha512, not \"" + zonemd->text + '"');
  }
}

void ReadFields::read_catalog(zones::ZoneSettings& settings) {
  auto role = static_cast<uint8_t>(settings.catalog);
  choice(zone_keys::kCatalog, role, kRoles);
  settings.catalog = static_cast<zones::CatalogRole>(role);
  if (const Node* catalog = scalar(zone_keys::kMemberOf)) {
    settings.member_of = read_name(*catalog);
    if (settings.member_of) memberships_.push_back({catalog, *settings.member_of});
  }
  text(zone_keys::kGroup, settings.group, zones::kGroupOctetsMax);
  if (const Node* members = find(zone_keys::kMembers)) read_members(*members, settings.members);
  read_groups(settings);
}

void ReadFields::read_groups(zones::ZoneSettings& settings) {
  const Node* groups = find(zone_keys::kGroups);
  if (groups == nullptr || groups->kind == Node::Kind::kNull) return;
  if (!groups->is_mapping()) {
    wrong(*groups, "is a mapping of groups", "as in groups: {fast: {secondaries: [ns2]}}");
    return;
  }
  if (groups->children.size() > zones::kGroupsMax)
    wrong(*groups, "has more than " + std::to_string(zones::kGroupsMax) + " groups");
  for (const Node& group : groups->children) {
    if (full()) return;
    if (group.key.empty() || group.key.size() > zones::kGroupOctetsMax) {
      report(group, group.key_position,
             "the name of a group has 1 to " + std::to_string(zones::kGroupOctetsMax) + " octets");
      continue;
    }
    settings.groups.emplace_back(group.key, zones::MemberSettings());
    read_members(group, settings.groups.back().second);
  }
}

void ReadFields::read_members(const Node& node, zones::MemberSettings& members) {
  if (!node.is_mapping()) {
    if (node.kind != Node::Kind::kNull)
      wrong(node, "is a mapping of primaries, secondaries and allow-transfer");
    return;
  }
  frames_.push_back({&node, {}});
  servers(zone_keys::kPrimaries, members.primaries);
  servers(zone_keys::kSecondaries, members.secondaries);
  transfer_rules(zone_keys::kAllowTransfer, members.allow_transfer);
  close();
}

// What does not go together.
void ReadFields::check_source(const Node& item, const ZoneFile& zone) {
  if (const Node* file = item.find("file")) {
    if (!zone.settings.primaries.empty()) {
      report(*file, file->key_position, "a zone comes from a file or from primaries, not from both",
             "leave out file: what primaries give is kept in the store");
      return;
    }
    if (zone.settings.catalog == zones::CatalogRole::kProduce) {
      report(*file, file->key_position, "a catalog to produce has no file: it is made here");
      return;
    }
  }
  const auto misfit = zones::misfit_of(zone.settings, zone.apex);
  if (!misfit) return;
  const Node* node = item.find(with_hyphens(std::string(misfit->member)));
  report(node != nullptr ? *node : item, node != nullptr ? node->key_position : item.position,
         with_hyphens(misfit->error.message), with_hyphens(misfit->error.hint));
}

void ReadFields::check_memberships(const std::vector<ZoneFile>& zones, const ReadZones& read) {
  for (const Membership& membership : memberships_) {
    const auto found = read.find(membership.catalog);
    const std::string name = dns::to_text(membership.catalog);
    if (found == read.end()) {
      report(*membership.node, membership.node->position,
             "there is no zone " + name + " in this configuration",
             "as in - {zone: " + name + ", catalog: produce}");
    } else if (zones[found->second.place].settings.catalog != zones::CatalogRole::kProduce) {
      report(*membership.node, membership.node->position, "zone " + name + " is no catalog that is made here",
             "it has catalog: produce");
    }
  }
}

}  // namespace atlas::control::config
