// For tests: workers, and clients of theirs.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <thread>

#include "atlas/data/served_zone.h"
#include "atlas/data/tls_client.h"
#include "atlas/data/worker_pool.h"

namespace atlas::data {

using query::Transport;

// Workers with the listeners that a test asks for.
class WorkerPoolTest : public ::testing::Test {
 protected:
  void start(std::vector<std::shared_ptr<const handoff::Listener>> listeners, size_t workers = 1) {
    auto first = test_snapshot(1, std::move(listeners));
    first->tls[static_cast<size_t>(Transport::kTls)] = test_certificate().server_context({"dot"});
    first->quic_contexts[static_cast<size_t>(Transport::kQuic)] = test_certificate().quic_context("doq");
    first->record_queries = true;
    publisher_ = std::make_unique<handoff::SnapshotPublisher>(workers, std::move(first));
    for (size_t i = 0; i < workers; ++i) {
      counters_.emplace_back();
      rings_.emplace_back(1024);
    }
    desk_ = std::make_unique<handoff::RequestDesk>(workers);
    ASSERT_TRUE(desk_->is_ready());
    pool_ = std::make_unique<WorkerPool>(*publisher_, counters_, rings_, WorkerPoolOptions{}, desk_.get());
    const auto started = pool_->start();
    ASSERT_TRUE(started) << started.error().message;
    // A listener that is gone before a worker saw it is not served at all.
    wait_for_workers();
  }

  void publish_and_wait(std::unique_ptr<handoff::ServingSnapshot> next) {
    publisher_->publish(std::move(next));
    wait_for_workers();
    EXPECT_EQ(publisher_->reclaim(), 0u);
  }

  void wait_for_workers() {
    for (int i = 0; i < 2000 && !publisher_->adopted_by_all(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(publisher_->adopted_by_all());
  }

  // Until a counter says so, or two seconds: workers count after they have sent.
  static void wait_for(const handoff::Counter& counter, uint64_t value) {
    for (int i = 0; i < 2000 && counter.read() < value; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_GE(counter.read(), value);
  }

  static std::optional<dns::Message> ask_udp(int fd, uint16_t id, std::string_view name) {
    send_all(fd, test_query(id, name));
    const std::vector<uint8_t> octets = receive_some(fd);
    auto response = dns::parse_message(octets);
    EXPECT_TRUE(response);
    return response ? std::optional(*response) : std::nullopt;
  }

  static std::optional<dns::Message> ask_tcp(int fd, uint16_t id, std::string_view name,
                                             dns::RRType type = dns::RRType::A) {
    send_all(fd, framed(test_query(id, name, type)));
    std::vector<uint8_t> octets;
    for (;;) {
      if (auto message = take_message(octets)) return message;
      const std::vector<uint8_t> more = receive_some(fd);
      if (more.empty()) return std::nullopt;
      octets.insert(octets.end(), more.begin(), more.end());
    }
  }

  std::unique_ptr<handoff::SnapshotPublisher> publisher_;
  handoff::CounterSet counters_;
  handoff::QueryRings rings_;
  std::unique_ptr<handoff::RequestDesk> desk_;
  std::unique_ptr<WorkerPool> pool_;
};

}  // namespace atlas::data
