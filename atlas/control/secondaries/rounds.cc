// Rounds: each primary is asked for its SOA, in order; the first that has more is asked for the zone.
#include <algorithm>

#include "atlas/control/remotes/errand_owners.h"
#include "atlas/control/secondaries/contents.h"

namespace atlas::control::secondaries {
namespace {

// Errors of one round that are told, of many primaries.
constexpr size_t kErrorsNamedMax = 4;

std::string list_of(const std::vector<std::string>& errors) {
  std::string list;
  for (size_t i = 0; i < errors.size() && i < kErrorsNamedMax; ++i) list += (i == 0 ? "" : "; ") + errors[i];
  if (errors.size() > kErrorsNamedMax)
    list += "; and " + std::to_string(errors.size() - kErrorsNamedMax) + " more";
  return list;
}

}  // namespace

void SecondaryZones::Contents::begin_round(size_t slot) {
  Secondary& zone = *slots[slot];
  zone.round = std::make_unique<Round>();
  Round& round = *zone.round;
  round.primaries = zone.primaries;
  round.begun = base::wall_now();
  round.whole = std::exchange(zone.wants_whole, false);
  round.is_urgent = std::exchange(zone.wants_another, false);
  zone.wanted_serial.reset();
  const auto preferred = std::exchange(zone.preferred, {});
  if (preferred && *preferred < round.primaries->size()) round.first = *preferred;
  if (!zone.unknown_primary.empty()) round.errors.push_back(zone.unknown_primary);
  ask_next(slot);
}

bool SecondaryZones::Contents::submit(size_t slot, remotes::Errand errand, bool is_transfer) {
  Secondary& zone = *slots[slot];
  Round& round = *zone.round;
  const uint64_t number = remotes::errand_id(remotes::ErrandOwner::kSecondaries, next_errand++);
  errand.id = number;
  errand.remote = (*round.primaries)[round.at];
  errand.is_urgent = round.is_urgent;
  if (!courier.submit(std::move(errand))) return false;
  zone.errand = number;
  errands.emplace(number, Flight{slot, is_transfer});
  ++(is_transfer ? transfers : questions);
  return true;
}

void SecondaryZones::Contents::ask_next(size_t slot) {
  Secondary& zone = *slots[slot];
  Round& round = *zone.round;
  if (round.asked == round.primaries->size()) {
    end_round(slot);
    return;
  }
  round.at = (round.first + round.asked) % round.primaries->size();
  ++round.asked;
  zone.phase = Secondary::Phase::kAsking;
  remotes::Errand errand;
  errand.message = transfer::make_soa_query(zone.apex);
  if (!submit(slot, std::move(errand), false)) postpone(slot);
}

// The courier has enough to do: no failure of any primary.
void SecondaryZones::Contents::postpone(size_t slot) {
  Secondary& zone = *slots[slot];
  zone.wants_whole = zone.wants_whole || zone.round->whole;
  zone.round.reset();
  zone.phase = Secondary::Phase::kIdle;
  reschedule(slot);
  crowded_until = now + kCrowded;
}

void SecondaryZones::Contents::note_error(Secondary& zone, const std::string& error) const {
  Round& round = *zone.round;
  const remotes::Remote& remote = round.remote();
  const size_t endpoint = std::min(round.endpoint, remote.endpoints.size() - 1);
  round.errors.push_back(name_of(remote, remote.endpoints[endpoint]) + ": " + error);
}

void SecondaryZones::Contents::take_outcomes() {
  for (size_t i = 0; i < kOutcomesPerTurn && !outcomes.empty(); ++i) {
    remotes::Outcome outcome = std::move(outcomes.front());
    outcomes.pop_front();
    const auto found = errands.find(outcome.id);
    if (found == errands.end()) continue;
    const Flight flight = found->second;
    errands.erase(found);
    --(flight.is_transfer ? transfers : questions);
    Secondary* const zone = slots[flight.slot].get();
    // Of a zone that has gone meanwhile.
    if (zone == nullptr || zone->errand != outcome.id) continue;
    zone->errand = 0;
    zone->round->endpoint = outcome.endpoint_number;
    if (outcome.result == remotes::Outcome::Result::kCancelled) {
      postpone(flight.slot);
    } else if (flight.is_transfer) {
      take_transfer(flight.slot, outcome);
    } else {
      take_answer(flight.slot, outcome);
    }
  }
}

// An answer to a question for the SOA.
void SecondaryZones::Contents::take_answer(size_t slot, remotes::Outcome& outcome) {
  Secondary& zone = *slots[slot];
  Round& round = *zone.round;
  if (outcome.result != remotes::Outcome::Result::kAnswered) {
    note_error(zone, outcome.error);
    ask_next(slot);
    return;
  }
  const auto answer = transfer::parse_soa_answer(outcome.message, zone.apex);
  if (!answer) {
    note_error(zone, answer.error().message);
    ask_next(slot);
    return;
  }
  ++state.refreshes;
  const auto version = changes.newest(zone.apex);
  if (version == nullptr || round.whole || transfer::is_newer(answer->soa.serial, version->serial())) {
    want_transfer(slot, version != nullptr && !round.whole);
    return;
  }
  if (zone.is_expired && answer->soa.serial != version->serial()) {
    // What has expired counts for nothing.
    round.whole = true;
    want_transfer(slot, false);
    return;
  }
  if (answer->soa.serial == version->serial()) {
    if (!std::exchange(round.is_confirmed, true))
      round.confirmed_by = name_of(round.remote(), outcome.endpoint);
    // RFC 7314 4: of several, the one that has it for longest. One that says nothing owns the zone.
    const uint32_t left = answer->expire.value_or(UINT32_MAX);
    round.expire = std::max(round.expire.value_or(0), left);
  } else {
    note_error(zone, "has serial " + std::to_string(answer->soa.serial) + ", which is below " +
                         std::to_string(version->serial()));
  }
  ask_next(slot);
}

// All primaries have been asked, and none has given a version.
void SecondaryZones::Contents::end_round(size_t slot) {
  Secondary& zone = *slots[slot];
  const Round& round = *zone.round;
  if (round.is_confirmed) {
    confirm(slot, round.confirmed_by, round.expire);
  } else {
    zone.error = round.errors.empty() ? "it has no primaries" : list_of(round.errors);
    fail(slot);
  }
  zone.rests_until = now + kRest;
  finish(slot);
}

// After the round, however it went.
void SecondaryZones::Contents::finish(size_t slot) {
  Secondary& zone = *slots[slot];
  zone.round.reset();
  zone.phase = Secondary::Phase::kIdle;
  if (zone.wants_another && zone.wanted_serial && !zone.wants_whole) {
    const auto version = changes.newest(zone.apex);
    // What a NOTIFY has told of is there.
    if (version != nullptr && !transfer::is_newer(*zone.wanted_serial, version->serial()))
      zone.wants_another = false;
  }
  if (zone.wants_another) zone.timer.hurry(std::max(now, zone.rests_until));
  reschedule(slot);
}

}  // namespace atlas::control::secondaries
