// How SecondaryZones works inside. What it does at which time is decided in turn() alone: outcomes and
// requests of others only leave notes for it.
#pragma once

#include <deque>
#include <random>
#include <unordered_map>

#include "atlas/control/secondaries/secondary.h"
#include "atlas/control/secondaries/secondary_zones.h"
#include "atlas/control/secondaries/timetable.h"
#include "atlas/control/secondaries/zone_receiver.h"

namespace atlas::control::secondaries {

inline constexpr size_t kQuestionsMax = 2'000;   // for SOAs, under way at once
inline constexpr size_t kTransfersMax = 2'000;   // given to the courier, which has most of them wait
inline constexpr size_t kForwardedMax = 1'000;   // updates under way
inline constexpr size_t kOutcomesPerTurn = 500;  // of which transfers are written together
inline constexpr size_t kAnnouncedPerTurn = 1'000;
inline constexpr size_t kExpiredPerTurn = 1'000;
inline constexpr uint32_t kStepsMax = 10'000;  // of one IXFR; a primary with more is asked for the zone
inline constexpr std::chrono::milliseconds kSpreadEach{5};  // at a start, a zone
inline constexpr std::chrono::seconds kSpreadMin{5};
inline constexpr std::chrono::seconds kSpreadMax{600};
// After a round that brought nothing: a flood of NOTIFY leads to ten of them a second, not to thousands.
inline constexpr std::chrono::milliseconds kRest{100};
inline constexpr std::chrono::seconds kPersistEvery{10};
inline constexpr std::chrono::hours kReportEvery{1};
inline constexpr std::chrono::seconds kCrowded{1};  // when the courier takes no more

struct SecondaryZones::Contents {
  Contents(changes::Changes& changes_, zones::ZoneSet& zones_, remotes::RemoteTable& remotes_,
           remotes::ErrandCarrier& courier_, handoff::RequestDesk& requests_, handoff::EventQueue& events_,
           handoff::ServerState& state_);

  // A transfer that has come, and what was done with it.
  struct Arrival {
    size_t slot = 0;
    std::unique_ptr<ZoneReceiver> receiver;
    std::shared_ptr<const zone::Zone> content;  // of a whole zone
    std::optional<store::Basis> text;
    changes::Made made;
    size_t findings = 0;
    std::string first_finding;
  };
  // A question or transfer under way.
  struct Flight {
    size_t slot = 0;
    bool is_transfer = false;
  };
  // An update on its way to a primary.
  struct Forward {
    handoff::Request request;
    std::shared_ptr<const Primaries> primaries;
    size_t at = 0;
    dns::Name zone;
  };

  // zones that come and go (secondary_zones.cc)
  Secondary* find(dns::NameView apex);
  void add(const zones::ZoneState& zone);
  void drop(size_t slot);
  void look_up(size_t slot, Secondary& zone);
  void meet(size_t slot, Secondary& zone, const zones::ZoneState& state);
  void hurry(size_t slot, Secondary& zone);
  void reschedule(size_t slot);
  SecondaryStatus status_of(const Secondary& zone) const;

  // what time brings (turning.cc)
  bool turn(base::MonotonicTime now);
  base::MonotonicTime deadline() const;
  void announce();
  void expire();
  void persist();
  void publish(Secondary& zone);

  // rounds (rounds.cc)
  void begin_round(size_t slot);
  void ask_next(size_t slot);
  void take_answer(size_t slot, remotes::Outcome& outcome);
  void end_round(size_t slot);
  void postpone(size_t slot);
  void confirm(size_t slot, const std::string& primary, std::optional<uint32_t> expire);
  void fail(size_t slot);
  void finish(size_t slot);
  void take_outcomes();
  bool submit(size_t slot, remotes::Errand errand, bool is_transfer);
  void note_error(Secondary& zone, const std::string& error) const;

  // transfers (transferring.cc)
  void want_transfer(size_t slot, bool incremental);
  void start_transfers();
  bool start_transfer(size_t slot);
  void take_transfer(size_t slot, remotes::Outcome& outcome);
  void take_arrivals();
  bool stage(Arrival& arrival);
  void serve(Arrival& arrival);
  void report(const Secondary& zone, const Arrival& arrival);

  // NOTIFY (notifies.cc)
  void serve_notifies(size_t max);
  handoff::Reply answer_notify(handoff::Request& request);
  dns::Rcode take_notify(const handoff::Request& request, const tsig::Verified& verified,
                         base::Bytes message);

  // updates (forwarding.cc)
  bool forward(handoff::Request& request, dns::NameView apex);
  void send(uint64_t number, Forward forward);
  void take_forwarded(Forward forward, remotes::Outcome& outcome);
  void give_back(Forward forward, const std::string& reason);

  changes::Changes& changes;
  zones::ZoneSet& zones;
  remotes::RemoteTable& remotes;
  remotes::ErrandCarrier& courier;
  handoff::RequestDesk& requests;
  handoff::EventQueue& events;
  handoff::ServerState& state;
  RefreshBounds bounds;
  transfer::IncomingLimits limits;
  std::shared_ptr<const tsig::KeyTable> keys = std::make_shared<const tsig::KeyTable>();
  std::minstd_rand random;
  base::MonotonicTime now;

  std::vector<std::unique_ptr<Secondary>> slots;  // null: free
  std::vector<size_t> free_slots;
  std::unordered_map<dns::Name, size_t, dns::NameHash, dns::NameEqual> places;
  Timetable due;                   // of zones that nothing is under way for
  Timetable expires;               // of those that have a version
  std::deque<size_t> to_announce;  // whose expiry the directory does not know
  std::deque<size_t> to_persist;   // whose confirmation the store does not know
  base::MonotonicTime persist_due;
  std::deque<size_t> waiting;  // for a transfer
  std::deque<remotes::Outcome> outcomes;
  std::vector<Arrival> arrivals;                 // of this turn
  std::unordered_map<uint64_t, Flight> errands;  // by number
  std::unordered_map<uint64_t, Forward> forwards;
  uint64_t next_errand = 1;
  size_t questions = 0;
  size_t transfers = 0;
  base::MonotonicTime crowded_until{};  // the courier takes no more
  bool is_changed = false;              // the directory, in this turn
};

// "hidden (192.0.2.1:53)", or the address alone where it is the name.
std::string name_of(const remotes::Remote& remote, const net::Endpoint& endpoint);

}  // namespace atlas::control::secondaries
