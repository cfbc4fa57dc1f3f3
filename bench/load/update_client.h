// One source of signed dynamic updates (RFC 2136, RFC 8945) over UDP, and what came back to it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "atlas/dns/name.h"
#include "atlas/net/address.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/tsig/key.h"
#include "atlas/tsig/tsig.h"
#include "bench/load/histogram.h"

namespace atlas::bench {

using Clock = std::chrono::steady_clock;

// Where updates go, and whose they are.
struct UpdateTarget {
  net::Endpoint server;
  dns::Name apex;
  tsig::Key key;
};

struct UpdateResult {
  uint64_t sent = 0;
  uint64_t answered = 0;       // NOERROR, signed, in time
  uint64_t answered_late = 0;  // when the time was over
  uint64_t unanswered = 0;     // given up
  uint64_t wrong = 0;          // no response to the update, not signed, or of a sample, signed wrongly
  uint64_t verified = 0;       // the sample
  uint64_t behind = 0;         // updates whose time came while too many were on their way
  uint64_t unseen = 0;         // changes that were not visible within a second
  std::array<uint64_t, 16> rcodes{};
  double seconds = 0;
  Histogram latency;  // from sending to the reading of the answer
  Histogram visible;  // from sending the update to the answer that shows it
};

// One JSON object on one line.
std::string to_json(const UpdateResult& result);

uint64_t nanoseconds_since(Clock::time_point begun);

// A UDP socket that does not wait; none if it cannot be had.
net::FileDescriptor open_socket(const net::Endpoint& server);

struct Change {
  dns::Name name;
  uint32_t address = 0;
  bool removes = true;  // what addresses the name has
  bool adds = true;
};

// What asks for the address of a name.
std::vector<uint8_t> make_address_query(uint16_t id, const dns::Name& name);

// A socket with a window of updates that wait for their answers.
class UpdateClient {
 public:
  // `target` and `result` outlive it.
  UpdateClient(const UpdateTarget& target, UpdateResult& result, size_t window);

  bool open();
  int descriptor() const { return socket_.get(); }
  // Whether the window has room; what waits for too long is given up.
  bool is_free(Clock::time_point now);
  // Sends an update, where it is free.
  void send(const Change& change, Clock::time_point now);
  void receive();
  bool is_waiting() const { return waiting_ > 0; }

 private:
  struct Pending {
    tsig::Mac mac;
    Clock::time_point sent;
    uint16_t id = 0;
    bool waiting = false;
  };

  void check(base::Bytes answer);
  bool is_verified(base::Bytes answer, const tsig::Mac& mac);
  Pending& of(uint16_t id) { return pending_[id % pending_.size()]; }

  const UpdateTarget& target_;
  UpdateResult& result_;
  net::FileDescriptor socket_;
  std::vector<Pending> pending_;  // by id
  size_t waiting_ = 0;
  uint16_t next_id_ = 0;
};

}  // namespace atlas::bench
