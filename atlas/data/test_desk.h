// For tests: updates, and someone at the desk who answers them.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "atlas/data/pipeline.h"
#include "atlas/data/served_zone.h"
#include "atlas/data/tickets.h"
#include "atlas/handoff/request.h"

namespace atlas::data {

// Adds a record to example.
inline std::vector<uint8_t> test_update(uint16_t id, bool edns = false) {
  dns::Message message;
  message.header.id = id;
  message.header.opcode = dns::Opcode::UPDATE;
  message.questions.push_back({test_name("example."), dns::RRType::SOA, dns::RRClass::IN});
  message.authorities.push_back(
      {test_name("added.example."), dns::RRType::A, dns::RRClass::IN, 300, {192, 0, 2, 7}});
  if (edns) message.edns.emplace();
  return dns::encode(message).value();
}

// The header alone, with NOERROR.
inline std::vector<uint8_t> test_update_response(base::Bytes request) {
  std::vector<uint8_t> response(dns::kHeaderOctets);
  std::copy_n(request.begin(), 4, response.begin());
  response[2] |= dns::kFlagQR >> 8;
  return response;
}

inline void answer_update(handoff::RequestDesk& desk, const handoff::Request& request) {
  std::vector<handoff::Reply> replies;
  replies.push_back({.ticket = request.ticket, .message = test_update_response(request.message)});
  desk.reply(request.worker, std::move(replies));
}

// Of one worker. The test says when control works.
struct TestDesk {
  explicit TestDesk(handoff::WorkerCounters& counters) : tickets(desk, 0, counters) {}

  // Control answers all that it was given; the answers are ready in `tickets`. Returns how many.
  size_t answer_all() {
    const auto requests = desk.take_requests(handoff::RequestKind::kUpdate, handoff::kRequestsMax);
    for (const handoff::Request& request : requests) answer_update(desk, request);
    tickets.take_replies();
    return requests.size();
  }
  // The same, and gives each connection its answer. Returns how many were taken.
  template <typename Transport>
  size_t answer_all(Transport& transport, const Batch& batch) {
    answer_all();
    size_t taken = 0;
    while (tickets.has_replies()) {
      const auto delivery = tickets.next_reply();
      EXPECT_TRUE(delivery);
      if (!delivery) continue;
      const auto* const place = std::get_if<ConnectionPlace>(&delivery->place.where);
      EXPECT_NE(place, nullptr);
      if (place != nullptr && transport.reply(*place, delivery->message, batch)) ++taken;
    }
    return taken;
  }

  handoff::RequestDesk desk{1};
  Tickets tickets;
};

// A thread that answers each request some time after it came.
class TestControl {
 public:
  TestControl(handoff::RequestDesk& desk, std::chrono::milliseconds delay)
      : desk_(desk), delay_(delay), thread_([this] { run(); }) {}
  ~TestControl() {
    stopping_ = true;
    thread_.join();
  }
  TestControl(const TestControl&) = delete;
  TestControl& operator=(const TestControl&) = delete;

  size_t answered() const { return answered_; }

 private:
  void run() {
    constexpr int kWaitMs = 5;
    constexpr size_t kAtATime = 8;
    while (!stopping_) {
      pollfd waiting{desk_.request_descriptor(), POLLIN, 0};
      if (::poll(&waiting, 1, kWaitMs) != 1) continue;
      const auto requests = desk_.take_requests(handoff::RequestKind::kUpdate, kAtATime);
      std::this_thread::sleep_for(delay_);
      for (const handoff::Request& request : requests) {
        ++answered_;
        answer_update(desk_, request);
      }
    }
  }

  handoff::RequestDesk& desk_;
  const std::chrono::milliseconds delay_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> answered_{0};
  std::thread thread_;
};

}  // namespace atlas::data
