#include "atlas/control/import/settle.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/servers.h"

namespace atlas::control::import {
namespace {

// The same for lists that hold the same prefixes; empty for everybody.
std::string key_of(const Clients& clients) {
  if (is_everybody(clients)) return {};
  std::vector<net::Prefix> sorted = *clients;
  std::ranges::sort(sorted);
  const auto [end, last] = std::ranges::unique(sorted);
  sorted.erase(end, last);
  std::string key = ";";
  for (const net::Prefix& prefix : sorted) key += prefix.to_text() + ';';
  return key;
}

void remove_doubles(Setup& setup, Findings& findings) {
  std::unordered_set<dns::Name, dns::NameHash, dns::NameEqual> seen;
  std::erase_if(setup.zones, [&](const SourceZone& zone) {
    if (seen.insert(zone.apex).second) return false;
    findings.lose(Group::kZones, zone.place,
                  "zone " + dns::to_text(zone.apex) + " is there twice: the first one is taken");
    return true;
  });
}

// A catalog that is left out lists nobody.
void leave_missing_catalogs(Setup& setup, Findings& findings) {
  std::unordered_set<dns::Name, dns::NameHash, dns::NameEqual> made;
  for (const SourceZone& zone : setup.zones) {
    if (zone.is_made_here()) made.insert(zone.apex);
  }
  for (SourceZone& zone : setup.zones) {
    const auto& catalog = zone.settings.member_of;
    if (!catalog || (made.contains(*catalog) && *catalog != zone.apex)) continue;
    findings.lose(Group::kTransfers, zone.place,
                  "zone " + dns::to_text(zone.apex) + " is a member of " +
                      dns::to_text(*zone.settings.member_of) + ", which is no catalog that is taken");
    zone.settings.member_of.reset();
    zone.settings.group.clear();
  }
}

}  // namespace

void settle(Setup& setup, Findings& findings) {
  remove_doubles(setup, findings);
  std::unordered_map<std::string, size_t> uses;
  std::string most;
  for (const SourceZone& zone : setup.zones) ++uses[key_of(zone.allow_query)];
  size_t most_uses = 0;
  // In the order of the zones, so that the outcome is the same for every run.
  for (const SourceZone& zone : setup.zones) {
    const std::string key = key_of(zone.allow_query);
    if (uses[key] <= most_uses) continue;
    most_uses = uses[key];
    most = key;
    setup.settings.allow_query = zone.allow_query;
  }
  if (most.empty()) setup.settings.allow_query.reset();
  std::erase_if(setup.zones, [&](const SourceZone& zone) {
    const std::string key = key_of(zone.allow_query);
    if (key == most) return false;
    const std::string name = "zone " + dns::to_text(zone.apex);
    if (key.empty()) {
      findings.lose(Group::kAccess, zone.place,
                    name + " may be asked by everybody: Atlas has one list, which is that of most zones",
                    "see the key \"access: allow-query\"");
      return false;
    }
    findings.lose(Group::kZones, zone.place,
                  name + " may be asked by other clients than most zones, and Atlas has one list for all",
                  "serve it with an Atlas of its own, or let the same clients ask for all zones");
    return true;
  });
  leave_missing_catalogs(setup, findings);
  for (SourceZone& zone : setup.zones) limit_lists(zone, findings);
}

}  // namespace atlas::control::import
