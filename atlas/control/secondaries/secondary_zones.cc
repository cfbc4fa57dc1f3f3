#include "atlas/control/secondaries/secondary_zones.h"

#include <algorithm>

#include "atlas/control/secondaries/contents.h"
#include "atlas/crypto/random.h"

namespace atlas::control::secondaries {
namespace {

std::chrono::seconds in_seconds(std::chrono::milliseconds time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

uint32_t seed() {
  std::array<uint8_t, 4> octets;
  crypto::fill_random(octets);
  return base::load_u32(octets.data());
}

// Of the version that is there.
transfer::Soa soa_of(const zone::Zone& version) {
  const auto soa = version.apex_node().find(dns::RRType::SOA);
  return soa ? transfer::read_soa(soa->view().first()).value_or(transfer::Soa{}) : transfer::Soa{};
}

bool is_same(const tsig::Key* a, const tsig::Key* b) {
  if (a == nullptr || b == nullptr) return a == b;
  return a->name == b->name && a->algorithm == b->algorithm && a->secret == b->secret;
}

bool is_same(const remotes::Remote& a, const remotes::Remote& b) {
  return a.name == b.name && a.endpoints == b.endpoints && a.transport == b.transport &&
         is_same(a.key.get(), b.key.get());
}

bool is_same(const Primaries& a, const Primaries& b) {
  return std::ranges::equal(a, b, [](const remotes::RemotePtr& one, const remotes::RemotePtr& other) {
    return is_same(*one, *other);
  });
}

std::optional<policy::transfer::TransferPolicy> policy_of(const std::vector<std::string>& rules) {
  if (rules.empty()) return {};
  // They were checked with the settings.
  return zones::transfer_policy_of(rules).value_or(policy::transfer::TransferPolicy());
}

}  // namespace

std::string name_of(const remotes::Remote& remote, const net::Endpoint& endpoint) {
  const std::string address = endpoint.to_text();
  const bool is_named = !remote.name.empty() && !net::IpAddress::parse(remote.name) &&
                        !net::Endpoint::parse(remote.name.substr(0, remote.name.find(' ')), 53);
  return is_named ? remote.name + " (" + address + ')' : address;
}

SecondaryZones::Contents::Contents(changes::Changes& changes_, zones::ZoneSet& zones_,
                                   remotes::RemoteTable& remotes_, remotes::ErrandCarrier& courier_,
                                   handoff::RequestDesk& requests_, handoff::EventQueue& events_,
                                   handoff::ServerState& state_)
    : changes(changes_),
      zones(zones_),
      remotes(remotes_),
      courier(courier_),
      requests(requests_),
      events(events_),
      state(state_),
      random(seed()),
      now(base::monotonic_now()),
      persist_due(base::MonotonicTime::max()) {
  limits.diffs_max = kStepsMax;
}

Secondary* SecondaryZones::Contents::find(dns::NameView apex) {
  const auto found = places.find(apex);
  return found == places.end() ? nullptr : slots[found->second].get();
}

void SecondaryZones::Contents::add(const zones::ZoneState& zone) {
  size_t slot = slots.size();
  if (free_slots.empty()) {
    slots.emplace_back();
  } else {
    slot = free_slots.back();
    free_slots.pop_back();
  }
  slots[slot] = std::make_unique<Secondary>(bounds);
  slots[slot]->apex = zone.apex;
  places.emplace(zone.apex, slot);
  ++state.secondaries;
  slots[slot]->timer.begin(now);
  meet(slot, *slots[slot], zone);
}

void SecondaryZones::Contents::drop(size_t slot) {
  Secondary& zone = *slots[slot];
  // What is under way has an outcome still, which counts for the limits.
  --state.secondaries;
  if (zone.is_failing) --state.secondaries_failing;
  if (zone.is_expired) --state.secondaries_expired;
  due.remove(slot);
  expires.remove(slot);
  std::erase(waiting, slot);
  std::erase(to_announce, slot);
  std::erase(to_persist, slot);
  std::erase_if(arrivals, [slot](const Arrival& arrival) { return arrival.slot == slot; });
  places.erase(zone.apex);
  slots[slot].reset();
  free_slots.push_back(slot);
}

// Its primaries and rules, from its settings.
void SecondaryZones::Contents::look_up(size_t slot, Secondary& zone) {
  auto primaries = std::make_shared<Primaries>();
  zone.unknown_primary.clear();
  for (const std::string& reference : zone.settings->primaries) {
    if (auto remote = remotes.find(reference)) {
      primaries->push_back(std::move(*remote));
    } else if (zone.unknown_primary.empty()) {
      zone.unknown_primary = remote.error().message;
    }
  }
  zone.allow_notify = policy_of(zone.settings->allow_notify);
  zone.forward_updates = policy_of(zone.settings->forward_updates);
  const bool differs = zone.primaries == nullptr || !is_same(*zone.primaries, *primaries);
  const bool is_first = zone.primaries == nullptr;
  zone.primaries = std::move(primaries);
  if (is_first) return;
  if (differs) zone.preferred.reset();
  if (differs || zone.is_failing) hurry(slot, zone);
}

// What the ZoneSet says of a zone that is known here.
void SecondaryZones::Contents::meet(size_t slot, Secondary& zone, const zones::ZoneState& known) {
  if (zone.settings != known.settings) {
    const bool is_same_settings = zone.settings != nullptr && *zone.settings == *known.settings;
    zone.settings = known.settings;
    if (!is_same_settings) look_up(slot, zone);
  }
  const bool has_version = known.version != nullptr;
  if (has_version == zone.has_version) {
    reschedule(slot);
    return;
  }
  zone.has_version = has_version;
  if (has_version) {
    const base::WallTime wall = base::wall_now();
    zone.refreshed = known.refreshed;
    zone.refreshed_on_disk = known.refreshed;
    // A clock that was set back makes no zone live longer.
    const base::WallTime confirmed = std::min(known.refreshed.value_or(wall), wall);
    const auto spread =
        std::clamp<std::chrono::milliseconds>(kSpreadEach * slots.size(), kSpreadMin, kSpreadMax);
    zone.timer.resume(soa_of(*known.version), now - (wall - confirmed), now, spread,
                      static_cast<uint32_t>(random()));
    to_announce.push_back(slot);
  } else {
    zone.timer.begin(now);
    zone.refreshed.reset();
    if (std::exchange(zone.is_expired, false)) --state.secondaries_expired;
  }
  reschedule(slot);
}

void SecondaryZones::Contents::hurry(size_t slot, Secondary& zone) {
  zone.timer.hurry(std::max(now, zone.rests_until));
  if (zone.phase != Secondary::Phase::kIdle) zone.wants_another = true;
  reschedule(slot);
}

// Where it stands in the timetables.
void SecondaryZones::Contents::reschedule(size_t slot) {
  const Secondary& zone = *slots[slot];
  if (zone.phase == Secondary::Phase::kIdle) {
    due.set(slot, zone.timer.due());
  } else {
    due.remove(slot);
  }
  if (zone.has_version && !zone.is_expired) {
    expires.set(slot, zone.timer.expires());
  } else {
    expires.remove(slot);
  }
}

SecondaryStatus SecondaryZones::Contents::status_of(const Secondary& zone) const {
  using State = SecondaryStatus::State;
  SecondaryStatus status;
  const base::WallTime wall = base::wall_now();
  const auto to_wall = [&](base::MonotonicTime time) {
    return wall + std::chrono::duration_cast<base::WallTime::duration>(time - base::monotonic_now());
  };
  switch (zone.phase) {
    case Secondary::Phase::kIdle:
      status.state = zone.is_expired    ? State::kExpired
                     : zone.is_failing  ? State::kFailing
                     : zone.has_version ? State::kCurrent
                                        : State::kNew;
      break;
    case Secondary::Phase::kAsking:
      status.state = State::kRefreshing;
      break;
    default:
      status.state = State::kTransferring;
  }
  status.primary = zone.primary;
  status.refreshed = zone.refreshed;
  status.transferred = zone.transferred;
  status.next_refresh = zone.phase == Secondary::Phase::kIdle ? to_wall(zone.timer.due()) : wall;
  if (zone.has_version) status.expires = to_wall(zone.timer.expires());
  status.error = zone.error;
  return status;
}

SecondaryZones::SecondaryZones(changes::Changes& changes, zones::ZoneSet& zones,
                               remotes::RemoteTable& remotes, remotes::ErrandCarrier& courier,
                               handoff::RequestDesk& requests, handoff::EventQueue& events,
                               handoff::ServerState& state)
    : contents_(std::make_unique<Contents>(changes, zones, remotes, courier, requests, events, state)) {
  zones.add_watcher(*this);
}

SecondaryZones::~SecondaryZones() {
  contents_->zones.remove_watcher(*this);
}

void SecondaryZones::use_settings(const config::TransferSettings& settings) {
  RefreshBounds& bounds = contents_->bounds;
  bounds.refresh_min = in_seconds(settings.refresh_min);
  bounds.refresh_max = in_seconds(settings.refresh_max);
  bounds.retry_min = in_seconds(settings.retry_min);
  bounds.retry_max = in_seconds(settings.retry_max);
  bounds.expire_min = in_seconds(settings.expire_min);
  contents_->limits.octets_max = settings.in_size_max;
  contents_->limits.records_max = settings.in_records_max;
  for (size_t slot = 0; slot < contents_->slots.size(); ++slot) {
    Secondary* const zone = contents_->slots[slot].get();
    if (zone == nullptr) continue;
    zone->timer.use_bounds();
    contents_->reschedule(slot);
  }
}

void SecondaryZones::use_keys(std::shared_ptr<const tsig::KeyTable> keys) {
  contents_->keys = std::move(keys);
}

void SecondaryZones::reconsider() {
  for (size_t slot = 0; slot < contents_->slots.size(); ++slot) {
    if (Secondary* const zone = contents_->slots[slot].get()) contents_->look_up(slot, *zone);
  }
}

void SecondaryZones::zone_changed(const zones::ZoneState& zone) {
  const auto found = contents_->places.find(zone.apex);
  const bool is_known = found != contents_->places.end();
  if (zone.kind != store::ZoneKind::kSecondary) {
    if (is_known) contents_->drop(found->second);
  } else if (is_known) {
    contents_->meet(found->second, *contents_->slots[found->second], zone);
  } else {
    contents_->add(zone);
  }
}

void SecondaryZones::zone_removed(dns::NameView apex) {
  const auto found = contents_->places.find(apex);
  if (found != contents_->places.end()) contents_->drop(found->second);
}

bool SecondaryZones::turn(base::MonotonicTime now) {
  return contents_->turn(now);
}

base::MonotonicTime SecondaryZones::deadline() const {
  return contents_->deadline();
}

// What a message says is looked at in turn(), together with others.
bool SecondaryZones::take(remotes::Outcome outcome) {
  const auto forwarded = contents_->forwards.find(outcome.id);
  if (forwarded == contents_->forwards.end()) {
    contents_->outcomes.push_back(std::move(outcome));
    return false;
  }
  Contents::Forward forward = std::move(forwarded->second);
  contents_->forwards.erase(forwarded);
  contents_->take_forwarded(std::move(forward), outcome);
  return false;
}

void SecondaryZones::serve_notifies(size_t max) {
  contents_->serve_notifies(max);
}

bool SecondaryZones::forward_update(handoff::Request& request, dns::NameView zone) {
  return contents_->forward(request, zone);
}

bool SecondaryZones::refresh(dns::NameView zone) {
  Secondary* const found = contents_->find(zone);
  if (found == nullptr) return false;
  contents_->hurry(contents_->places.find(zone)->second, *found);
  return true;
}

bool SecondaryZones::retransfer(dns::NameView zone) {
  Secondary* const found = contents_->find(zone);
  if (found == nullptr) return false;
  found->wants_whole = true;
  contents_->hurry(contents_->places.find(zone)->second, *found);
  return true;
}

std::optional<SecondaryStatus> SecondaryZones::status(dns::NameView zone) const {
  const Secondary* const found = contents_->find(zone);
  return found == nullptr ? std::nullopt : std::optional(contents_->status_of(*found));
}

}  // namespace atlas::control::secondaries
