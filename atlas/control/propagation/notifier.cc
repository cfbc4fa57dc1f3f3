#include "atlas/control/propagation/notifier.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "atlas/control/remotes/errand_owners.h"
#include "atlas/dns/message.h"
#include "atlas/transfer/messages.h"

namespace atlas::control::propagation {
namespace {

using base::MonotonicTime;
using handoff::EventId;
using remotes::Outcome;
using std::chrono::milliseconds;

// A courier that takes nothing more is asked again.
constexpr milliseconds kCourierWait{1000};

// One address of one secondary of one zone.
struct Target {
  enum class State : uint8_t {
    kIdle,
    kSoon,      // until the next turn
    kDue,       // at `due`
    kWaiting,   // for others to the same address
    kUnderWay,  // an errand
  };

  dns::Name zone;
  std::string reference;  // as the zone's settings name it
  size_t endpoint = 0;    // of the remote
  State state = State::kIdle;
  milliseconds delay{};  // of kSoon
  std::optional<MonotonicTime>
      latest;  // of kSoon: it was kDue then, and what comes meanwhile delays it no more
  MonotonicTime due{};
  std::optional<MonotonicTime> sent;  // the last time
  uint32_t serial = 0;                // that was sent
  bool again = false;                 // something came while it was under way
  size_t tries = 0;
  bool is_reported = false;  // that it refuses or does not answer, until it takes one

  std::string text(const net::Endpoint& address) const {
    const std::string address_text = address.to_text();
    return reference == address_text ? reference : reference + " (" + address_text + ')';
  }
};

struct NotifiedZone {
  std::optional<uint32_t> serial;  // of the last version that was seen
  std::vector<uint64_t> targets;
};

// One address, whatever the zone.
struct Peer {
  size_t under_way = 0;
  std::deque<uint64_t> waiting;  // targets; those that are gone, or not kWaiting any more, are passed over
};

struct UnderWay {
  uint64_t target = 0;
  net::Endpoint endpoint;
};

// Empty if it is no answer to a NOTIFY.
std::optional<dns::Rcode> rcode_of(base::Bytes message) {
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  if (!header || (header->flags & dns::kFlagQR) == 0 || header->opcode != dns::Opcode::NOTIFY) return {};
  return static_cast<dns::Rcode>(header->rcode);
}

}  // namespace

struct Notifier::Contents {
  zones::ZoneSet& zones;
  Find find;
  Submit submit;
  handoff::EventQueue& events;
  handoff::ServerState& server;

  std::unordered_map<dns::Name, NotifiedZone, dns::NameHash, dns::NameEqual> notified;
  std::unordered_map<uint64_t, Target> targets;
  std::map<net::Endpoint, Peer> peers;
  std::vector<uint64_t> soon;
  std::set<std::pair<MonotonicTime, uint64_t>> queue;  // targets that are kDue
  std::unordered_map<uint64_t, UnderWay> under_way;    // by errand
  uint64_t targets_made = 0;
  uint64_t errands = 0;
  std::optional<MonotonicTime> pause_end;

  void look_up(const zones::ZoneSettings& settings, const dns::Name& apex, NotifiedZone& zone);
  void forget(uint64_t target);
  void schedule(uint64_t id, milliseconds delay);
  void enqueue(uint64_t id, Target& target, MonotonicTime now);
  // False if nothing was sent.
  bool send(uint64_t id, Target& target, MonotonicTime now);
  void let_next(const net::Endpoint& endpoint);
  void retry(uint64_t id, Target& target, const std::string& error, const net::Endpoint& endpoint);
  void report(EventId id, Target& target, std::vector<handoff::EventField> fields);
};

// Targets that stay keep what is known of them.
void Notifier::Contents::look_up(const zones::ZoneSettings& settings, const dns::Name& apex,
                                 NotifiedZone& zone) {
  std::vector<uint64_t> kept;
  const auto keep = [&](const std::string& reference, size_t endpoint) {
    const auto found = std::ranges::find_if(zone.targets, [&](uint64_t id) {
      return targets[id].reference == reference && targets[id].endpoint == endpoint;
    });
    if (found != zone.targets.end()) {
      kept.push_back(*found);
      zone.targets.erase(found);
      return;
    }
    Target& made = targets[++targets_made];
    made.zone = apex;
    made.reference = reference;
    made.endpoint = endpoint;
    kept.push_back(targets_made);
  };
  for (const std::string& reference : settings.secondaries) {
    const auto remote = find(reference);
    // What is wrong with one that is not there is said when it is to be told.
    const size_t endpoints = remote ? (*remote)->endpoints.size() : 1;
    for (size_t i = 0; i < endpoints; ++i) keep(reference, i);
  }
  for (const uint64_t id : zone.targets) forget(id);
  zone.targets = std::move(kept);
}

void Notifier::Contents::forget(uint64_t id) {
  const auto found = targets.find(id);
  if (found->second.state == Target::State::kDue) queue.erase({found->second.due, id});
  targets.erase(found);
}

// From the next turn on, which knows what time it is.
void Notifier::Contents::schedule(uint64_t id, milliseconds delay) {
  Target& target = targets[id];
  switch (target.state) {
    case Target::State::kUnderWay:
      target.again = true;
      return;
    case Target::State::kWaiting:
      return;
    case Target::State::kSoon:
      target.delay = std::min(target.delay, delay);
      return;
    case Target::State::kDue:
      queue.erase({target.due, id});
      target.latest = target.due;
      break;
    case Target::State::kIdle:
      break;
  }
  target.state = Target::State::kSoon;
  target.delay = delay;
  soon.push_back(id);
}

void Notifier::Contents::enqueue(uint64_t id, Target& target, MonotonicTime now) {
  target.due = now + target.delay;
  if (target.sent) target.due = std::max(target.due, *target.sent + kNotifyEvery);
  if (target.latest) target.due = std::min(target.due, *std::exchange(target.latest, {}));
  target.state = Target::State::kDue;
  queue.insert({target.due, id});
}

void Notifier::Contents::report(EventId id, Target& target, std::vector<handoff::EventField> fields) {
  if (!std::exchange(target.is_reported, true)) events.emit(id, std::move(fields));
}

bool Notifier::Contents::send(uint64_t id, Target& target, MonotonicTime now) {
  target.state = Target::State::kIdle;
  const zones::ZoneState* const zone = zones.find(target.zone);
  if (zone == nullptr || zone->version == nullptr || zone->is_expired) return false;
  const auto remote = find(target.reference);
  if (!remote) {
    server.notifies_failed.fetch_add(1, std::memory_order_relaxed);
    report(EventId::kSecondaryNotNotified, target,
           {{"zone", dns::to_text(target.zone)},
            {"secondary", target.reference},
            {"error", remote.error().message}});
    return false;
  }
  if (target.endpoint >= (*remote)->endpoints.size()) return false;
  const net::Endpoint& endpoint = (*remote)->endpoints[target.endpoint];
  Peer& peer = peers[endpoint];
  if (peer.under_way >= kNotifiesToOneMax) {
    target.state = Target::State::kWaiting;
    peer.waiting.push_back(id);
    return false;
  }
  remotes::Errand errand;
  errand.id = remotes::errand_id(remotes::ErrandOwner::kNotifier, ++errands);
  errand.remote = *remote;
  errand.endpoint = target.endpoint;
  errand.may_try_others = false;
  errand.message = transfer::make_notify(target.zone, zone->version->negative_soa().first());
  const uint64_t errand_id = errand.id;
  if (!submit(std::move(errand))) {
    if (peer.under_way == 0 && peer.waiting.empty()) peers.erase(endpoint);
    schedule(id, kCourierWait);
    return false;
  }
  ++peer.under_way;
  under_way[errand_id] = {id, endpoint};
  target.state = Target::State::kUnderWay;
  target.sent = now;
  target.serial = zone->version->serial();
  target.again = false;
  server.notifies_sent.fetch_add(1, std::memory_order_relaxed);
  return true;
}

// One less is under way to an address.
void Notifier::Contents::let_next(const net::Endpoint& endpoint) {
  const auto found = peers.find(endpoint);
  Peer& peer = found->second;
  --peer.under_way;
  while (!peer.waiting.empty()) {
    const uint64_t next = peer.waiting.front();
    peer.waiting.pop_front();
    const auto target = targets.find(next);
    if (target == targets.end() || target->second.state != Target::State::kWaiting) continue;
    target->second.state = Target::State::kIdle;
    schedule(next, milliseconds{0});
    return;
  }
  if (peer.under_way == 0) peers.erase(found);
}

void Notifier::Contents::retry(uint64_t id, Target& target, const std::string& error,
                               const net::Endpoint& endpoint) {
  if (target.tries < kNotifyRetries) {
    schedule(id, kNotifyRetryFirst * (1 << target.tries++));
    return;
  }
  target.tries = 0;
  server.notifies_failed.fetch_add(1, std::memory_order_relaxed);
  report(EventId::kSecondaryNotNotified, target,
         {{"zone", dns::to_text(target.zone)}, {"secondary", target.text(endpoint)}, {"error", error}});
}

Notifier::Notifier(zones::ZoneSet& zones, Find find, Submit submit, handoff::EventQueue& events,
                   handoff::ServerState& state)
    : contents_(std::make_unique<Contents>(zones, std::move(find), std::move(submit), events, state)) {
  zones.add_watcher(*this);
}

Notifier::~Notifier() {
  contents_->zones.remove_watcher(*this);
}

void Notifier::zone_changed(const zones::ZoneState& zone) {
  if (zone.settings == nullptr || zone.settings->secondaries.empty()) return zone_removed(zone.apex);
  if (zone.version == nullptr || zone.is_expired) return;
  NotifiedZone& notified = contents_->notified[zone.apex];
  const std::vector<uint64_t> before = notified.targets;
  contents_->look_up(*zone.settings, zone.apex, notified);
  const bool is_other = notified.serial != zone.version->serial();
  notified.serial = zone.version->serial();
  for (const uint64_t id : notified.targets) {
    if (!is_other && std::ranges::find(before, id) != before.end()) continue;
    contents_->targets[id].tries = 0;
    contents_->schedule(id, kNotifyDelay);
  }
}

void Notifier::zone_removed(dns::NameView apex) {
  const auto found = contents_->notified.find(apex);
  if (found == contents_->notified.end()) return;
  for (const uint64_t id : found->second.targets) contents_->forget(id);
  contents_->notified.erase(found);
}

bool Notifier::notify(dns::NameView apex) {
  const zones::ZoneState* const zone = contents_->zones.find(apex);
  if (zone == nullptr) return false;
  zone_changed(*zone);
  const auto found = contents_->notified.find(apex);
  if (found == contents_->notified.end()) return true;
  for (const uint64_t id : found->second.targets) {
    contents_->targets[id].tries = 0;
    contents_->schedule(id, milliseconds{0});
  }
  return true;
}

void Notifier::turn(MonotonicTime now) {
  Contents& contents = *contents_;
  const auto soon = std::exchange(contents.soon, {});
  for (const uint64_t id : soon) {
    const auto found = contents.targets.find(id);
    if (found != contents.targets.end() && found->second.state == Target::State::kSoon)
      contents.enqueue(id, found->second, now);
  }
  if (contents.pause_end && now < *contents.pause_end) return;
  contents.pause_end.reset();
  size_t sent = 0;
  while (!contents.queue.empty() && contents.queue.begin()->first <= now &&
         contents.under_way.size() < kNotifiesUnderWayMax) {
    if (sent == kNotifiesATurnMax) {
      contents.pause_end = now + kNotifyPause;
      return;
    }
    const uint64_t id = contents.queue.begin()->second;
    contents.queue.erase(contents.queue.begin());
    sent += contents.send(id, contents.targets[id], now);
  }
}

MonotonicTime Notifier::deadline() const {
  const Contents& contents = *contents_;
  if (!contents.soon.empty()) return MonotonicTime::min();
  // An outcome comes first, and turn() behind it.
  if (contents.queue.empty() || contents.under_way.size() >= kNotifiesUnderWayMax)
    return MonotonicTime::max();
  return std::max(contents.queue.begin()->first, contents.pause_end.value_or(MonotonicTime::min()));
}

void Notifier::take(Outcome outcome) {
  Contents& contents = *contents_;
  const auto errand = contents.under_way.find(outcome.id);
  if (errand == contents.under_way.end()) return;
  const UnderWay done = errand->second;
  contents.under_way.erase(errand);
  contents.let_next(done.endpoint);
  const auto found = contents.targets.find(done.target);
  if (found == contents.targets.end()) return;
  Target& target = found->second;
  target.state = Target::State::kIdle;
  if (outcome.result == Outcome::Result::kCancelled) return;
  const auto rcode = outcome.result == Outcome::Result::kAnswered ? rcode_of(outcome.message) : std::nullopt;
  if (rcode) target.tries = 0;
  if (rcode == dns::Rcode::NOERROR) {
    target.is_reported = false;
    contents.events.emit(EventId::kSecondaryNotified, {{"zone", dns::to_text(target.zone)},
                                                       {"secondary", target.text(done.endpoint)},
                                                       {"serial", target.serial}});
  } else if (rcode) {
    contents.report(EventId::kSecondaryRefuses, target,
                    {{"zone", dns::to_text(target.zone)},
                     {"secondary", target.text(done.endpoint)},
                     {"rcode", dns::to_text(*rcode)}});
  }
  if (target.again) {
    target.tries = 0;
    contents.schedule(done.target, kNotifyDelay);
  } else if (!rcode) {
    const bool is_answer = outcome.result == Outcome::Result::kAnswered;
    contents.retry(done.target, target, is_answer ? "the answer is none to a NOTIFY" : outcome.error,
                   done.endpoint);
  }
}

}  // namespace atlas::control::propagation
