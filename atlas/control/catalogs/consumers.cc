#include "atlas/control/catalogs/consumers.h"

#include <algorithm>

namespace atlas::control::catalogs {
namespace {

using base::MonotonicTime;
using handoff::EventId;
using zones::CatalogRole;
using zones::ZoneSettings;

constexpr std::chrono::seconds kRetryWrite{10};
constexpr std::chrono::milliseconds kRetryWaiting{200};

bool is_same(const std::weak_ptr<const zone::Zone>& a, const std::shared_ptr<const zone::Zone>& b) {
  return !a.owner_before(b) && !b.owner_before(a);
}

std::string text_of(dns::NameView name) {
  return dns::to_text(name);
}

store::Origin origin_of(dns::NameView catalog, uint32_t serial) {
  return {.actor = "catalog:" + text_of(catalog), .source = "serial " + std::to_string(serial), .reason = {}};
}

// Of the first group that the settings know and the member has; else those of all.
const zones::MemberSettings& settings_for(const ZoneSettings& catalog, const Member& member) {
  for (const auto& [group, settings] : catalog.groups) {
    if (std::ranges::find(member.groups, group) != member.groups.end()) return settings;
  }
  return catalog.members;
}

// What the catalog says of a member's settings; others stay what they are.
ZoneSettings settings_of(const ZoneSettings& catalog, const Member& member, ZoneSettings settings) {
  const zones::MemberSettings& wanted = settings_for(catalog, member);
  settings.primaries = wanted.primaries.empty() ? catalog.primaries : wanted.primaries;
  settings.secondaries = wanted.secondaries;
  settings.allow_transfer = wanted.allow_transfer;
  // Whoever tells of the catalog tells of its members.
  settings.allow_notify = catalog.allow_notify;
  return settings;
}

}  // namespace

const Member* Consumers::find_member(const Catalog& catalog, dns::NameView zone) {
  const auto found = std::ranges::lower_bound(
      catalog.members, zone,
      [](dns::NameView a, dns::NameView b) { return dns::compare_canonical(a, b) < 0; },
      [](const Member& member) { return member.zone.view(); });
  return found != catalog.members.end() && found->zone == zone ? &*found : nullptr;
}

void Consumers::zone_changed(const zones::ZoneState& zone) {
  const std::optional<dns::Name> none;
  const auto& maker = zone.row != nullptr ? zone.row->catalog : none;
  const auto before = catalog_of_.find(zone.apex);
  if (before != catalog_of_.end() && (!maker || *maker != before->second.view())) {
    made_[before->second].erase(zone.apex);
    catalog_of_.erase(before);
  }
  if (maker && catalog_of_.try_emplace(zone.apex, *maker).second) made_[*maker].insert(zone.apex);

  if (zone.settings->catalog != CatalogRole::kConsume) {
    catalogs_.erase(zone.apex);
    return;
  }
  Catalog& catalog = catalogs_[zone.apex];
  const bool has_other_settings = catalog.settings == nullptr || *catalog.settings != *zone.settings;
  catalog.settings = zone.settings;
  if (zone.version == nullptr || (is_same(catalog.read, zone.version) && !has_other_settings)) return;
  catalog.is_due = true;
  due_ = {};
}

void Consumers::zone_removed(dns::NameView apex) {
  if (const auto catalog = catalogs_.find(apex); catalog != catalogs_.end()) catalogs_.erase(catalog);
  std::optional<dns::Name> maker;
  if (const auto found = catalog_of_.find(apex); found != catalog_of_.end()) {
    maker = found->second;
    made_[*maker].erase(dns::Name(apex));
    catalog_of_.erase(found);
  }
  // A name that is free may be another catalog's. Its own makes it anew with the next version: until then
  // whoever deleted it can give the name to something else.
  for (auto& [name, catalog] : catalogs_) {
    const Member* const member = find_member(catalog, apex);
    if (member == nullptr || catalog.is_broken || (maker && *maker == name)) continue;
    catalog.again.push_back(member->zone);
    due_ = {};
  }
}

void Consumers::read(const dns::Name& apex, Catalog& catalog) {
  const zones::ZoneState* const state = zones_.find(apex);
  catalog.is_due = state != nullptr && state->is_expired;
  if (catalog.is_due) is_waiting_ = true;  // until a primary confirms it (RFC 9432 5.1)
  if (state == nullptr || state->version == nullptr || state->is_expired) return;
  catalog.read = state->version;
  catalog.serial = state->version->serial();
  auto members = read_catalog(*state->version);
  if (!members) {
    catalog.is_broken = true;
    // Nothing is changed, not even what was begun.
    catalog.leaving.clear();
    catalog.again.clear();
    catalog.next = catalog.members.size();
    if (catalog.error == members.error().message) return;
    catalog.error = members.error().message;
    events_.emit(EventId::kCatalogBroken,
                 {{"catalog", text_of(apex)}, {"serial", catalog.serial}, {"error", catalog.error}});
    return;
  }
  catalog.is_broken = false;
  catalog.error.clear();
  catalog.members = std::move(*members);
  if (!std::exchange(catalog.was_read, true)) {
    // It may say that others own some of its members by now.
    for (auto& [name, other] : catalogs_) {
      if (&other != &catalog)
        other.again.insert(other.again.end(), other.clashes.begin(), other.clashes.end());
    }
  }
  std::erase_if(catalog.clashes,
                [&](const dns::Name& zone) { return find_member(catalog, zone) == nullptr; });
  begin_again(apex, catalog);
}

void Consumers::begin_again(const dns::Name& apex, Catalog& catalog) {
  catalog.again.clear();
  catalog.next = 0;
  catalog.leaving.clear();
  const auto made = made_.find(apex);
  if (made == made_.end()) return;
  for (const dns::Name& zone : made->second) {
    if (find_member(catalog, zone) == nullptr) catalog.leaving.push_back(zone);
  }
}

// The text of a zone that is being read for the first time belongs to it until then.
void Consumers::wait_for_load(Catalog& catalog, const dns::Name& zone) {
  catalog.again.push_back(zone);
  is_waiting_ = true;
}

void Consumers::report_clash(const dns::Name& apex, Catalog& catalog, const Member& member,
                             std::string reason) {
  if (!catalog.clashes.insert(member.zone).second) return;
  events_.emit(EventId::kCatalogClash,
               {{"catalog", text_of(apex)}, {"zone", text_of(member.zone)}, {"reason", std::move(reason)}});
}

void Consumers::create(const dns::Name& apex, Catalog& catalog, const Member& member, Budget& budget) {
  changes::NewZone zone;
  zone.apex = member.zone;
  zone.settings = settings_of(*catalog.settings, member, {});
  zone.origin = origin_of(apex, catalog.serial);
  zone.catalog = apex;
  zone.catalog_label = member.label;
  if (const auto made = changes_.create(zone); !made) {
    report_clash(apex, catalog, member, made.error().message);
    return;
  }
  budget.spend(member.zone);
  catalog.clashes.erase(member.zone);
  ++catalog.added;
}

// RFC 9432 5.4: all that belongs to the zone goes.
void Consumers::begin_anew(const dns::Name& apex, Catalog& catalog, const Member& member, Budget& budget) {
  if (!changes_.remove(member.zone, origin_of(apex, catalog.serial))) return;
  budget.spend(member.zone);
  ++catalog.removed;
  create(apex, catalog, member, budget);
}

void Consumers::set_settings(const dns::Name& apex, Catalog& catalog, const Member& member,
                             const zones::ZoneState& state, Budget& budget) {
  const ZoneSettings wanted = settings_of(*catalog.settings, member, *state.settings);
  if (wanted == *state.settings) {
    catalog.clashes.erase(member.zone);
    return;
  }
  if (const auto set = changes_.set_settings(member.zone, wanted); !set) {
    report_clash(apex, catalog, member, set.error().message);
    return;
  }
  budget.spend(member.zone);
  catalog.clashes.erase(member.zone);
  ++catalog.changed;
}

std::string Consumers::clash_with(const dns::Name& apex, const zones::ZoneState& state) const {
  if (state.is_configured()) return "the configuration has a zone of this name";
  if (state.row == nullptr || !state.row->catalog) return "there is a zone of this name already";
  const auto owner = catalogs_.find(*state.row->catalog);
  if (owner == catalogs_.end()) return {};  // a catalog that is not here any more
  const Member* const there = owner->second.is_broken ? nullptr : find_member(owner->second, state.apex);
  if (there != nullptr && there->new_owner && *there->new_owner == apex.view()) return {};
  return "it is a member of " + text_of(owner->first);
}

void Consumers::follow(const dns::Name& apex, Catalog& catalog, const Member& member, Budget& budget) {
  --budget.looks;
  if (budget.touched.contains(member.zone)) return;
  const zones::ZoneState* const state = zones_.find(member.zone);
  if (state == nullptr) return create(apex, catalog, member, budget);
  const bool is_ours = !state->is_configured() && state->row != nullptr && state->row->catalog &&
                       *state->row->catalog == apex.view();
  if (!is_ours) {
    const std::string clash = clash_with(apex, *state);
    if (!clash.empty()) {
      // Whom this catalog has given the zone to has it.
      const bool is_given = member.new_owner && state->row != nullptr && state->row->catalog &&
                            *state->row->catalog == member.new_owner->view();
      if (!is_given) report_clash(apex, catalog, member, clash);
      return;
    }
  }
  if (state->row->catalog_label != member.label) {
    if (state->task) return wait_for_load(catalog, member.zone);
    return begin_anew(apex, catalog, member, budget);
  }
  if (!is_ours) {
    if (!changes_.set_catalog(member.zone, apex, member.label)) return;
    budget.spend(member.zone);
    ++catalog.changed;
  }
  set_settings(apex, catalog, member, *state, budget);
}

void Consumers::remove_leaving(const dns::Name& apex, Catalog& catalog, Budget& budget) {
  std::vector<dns::Name> loading;
  while (!catalog.leaving.empty() && !budget.is_used_up()) {
    const dns::Name zone = catalog.leaving.back();
    catalog.leaving.pop_back();
    --budget.looks;
    const zones::ZoneState* const state = zones_.find(zone);
    if (state == nullptr || state->is_configured() || state->row == nullptr ||
        state->row->catalog != std::optional(apex) || budget.touched.contains(zone))
      continue;
    if (state->task) {
      loading.push_back(zone);
      is_waiting_ = true;
      continue;
    }
    if (!changes_.remove(zone, origin_of(apex, catalog.serial))) continue;
    budget.spend(zone);
    ++catalog.removed;
  }
  catalog.leaving.insert(catalog.leaving.end(), loading.begin(), loading.end());
}

void Consumers::work(const dns::Name& apex, Catalog& catalog, Budget& budget) {
  remove_leaving(apex, catalog, budget);
  std::vector<dns::Name> again = std::exchange(catalog.again, {});
  while (!again.empty() && !budget.is_used_up()) {
    if (const Member* member = find_member(catalog, again.back())) follow(apex, catalog, *member, budget);
    again.pop_back();
  }
  catalog.again.insert(catalog.again.end(), again.begin(), again.end());
  while (catalog.next < catalog.members.size() && !budget.is_used_up())
    follow(apex, catalog, catalog.members[catalog.next++], budget);
}

void Consumers::report_done(const dns::Name& apex, Catalog& catalog) {
  if (catalog.added + catalog.removed + catalog.changed != 0) {
    events_.emit(EventId::kCatalogFollowed, {{"catalog", text_of(apex)},
                                             {"serial", catalog.serial},
                                             {"added", catalog.added},
                                             {"removed", catalog.removed},
                                             {"changed", catalog.changed}});
  }
  catalog.added = catalog.removed = catalog.changed = 0;
}

bool Consumers::turn(MonotonicTime now) {
  if (now < due_) return false;
  is_waiting_ = false;
  // All are read first: one may say that another owns a zone.
  for (auto& [apex, catalog] : catalogs_) {
    if (catalog.is_due) read(apex, catalog);
  }
  Budget budget;
  for (auto& [apex, catalog] : catalogs_) {
    if (catalog.has_work() && !budget.is_used_up()) work(apex, catalog, budget);
  }
  due_ = MonotonicTime::max();
  bool changed = false;
  if (changes_.pending()) {
    const auto committed = changes_.commit();
    if (committed) {
      changed = *committed;
    } else {
      for (auto& [apex, catalog] : catalogs_) {
        if (catalog.was_read && !catalog.is_broken) begin_again(apex, catalog);
        catalog.added = catalog.removed = catalog.changed = 0;
      }
      due_ = now + kRetryWrite;
      return false;
    }
  }
  for (auto& [apex, catalog] : catalogs_) {
    if (catalog.is_due || catalog.has_work()) {
      // What waits for something else need not be looked at all the time.
      due_ = std::min(due_, is_waiting_ && !budget.is_used_up() ? now + kRetryWaiting : MonotonicTime{});
    } else {
      report_done(apex, catalog);
    }
  }
  return changed;
}

}  // namespace atlas::control::catalogs
