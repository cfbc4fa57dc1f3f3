// For tests: a transport whose turns and whose clock the test decides on.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "atlas/data/handshakes/handshake_threads.h"
#include "atlas/data/served_zone.h"
#include "atlas/data/test_desk.h"
#include "atlas/data/transport/stream/stream_transport.h"

namespace atlas::data::transport::stream {

class StreamTest : public ::testing::Test {
 protected:
  using milliseconds = std::chrono::milliseconds;

  // Turns until what a client sent over loopback has been seen and answered.
  static constexpr int kTurns = 20;
  static constexpr size_t kBudget = 1000;

  explicit StreamTest(query::Transport transport, bool proxy = false, const char* forwarded_field = "")
      : listener_(test_listener("127.0.0.1:0", transport, 1, proxy)),
        transport_(pipeline_, counters_, handshakes_.queues(0).tls, {.forwarded_field = forwarded_field}) {
    snapshot_->http.forwarded_field = forwarded_field;
    EXPECT_TRUE(transport_.add_listener(*listener_, listener_->sockets[0].get()));
  }

  Batch batch() const { return {*snapshot_, {}, now_ms_, 1'700'000'000}; }

  void take_turns(int turns = kTurns) {
    for (int i = 0; i < turns; ++i) {
      pollfd waiting{transport_.poll_descriptor(), POLLIN, 0};
      if (!transport_.has_work()) ::poll(&waiting, 1, 2);
      transport_.serve(batch(), kBudget);
    }
  }

  void pass(milliseconds time) {
    now_ms_ += static_cast<uint64_t>(time.count());
    transport_.expire(batch());
  }

  net::FileDescriptor client(int receive_buffer = 0) {
    net::FileDescriptor fd = connected(listener_->endpoint, SOCK_STREAM, receive_buffer);
    take_turns(2);
    return fd;
  }

  // Everything that has come for `fd`, after some turns.
  std::vector<dns::Message> answers(int fd) {
    std::vector<uint8_t> octets;
    std::vector<dns::Message> messages;
    for (int i = 0; i < 3; ++i) {
      take_turns();
      while (readable_within(fd, 0)) {
        const std::vector<uint8_t> more = receive_some(fd);
        if (more.empty()) break;
        octets.insert(octets.end(), more.begin(), more.end());
        transport_.serve(batch(), kBudget);
      }
    }
    while (auto message = take_message(octets)) messages.push_back(std::move(*message));
    EXPECT_TRUE(octets.empty());
    return messages;
  }

  static bool is_closed(int fd) { return readable_within(fd, 500) && receive_some(fd).empty(); }

  static std::vector<uint8_t> pipelined(uint16_t count) {
    std::vector<uint8_t> octets;
    for (uint16_t id = 0; id < count; ++id) {
      const auto one = framed(test_query(id, "www.example."));
      octets.insert(octets.end(), one.begin(), one.end());
    }
    return octets;
  }

  std::unique_ptr<handoff::ServingSnapshot> snapshot_ = test_snapshot(1);
  std::shared_ptr<const handoff::Listener> listener_;
  handoff::WorkerCounters counters_;
  TestDesk desk_{counters_};
  Pipeline pipeline_{snapshot_->rate_limit, counters_, nullptr, &desk_.tickets};
  handshakes::Threads handshakes_{1};
  StreamTransport transport_;
  uint64_t now_ms_ = 1'000'000;
};

}  // namespace atlas::data::transport::stream
