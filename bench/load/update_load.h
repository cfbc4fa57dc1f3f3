// Dynamic updates to a server on this machine: as many as it answers, or a stream of so many a second.
#pragma once

#include <chrono>
#include <random>
#include <vector>

#include "atlas/base/result.h"
#include "bench/load/update_client.h"

namespace atlas::bench {

// `clients` with one update on its way each add and delete addresses of names of their own.
base::Result<UpdateResult> run_update_load(const UpdateTarget& target, uint32_t clients,
                                           std::chrono::milliseconds duration);

struct UpdateStreamOptions {
  double updates_per_second = 1000;
  double looks_per_second = 100;      // changes that are asked for until an answer shows them
  std::vector<dns::Name> names = {};  // whose address is replaced
};

// Sends updates when they are due, for as long as its turn() is called.
class UpdateStream {
 public:
  UpdateStream(UpdateTarget target, UpdateStreamOptions options);

  bool open();
  // Sends what is due and receives what is there; never waits. The first call is the beginning.
  void turn();
  // Waits for the last answers.
  UpdateResult finish();

 private:
  void begin_look(const Change& change, Clock::time_point now);
  void look(Clock::time_point now);
  void receive();

  const UpdateTarget target_;
  const UpdateStreamOptions options_;
  UpdateResult result_;
  std::vector<UpdateClient> clients_;
  size_t turn_ = 0;
  net::FileDescriptor epoll_;
  std::mt19937_64 random_{std::random_device{}()};
  Clock::time_point begun_, planned_, next_look_;
  // The change that is asked for.
  struct Look {
    net::FileDescriptor socket;
    Change change;
    Clock::time_point sent, asked;
    uint16_t id = 0;
    bool active = false;
  } look_;
};

}  // namespace atlas::bench
