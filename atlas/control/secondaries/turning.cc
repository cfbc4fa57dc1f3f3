// What time brings to secondaries: rounds that are due, zones that expire, times to be written down.
#include <algorithm>

#include "atlas/base/time_text.h"
#include "atlas/control/secondaries/contents.h"

namespace atlas::control::secondaries {
namespace {

using handoff::EventId;
using std::chrono::seconds;

uint32_t unix_seconds(base::WallTime time) {
  const int64_t count = std::chrono::floor<seconds>(time.time_since_epoch()).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(count, 1, UINT32_MAX));
}

// How old the time of the last confirmation may be on the disk: a start would take the zone for older.
seconds persist_after(base::MonotonicTime::duration life) {
  constexpr seconds kLeast{60};
  constexpr seconds kMost{3600};
  return std::clamp(std::chrono::duration_cast<seconds>(life / 10), kLeast, kMost);
}

}  // namespace

bool SecondaryZones::Contents::turn(base::MonotonicTime time) {
  now = std::max(now, time);
  is_changed = false;
  announce();
  take_outcomes();
  take_arrivals();
  expire();
  start_transfers();
  while (questions < kQuestionsMax && now >= crowded_until && due.first_time() <= now) {
    const size_t slot = due.first();
    due.remove(slot);
    begin_round(slot);
  }
  if (now >= persist_due) persist();
  return is_changed;
}

base::MonotonicTime SecondaryZones::Contents::deadline() const {
  if (!outcomes.empty() || !arrivals.empty() || !to_announce.empty()) return now;
  base::MonotonicTime earliest = std::min(expires.first_time(), persist_due);
  if (questions < kQuestionsMax) earliest = std::min(earliest, std::max(due.first_time(), crowded_until));
  if (transfers < kTransfersMax && !waiting.empty()) earliest = std::min(earliest, crowded_until);
  return earliest;
}

// Tells the directory when a zone expires.
void SecondaryZones::Contents::publish(Secondary& zone) {
  uint32_t until = 0;
  if (zone.has_version) {
    until = unix_seconds(base::wall_now() +
                         std::chrono::duration_cast<base::WallTime::duration>(zone.timer.expires() - now));
  }
  zones.set_refreshed(zone.apex, zone.refreshed, until, zone.is_expired);
  is_changed = true;
}

void SecondaryZones::Contents::announce() {
  for (size_t i = 0; i < kAnnouncedPerTurn && !to_announce.empty(); ++i) {
    const size_t slot = to_announce.front();
    to_announce.pop_front();
    if (slots[slot] != nullptr) publish(*slots[slot]);
  }
}

void SecondaryZones::Contents::expire() {
  for (size_t i = 0; i < kExpiredPerTurn && expires.first_time() <= now; ++i) {
    const size_t slot = expires.first();
    expires.remove(slot);
    Secondary& zone = *slots[slot];
    zone.is_expired = true;
    ++state.secondaries_expired;
    events.emit(EventId::kZoneExpired,
                {{"zone", dns::to_text(zone.apex.view())},
                 {"refreshed", zone.refreshed ? base::rfc3339_text(*zone.refreshed) : "its transfer"}});
    publish(zone);
  }
}

void SecondaryZones::Contents::persist() {
  persist_due = base::MonotonicTime::max();
  std::vector<size_t> written;
  for (const size_t slot : to_persist) {
    if (slots[slot] == nullptr || !slots[slot]->refreshed) continue;
    changes.set_refreshed(slots[slot]->apex, *slots[slot]->refreshed);
    written.push_back(slot);
  }
  to_persist.clear();
  if (!changes.pending()) return;
  // Without it the next start takes the zones for older than they are.
  if (!changes.commit()) return;
  for (const size_t slot : written) slots[slot]->refreshed_on_disk = slots[slot]->refreshed;
}

// A primary has the version that is here, or has just given it.
void SecondaryZones::Contents::confirm(size_t slot, const std::string& primary,
                                       std::optional<uint32_t> expire) {
  Secondary& zone = *slots[slot];
  const auto version = changes.newest(zone.apex);
  if (version == nullptr) return;
  const auto soa = version->apex_node().find(dns::RRType::SOA);
  zone.timer.confirm(transfer::read_soa(soa->view().first()).value_or(transfer::Soa{}), expire, now,
                     static_cast<uint32_t>(random()));
  zone.primary = primary;
  zone.refreshed = zone.round != nullptr ? zone.round->begun : base::wall_now();
  zone.error.clear();
  const std::string name = dns::to_text(zone.apex.view());
  if (std::exchange(zone.is_expired, false)) --state.secondaries_expired;
  if (std::exchange(zone.is_failing, false)) {
    --state.secondaries_failing;
    events.emit(EventId::kRefreshRecovered, {{"zone", name}, {"primary", primary}});
  }
  publish(zone);
  const seconds age_max = persist_after(zone.timer.expires() - now);
  if (zone.refreshed_on_disk && *zone.refreshed - *zone.refreshed_on_disk < age_max) return;
  to_persist.push_back(slot);
  persist_due = std::min(persist_due, now + kPersistEvery);
}

void SecondaryZones::Contents::fail(size_t slot) {
  Secondary& zone = *slots[slot];
  zone.timer.fail(now, static_cast<uint32_t>(random()));
  if (!std::exchange(zone.is_failing, true)) {
    ++state.secondaries_failing;
    zone.next_report = now;
  }
  if (now < zone.next_report) return;
  zone.next_report = now + kReportEvery;
  events.emit(EventId::kRefreshFailed, {{"zone", dns::to_text(zone.apex.view())},
                                        {"serving", zone.is_expired    ? "it has expired"
                                                    : zone.has_version ? "serving the version that is there"
                                                                       : "answering SERVFAIL"},
                                        {"error", zone.error}});
}

}  // namespace atlas::control::secondaries
