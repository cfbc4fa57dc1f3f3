// For tests: a transport whose turns and whose clock the test decides on.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "atlas/data/handshakes/handshake_threads.h"
#include "atlas/data/quic_client.h"
#include "atlas/data/test_desk.h"
#include "atlas/data/tls_client.h"
#include "atlas/data/transport/doq/quic_transport.h"

namespace atlas::data::transport::doq {

class QuicTest : public ::testing::Test {
 protected:
  using milliseconds = std::chrono::milliseconds;
  static constexpr size_t kBudget = 1000;

  explicit QuicTest(query::Transport transport = query::Transport::kQuic)
      : listener_(test_listener("127.0.0.1:0", transport)),
        transport_(pipeline_, counters_, handshakes_.queues(0).quic, 0, {}) {
    snapshot_->quic_contexts[static_cast<size_t>(query::Transport::kQuic)] =
        test_certificate().quic_context("doq");
    snapshot_->quic_contexts[static_cast<size_t>(query::Transport::kHttp3)] =
        test_certificate().quic_context("h3");
    EXPECT_TRUE(transport_.add_listener(*listener_, listener_->sockets[0].get()));
  }

  Batch batch() const { return {*snapshot_, {}, now_ns_ / 1'000'000, 1'700'000'000, now_ns_}; }
  quic::Timestamp now() const { return now_ns_; }

  void take_turn() {
    transport_.serve(batch(), kBudget);
    while (handshakes_.queues(0).quic.work()) continue;
    while (transport_.has_work()) transport_.serve(batch(), kBudget);
  }

  void pass(milliseconds time) {
    now_ns_ += static_cast<uint64_t>(std::chrono::nanoseconds(time).count());
    transport_.expire(batch());
    take_turn();
  }

  // A millisecond a round.
  void carry(QuicClient& client, int rounds = 8) {
    for (int i = 0; i < rounds; ++i) {
      client.exchange(now());
      pass(milliseconds(1));
    }
    client.exchange(now());
  }

  QuicClient client(const quic::Settings& settings = {}, const tls::ResumptionTicket* ticket = nullptr,
                    const tls::CertificateFiles& certificate = {}) {
    return QuicClient(listener_->endpoint, alpn(), now(), settings, ticket, certificate);
  }
  QuicClient open_client() {
    QuicClient made = client();
    carry(made);
    EXPECT_EQ(made.connection().state(), quic::State::kOpen);
    return made;
  }
  std::string alpn() const { return listener_->transport == query::Transport::kQuic ? "doq" : "h3"; }

  uint64_t ended(quic::Failure failure) const {
    return counters_.quic_failures[static_cast<size_t>(failure)].read();
  }

  std::unique_ptr<handoff::ServingSnapshot> snapshot_ = test_snapshot(1);
  std::shared_ptr<const handoff::Listener> listener_;
  handoff::WorkerCounters counters_;
  TestDesk desk_{counters_};
  Pipeline pipeline_{snapshot_->rate_limit, counters_, nullptr, &desk_.tickets};
  handshakes::Threads handshakes_{1};
  QuicTransport transport_;
  quic::Timestamp now_ns_ = 1'000'000'000'000;
};

}  // namespace atlas::data::transport::doq
