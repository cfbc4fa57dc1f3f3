#include "atlas/control/catalogs/producers.h"

#include <algorithm>

#include "atlas/zone/load.h"

namespace atlas::control::catalogs {
namespace {

using base::MonotonicTime;
using handoff::EventId;
using zones::CatalogRole;

// What makes a zone another one than its predecessors of the same name. Zones of the configuration are what
// their names say.
uint64_t generation_of(const zones::ZoneState& zone) {
  if (zone.is_configured() || zone.row == nullptr) return 0;
  const auto created = std::chrono::duration_cast<std::chrono::seconds>(zone.row->created.time_since_epoch());
  return static_cast<uint64_t>(created.count()) << 24 | (static_cast<uint64_t>(zone.row->id) & 0xff'ffff);
}

Member member_of(const zones::ZoneState& zone) {
  Member member{.zone = zone.apex,
                .label = member_label(zone.apex, generation_of(zone)),
                .groups = {},
                .new_owner = {}};
  if (!zone.settings->group.empty()) member.groups = {zone.settings->group};
  return member;
}

bool is_same(const std::weak_ptr<const zone::Zone>& a, const std::shared_ptr<const zone::Zone>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

store::Origin origin_of(dns::NameView catalog) {
  return {.actor = "catalog:" + dns::to_text(catalog), .source = "settings of its members", .reason = {}};
}

// Above the serials of one that was lost.
uint32_t first_serial() {
  return static_cast<uint32_t>(
      std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count());
}

}  // namespace

void Producers::mark(const dns::Name& catalog) {
  if (const auto found = catalogs_.find(catalog); found != catalogs_.end()) found->second.is_marked = true;
}

void Producers::set_member(const dns::Name& catalog, const Member& member) {
  if (const auto before = catalog_of_.find(member.zone); before != catalog_of_.end()) {
    const Member& present = members_[before->second][member.zone];
    if (before->second == catalog && present == member) return;
    remove_member(member.zone);
  }
  catalog_of_.emplace(member.zone, catalog);
  members_[catalog].insert_or_assign(member.zone, member);
  mark(catalog);
}

void Producers::remove_member(dns::NameView zone) {
  const auto found = catalog_of_.find(zone);
  if (found == catalog_of_.end()) return;
  const auto members = members_.find(found->second);
  if (const auto member = members->second.find(zone); member != members->second.end())
    members->second.erase(member);
  if (members->second.empty()) members_.erase(members);
  mark(found->second);
  catalog_of_.erase(found);
}

void Producers::zone_changed(const zones::ZoneState& zone) {
  if (zone.settings->catalog == CatalogRole::kProduce) {
    const auto [catalog, is_new] = catalogs_.try_emplace(zone.apex);
    if (is_new || !is_same(catalog->second.checked, zone.version)) catalog->second.is_marked = true;
  } else {
    catalogs_.erase(zone.apex);
  }
  const auto& catalog = zone.settings->member_of;
  if (catalog && *catalog != zone.apex.view()) {
    set_member(*catalog, member_of(zone));
  } else {
    remove_member(zone.apex);
  }
}

void Producers::zone_removed(dns::NameView apex) {
  if (const auto catalog = catalogs_.find(apex); catalog != catalogs_.end()) catalogs_.erase(catalog);
  remove_member(apex);
}

std::vector<Member> Producers::members_of(const dns::Name& catalog) const {
  std::vector<Member> members;
  const auto found = members_.find(catalog);
  if (found == members_.end()) return members;
  members.reserve(found->second.size());
  for (const auto& [zone, member] : found->second) members.push_back(member);
  std::ranges::sort(
      members, [](const Member& a, const Member& b) { return dns::compare_canonical(a.zone, b.zone) < 0; });
  return members;
}

bool Producers::update(const dns::Name& apex, Catalog& catalog) {
  const zones::ZoneState* const state = zones_.find(apex);
  if (state == nullptr) return true;
  changes::Outcome<changes::Made> made;
  if (state->version == nullptr) {
    // One that is only late tells when it is here.
    if (!state->is_configured() || state->row != nullptr || state->kind != store::ZoneKind::kPrimary)
      return true;
    changes::NewZone zone;
    zone.apex = apex;
    zone.content = zone::load_zone_text(empty_catalog_text(apex, first_serial()), apex).zone;
    zone.settings = *state->settings;
    zone.origin = {.actor = "configuration", .source = state->configured_in.string(), .reason = {}};
    made = changes_.create(zone);
  } else {
    const std::vector<Member> members = members_of(apex);
    auto edits = edits_for(*state->version, members);
    if (edits.empty()) {
      catalog.checked = state->version;
      return true;
    }
    made = changes_.edit(
        {.zone = apex, .rrsets = std::move(edits), .origin = origin_of(apex), .beside_file = true});
    if (made) {
      events_.emit(
          EventId::kCatalogListed,
          {{"catalog", dns::to_text(apex.view())}, {"members", members.size()}, {"serial", made->serial}});
    }
  }
  if (made) return true;
  events_.emit(EventId::kCatalogNotListed,
               {{"catalog", dns::to_text(apex.view())}, {"error", made.error().message}});
  return false;
}

bool Producers::turn(MonotonicTime now) {
  std::vector<std::pair<const dns::Name, Catalog>*> updated;
  for (auto& entry : catalogs_) {
    Catalog& catalog = entry.second;
    if (!catalog.is_marked) continue;
    if (!catalog.due) catalog.due = now + kListingDelay;
    if (now < *catalog.due) continue;
    catalog.is_marked = false;
    catalog.due.reset();
    if (update(entry.first, catalog)) {
      updated.push_back(&entry);
    } else {
      catalog.is_marked = true;
      catalog.due = now + kRetry;
    }
  }
  if (!changes_.pending()) return false;
  // Nobody removes catalogs while they are told of what they list.
  const auto committed = changes_.commit();
  if (committed) return *committed;
  for (auto* entry : updated) {
    entry->second.is_marked = true;
    entry->second.due = now + kRetry;
  }
  return false;
}

MonotonicTime Producers::deadline() const {
  auto first = MonotonicTime::max();
  for (const auto& [apex, catalog] : catalogs_) {
    if (catalog.is_marked) first = std::min(first, catalog.due.value_or(MonotonicTime{}));
  }
  return first;
}

}  // namespace atlas::control::catalogs
