// Zones on their way in: asked for, taken over in groups, reported.
#include <algorithm>

#include "atlas/control/secondaries/contents.h"

namespace atlas::control::secondaries {
namespace {

using handoff::EventId;

std::string source_of(const remotes::Remote& remote, const net::Endpoint& endpoint) {
  return endpoint.to_text() + " over " + query::kTransportNames[static_cast<size_t>(remote.transport)];
}

}  // namespace

void SecondaryZones::Contents::want_transfer(size_t slot, bool incremental) {
  Secondary& zone = *slots[slot];
  zone.round->incremental = incremental;
  zone.phase = Secondary::Phase::kWaiting;
  if (zone.round->is_urgent) {
    waiting.push_front(slot);
  } else {
    waiting.push_back(slot);
  }
}

void SecondaryZones::Contents::start_transfers() {
  while (transfers < kTransfersMax && now >= crowded_until && !waiting.empty()) {
    const size_t slot = waiting.front();
    waiting.pop_front();
    if (!start_transfer(slot)) return;
  }
}

// False if the courier takes no more.
bool SecondaryZones::Contents::start_transfer(size_t slot) {
  Secondary& zone = *slots[slot];
  Round& round = *zone.round;
  auto version = changes.newest(zone.apex);
  const zones::ZoneState* const known = zones.find(zone.apex);
  round.incremental = round.incremental && version != nullptr;
  remotes::Errand errand;
  errand.endpoint = round.endpoint;
  errand.message =
      round.incremental
          ? transfer::make_ixfr_query(zone.apex, version->apex_node().find(dns::RRType::SOA)->view().first())
          : transfer::make_axfr_query(zone.apex);
  errand.receiver = std::make_unique<ZoneReceiver>(
      ZoneReceiver::Task{.zone = zone.apex,
                         .version = std::move(version),
                         .incremental = round.incremental,
                         .any_serial = round.whole,
                         .id = known != nullptr && known->row ? known->row->id : store::ZoneId{},
                         .limits = limits},
      changes.texts());
  zone.phase = Secondary::Phase::kTransferring;
  if (submit(slot, std::move(errand), true)) return true;
  postpone(slot);
  return false;
}

void SecondaryZones::Contents::take_transfer(size_t slot, remotes::Outcome& outcome) {
  Secondary& zone = *slots[slot];
  Round& round = *zone.round;
  if (outcome.result != remotes::Outcome::Result::kAnswered) {
    // Whatever a primary does not like about an IXFR, or cannot say by one, it may say by an AXFR.
    if (outcome.result == remotes::Outcome::Result::kBroken && round.incremental) {
      want_transfer(slot, false);
      return;
    }
    ++state.transfers_in_failed;
    note_error(zone, outcome.error);
    ask_next(slot);
    return;
  }
  zone.phase = Secondary::Phase::kArrived;
  Arrival& arrival = arrivals.emplace_back();
  arrival.slot = slot;
  // The only receivers that there are.
  arrival.receiver.reset(static_cast<ZoneReceiver*>(outcome.receiver.release()));
}

void SecondaryZones::Contents::take_arrivals() {
  if (arrivals.empty()) return;
  std::vector<Arrival> staged;
  for (Arrival& arrival : std::exchange(arrivals, {})) {
    if (stage(arrival)) staged.push_back(std::move(arrival));
  }
  if (staged.empty()) return;
  const auto written = changes.commit();
  for (Arrival& arrival : staged) {
    Secondary* const zone = slots[arrival.slot].get();
    if (zone == nullptr || zone->round == nullptr) continue;
    if (written) {
      serve(arrival);
    } else {
      // Another primary would not help.
      zone->round->errors = {written.error().message};
      zone->round->is_confirmed = false;
      end_round(arrival.slot);
    }
  }
  is_changed = is_changed || written.value_or(false);
}

// False if it cannot be taken: another attempt is under way then, or the round is over.
bool SecondaryZones::Contents::stage(Arrival& arrival) {
  Secondary& zone = *slots[arrival.slot];
  Round& round = *zone.round;
  const remotes::Remote& remote = round.remote();
  const net::Endpoint endpoint = remote.endpoints[std::min(round.endpoint, remote.endpoints.size() - 1)];
  changes::Transferred transferred{
      .zone = zone.apex,
      .steps = {},
      .content = {},
      .from = arrival.receiver->task().version,
      .difference = {},
      .text = {},
      .warnings = {},
      .refreshed = round.begun,
      .origin = {.actor = "primary:" + remote.name, .source = source_of(remote, endpoint), .reason = {}}};
  ZoneReceiver::Result result = arrival.receiver->release();
  if (auto* const steps = std::get_if<transfer::Steps>(&result)) {
    transferred.steps = std::move(steps->diffs);
  } else if (auto* const whole = std::get_if<ZoneReceiver::Whole>(&result)) {
    arrival.content = whole->given.version;
    arrival.text = whole->text;
    arrival.findings = whole->given.findings;
    arrival.first_finding = std::move(whole->given.first_finding);
    transferred.content = whole->given.version;
    transferred.difference = std::move(whole->difference);
    transferred.text = std::move(whole->text);
    transferred.warnings = arrival.findings;
  } else {
    // Another server behind the same address, which has not followed yet.
    note_error(zone, "has told of a serial that it does not give");
    ask_next(arrival.slot);
    return false;
  }
  auto made = changes.take_transfer(transferred);
  if (made) {
    arrival.made = *made;
    return true;
  }
  if (arrival.text) changes.texts().remove(*arrival.text);
  if (round.incremental) {
    want_transfer(arrival.slot, false);
    return false;
  }
  ++state.transfers_in_failed;
  note_error(zone, made.error().message);
  ask_next(arrival.slot);
  return false;
}

// It is written.
void SecondaryZones::Contents::serve(Arrival& arrival) {
  Secondary& zone = *slots[arrival.slot];
  const Round& round = *zone.round;
  const remotes::Remote& remote = round.remote();
  const net::Endpoint endpoint = remote.endpoints[std::min(round.endpoint, remote.endpoints.size() - 1)];
  ++state.transfers_in;
  zone.has_version = true;
  zone.transferred = base::wall_now();
  zone.refreshed_on_disk = round.begun;
  confirm(arrival.slot, name_of(remote, endpoint), arrival.receiver->expire());
  report(zone, arrival);
  if (arrival.text && !arrival.text->file.empty()) changes.keep_image(zone.apex, arrival.content);
  finish(arrival.slot);
}

void SecondaryZones::Contents::report(const Secondary& zone, const Arrival& arrival) {
  const std::string name = dns::to_text(zone.apex.view());
  const bool is_whole = arrival.content != nullptr;
  events.emit(EventId::kZoneTransferred, {{"zone", name},
                                          {"serial", arrival.made.serial},
                                          {"primary", zone.primary},
                                          {"kind", is_whole ? "AXFR" : "IXFR"},
                                          {"records", arrival.receiver->records()},
                                          {"octets", arrival.receiver->octets()},
                                          {"seconds", arrival.receiver->took().count()}});
  if (arrival.findings == 0) return;
  events.emit(EventId::kZoneWarnings,
              {{"zone", name}, {"count", arrival.findings}, {"first", arrival.first_finding}});
}

}  // namespace atlas::control::secondaries
