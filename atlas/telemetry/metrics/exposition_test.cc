#include "atlas/telemetry/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::telemetry::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Exposition : public testing::Test {
 protected:
  Exposition() : counters_(2) {
    state_.ready = true;
    for (auto& worker : counters_) worker.last_turn_ms.set(1'000);
  }
  static base::MonotonicTime at(int64_t ms) { return base::MonotonicTime(std::chrono::milliseconds(ms)); }

  handoff::CounterSet counters_;
  handoff::ServerState state_;
  handoff::EventQueue events_{1};
  const Sources sources_{counters_, state_, events_, "1.2.3"};
};

TEST_F(Exposition, AddsUpTheWorkers) {
  counters_[0].queries[0].add(5);
  counters_[1].queries[0].add(7);
  counters_[1].queries_ipv6[0].add(3);
  const std::string text = exposition(sources_);
  EXPECT_THAT(text, HasSubstr("# TYPE atlas_queries_total counter\n"));
  EXPECT_THAT(text, HasSubstr("atlas_queries_total{transport=\"udp\",family=\"ipv4\"} 9\n"));
  EXPECT_THAT(text, HasSubstr("atlas_queries_total{transport=\"udp\",family=\"ipv6\"} 3\n"));
}

TEST_F(Exposition, NamesRcodesAndTypes) {
  counters_[0].rcodes[3].add(2);
  counters_[0].types[28].add();
  counters_[0].types[handoff::kCountedTypes - 1].add();
  const std::string text = exposition(sources_);
  EXPECT_THAT(text, HasSubstr("atlas_responses_by_rcode_total{rcode=\"NXDOMAIN\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("atlas_queries_by_type_total{type=\"AAAA\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("atlas_queries_by_type_total{type=\"other\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("type=\"TXT\"")));
}

TEST_F(Exposition, NamesReasonsThatHaveHappened) {
  counters_[1].doh_refusals[static_cast<size_t>(handoff::DohRefusal::kMediaType)].add(4);
  counters_[0].http_outcomes[static_cast<size_t>(http::Outcome::kPingFlood)].add();
  const std::string text = exposition(sources_);
  EXPECT_THAT(text, HasSubstr("\natlas_doh_refusals_total{reason=\"media-type\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("\natlas_http_errors_total{reason=\"ping-flood\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("reason=\"encoding\"")));
}

TEST_F(Exposition, CountsTransfersBothWays) {
  for (auto& worker : counters_) worker.transfers_open.set(2);
  counters_[1].transfers_begun.add(3);
  state_.secondaries_expired = 5;
  const std::string text = exposition(sources_);
  EXPECT_THAT(text, HasSubstr("\natlas_transfers_out 4\n"));
  EXPECT_THAT(text, HasSubstr("\natlas_transfers_out_total{state=\"begun\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("\natlas_secondary_zones{state=\"expired\"} 5\n"));
}

TEST_F(Exposition, ShowsTheWorkerThatLagsBehind) {
  state_.generation = 9;
  counters_[0].snapshot_generation.set(9);
  counters_[1].snapshot_generation.set(4);
  EXPECT_THAT(exposition(sources_), HasSubstr("\natlas_snapshot_generation_oldest 4\n"));
}

TEST_F(Exposition, CountsEventsThatWereDropped) {
  for (int i = 0; i < 3; ++i) events_.emit(handoff::EventId::kServerStopped);
  EXPECT_THAT(exposition(sources_), HasSubstr("\natlas_events_dropped_total 2\n"));
}

TEST_F(Exposition, DescribesItsOwnProcess) {
  const std::string text = exposition(sources_);
  EXPECT_THAT(text, HasSubstr("\natlas_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nprocess_resident_memory_bytes "));
  EXPECT_THAT(text, Not(HasSubstr("\nprocess_open_fds 0\n")));
}

TEST_F(Exposition, HealthNeedsEveryWorkerToTurn) {
  EXPECT_EQ(ailment(sources_, at(2'000)), "");
  counters_[0].last_turn_ms.set(9'000);
  EXPECT_EQ(ailment(sources_, at(9'000)), "worker 1 has not turned for 8 s");
}

TEST_F(Exposition, HealthNeedsTheServerToBeReady) {
  state_.ready = false;
  EXPECT_EQ(ailment(sources_, at(1'000)), "zones are being loaded");
  state_.ready = true;
  state_.stopping = true;
  EXPECT_EQ(ailment(sources_, at(1'000)), "stopping");
}

}  // namespace
}  // namespace atlas::telemetry::metrics
