// An errand under way, and what it goes by: endpoints, and the remotes that have them. Values of the
// courier's network thread.
#pragma once

#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/control/remotes/courier.h"
#include "atlas/control/remotes/exchange.h"
#include "atlas/control/remotes/timers.h"

namespace atlas::control::remotes {

class Carrier;
struct Route;
struct Station;

// Questions that went over UDP and are out at once to one endpoint: at first, at least, and at most. So many
// fit into the buffer that Linux gives a socket whose owner asks for none (208 KiB, 768 octets a small
// datagram).
inline constexpr double kWindowFirst = 64;
inline constexpr double kWindowMin = 8;
inline constexpr double kWindowMax = 192;
// How often an errand is moved on to another connection, because one that had answered others was closed.
inline constexpr uint8_t kMovesMax = 8;

// How an errand wants to go.
enum class Way : uint8_t { kDatagram, kConnection, kTransfer };
inline constexpr size_t kWays = 3;

struct Failure {
  Outcome::Result result = Outcome::Result::kUnreachable;
  std::string error;
  bool is_final = false;  // no other endpoint is tried
  bool is_dead = false;   // nothing is to be had from the endpoint in this way
};

struct Task final : Timer {
  Task(Errand from, base::MonotonicTime now) : errand(std::move(from)), begun(now) {}
  ~Task() = default;

  // The time for an answer is over.
  void expire(base::MonotonicTime now) override;

  bool is_transfer() const { return errand.receiver != nullptr; }
  Way way() const {
    return is_transfer() ? Way::kTransfer : over_connection ? Way::kConnection : Way::kDatagram;
  }
  // A message that came over a connection. Fails with what is wrong with it.
  base::Result<Receiver::State> take(base::Bytes message, base::WallTime now);

  Errand errand;
  base::MonotonicTime begun;
  base::MonotonicTime ends = base::MonotonicTime::max();  // of a transfer that has begun
  Route* route = nullptr;
  Carrier* carrier = nullptr;  // null while it waits
  uint32_t tried = 0;          // endpoints, a bit each
  bool over_connection = false;
  bool needs_fresh = false;         // a connection that was not used before
  std::string errors;               // of the endpoints before
  bool has_transfer_place = false;  // among those that may be under way at once, over all...
  bool has_station_place = false;   // ...and to the endpoint
  uint8_t moves = 0;
  uint32_t messages = 0;  // that were taken
  Exchange exchange;
  int64_t stream = -1;  // of QUIC
  // Of a question over UDP.
  size_t datagrams = 0;  // sent
  base::MonotonicTime first_sent{};
  std::vector<uint8_t> refusal;  // that counts if there is no answer over a connection
  std::string bad_answer;        // why the last one that seemed to be the answer was ignored
  size_t place = 0;              // in the dispatcher's list
};

// Whether something is to be had from an endpoint.
struct Health {
  base::MonotonicTime heard{};
  base::MonotonicTime dead_until{};
};

// Errands of one route that want to go the same way and are equally urgent.
struct Lane {
  Route* route = nullptr;
  Way way = Way::kDatagram;
  bool is_urgent = false;
  bool is_queued = false;  // is in one of the queues of lanes
  std::deque<Task*> waiting;
};

// Lanes in turn, the urgent ones first.
class LaneQueue {
 public:
  bool empty() const { return urgent_.empty() && others_.empty(); }
  size_t size() const { return urgent_.size() + others_.size(); }
  void push(Lane& lane) { (lane.is_urgent ? urgent_ : others_).push_back(&lane); }
  Lane& pop() {
    std::deque<Lane*>& from = urgent_.empty() ? others_ : urgent_;
    Lane& lane = *from.front();
    from.pop_front();
    return lane;
  }

 private:
  std::deque<Lane*> urgent_, others_;
};

// One address and port, whichever remotes have it.
struct Station {
  explicit Station(const net::Endpoint& of) : endpoint(of) {}

  Health& health(Way way) { return way == Way::kDatagram ? datagrams_health : connections_health; }
  bool is_dead(Way way, base::MonotonicTime now) { return health(way).dead_until > now; }

  net::Endpoint endpoint;
  std::vector<Route*> routes;
  std::vector<Carrier*> carriers;
  size_t datagram_sockets = 0;  // of the carriers
  size_t transfers = 0;
  size_t datagrams_out = 0;  // questions over UDP without an answer
  // How many may be: grows with answers, shrinks where none come, so that a burst does not overrun the
  // buffer of a server's socket and wait for nothing.
  double window = kWindowFirst;
  double threshold = std::numeric_limits<double>::max();  // from here on it grows slowly
  base::MonotonicTime shrunk{};
  Health datagrams_health, connections_health;
  LaneQueue blocked[kWays];  // wait for something of this station's
};

// One endpoint of one remote.
struct Route {
  Route(RemotePtr of, size_t with_number, Station& at);

  const net::Endpoint& endpoint() const { return station.endpoint; }
  Lane& lane(Way way, bool urgent) { return lanes[2 * static_cast<size_t>(way) + (urgent ? 1 : 0)]; }
  bool is_used() const;

  RemotePtr remote;
  size_t number;
  Station& station;
  Lane lanes[2 * kWays];
  std::vector<Carrier*> carriers;
  size_t tasks = 0;  // that go or want to go this way
  // Errands on one connection: less where the server closes connections before it has answered all.
  size_t depth;
  std::optional<tls::ResumptionTicket> ticket;
  base::MonotonicTime used{};
  bool is_to_be_looked_at = false;  // whether it is still used
};

}  // namespace atlas::control::remotes
