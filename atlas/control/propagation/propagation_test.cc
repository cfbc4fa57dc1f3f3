#include "atlas/control/propagation/propagation.h"

#include <gmock/gmock.h>

#include "atlas/control/propagation/test_remotes.h"
#include "atlas/control/store/sqlite_store.h"
#include "atlas/control/store/test_store.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/load.h"

namespace atlas::control::propagation {
namespace {

using namespace std::chrono_literals;
using changes::Refused;
using testing::HasSubstr;

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

// A response with the SOA of example.net.
std::vector<uint8_t> soa_answer(uint32_t serial, uint8_t rcode = 0) {
  std::vector<uint8_t> message = {0, 0, 0x84, rcode, 0, 1, 0, static_cast<uint8_t>(rcode == 0), 0, 0, 0, 0};
  const dns::Name zone = name_of("example.net.");
  const auto add = [&](base::Bytes octets) { message.insert(message.end(), octets.begin(), octets.end()); };
  add(zone.wire());
  add(std::array<uint8_t, 4>{0, 6, 0, 1});
  if (rcode != 0) return message;
  add(zone.wire());
  add(std::array<uint8_t, 8>{0, 6, 0, 1, 0, 0, 0, 60});
  const auto rdata =
      *dns::parse_rdata(dns::RRType::SOA, "ns. admin. " + std::to_string(serial) + " 3600 600 86400 60");
  add(std::array<uint8_t, 2>{0, static_cast<uint8_t>(rdata.size())});
  add(rdata);
  return message;
}

// A primary of the store with two secondaries, the second of two addresses, and one change of it. Questions
// go nowhere until answer() answers them.
class PropagationTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::open_sqlite_store(folder_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    changes_ = std::make_unique<changes::Changes>(*store_, folder_.path() / "zones", zones_, events_);
    create({"ns2", "ns3"});
    propagation_ = std::make_unique<Propagation>(
        *changes_, [this](std::string_view reference) { return remotes_.find(reference); },
        [this](remotes::Errand errand) {
          if (!has_room_) return false;
          asked_.push_back(std::move(errand));
          return true;
        });
  }

  void create(std::vector<std::string> secondaries) {
    const auto loaded = zone::load_zone_text(
        "@ 60 SOA ns admin 10 3600 600 86400 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n", name_of("example.net."));
    changes::NewZone zone;
    zone.apex = name_of("example.net.");
    zone.content = loaded.zone;
    zone.settings.secondaries = std::move(secondaries);
    ASSERT_TRUE(changes_->create(zone));
    ASSERT_TRUE(changes_->commit());
  }
  store::ChangeId change(const std::string& owner = "www.example.net.") {
    const auto made = changes_->edit(
        {.zone = name_of("example.net."),
         .rrsets = {{.owner = name_of(owner), .type = dns::RRType::A, .ttl = 60, .rdatas = {{192, 0, 2, 7}}}},
         .origin = {}});
    EXPECT_TRUE(made);
    EXPECT_TRUE(changes_->commit());
    return made->change;
  }

  changes::Outcome<void> watch(store::ChangeId change, std::chrono::milliseconds wait) {
    return propagation_->watch(change, wait, now_,
                               [this](const PropagationReport& report) { reports_.push_back(report); });
  }
  void pass(std::chrono::milliseconds time) {
    now_ += time;
    propagation_->turn(now_);
  }
  // The oldest question to that address.
  void answer(const std::string& address, std::vector<uint8_t> message) {
    const auto errand = std::ranges::find_if(asked_, [&](const remotes::Errand& one) {
      return one.remote->endpoints[one.endpoint].to_text() == address;
    });
    ASSERT_NE(errand, asked_.end()) << "not asked: " << address;
    EXPECT_FALSE(errand->may_try_others);
    remotes::Outcome outcome;
    outcome.id = errand->id;
    outcome.result =
        message.empty() ? remotes::Outcome::Result::kUnreachable : remotes::Outcome::Result::kAnswered;
    outcome.error = message.empty() ? "no answer" : "";
    outcome.message = std::move(message);
    asked_.erase(errand);
    propagation_->take(std::move(outcome));
    propagation_->turn(now_);
  }

  store::testing::TestFolder folder_;
  handoff::EventQueue events_;
  zones::ZoneSet zones_{events_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<changes::Changes> changes_;
  TestRemotes remotes_;
  std::vector<remotes::Errand> asked_;
  bool has_room_ = true;
  std::unique_ptr<Propagation> propagation_;
  std::vector<PropagationReport> reports_;
  base::MonotonicTime now_{1h};
};

TEST_F(PropagationTest, EveryAddressIsAskedUntilAllServeIt) {
  ASSERT_TRUE(watch(change(), 30s));
  EXPECT_TRUE(reports_.empty()) << "nobody has answered";
  EXPECT_EQ(propagation_->deadline(), now_);
  pass(0ms);
  EXPECT_EQ(asked_.size(), 3u);
  answer("192.0.2.2:53", soa_answer(11));
  answer("192.0.2.3:53", soa_answer(10));
  answer("192.0.2.4:53", soa_answer(12));  // a later change came there with it
  EXPECT_TRUE(asked_.empty());
  EXPECT_TRUE(reports_.empty());
  pass(kAskFirst * 2);
  EXPECT_EQ(asked_.size(), 1u) << "those that serve it are not asked again";
  answer("192.0.2.3:53", soa_answer(11));
  ASSERT_EQ(reports_.size(), 1u);
  const PropagationReport& report = reports_.front();
  EXPECT_TRUE(report.in_sync);
  EXPECT_TRUE(report.is_served_here);
  EXPECT_EQ(report.serial, 11u);
  EXPECT_EQ(report.zone, name_of("example.net."));
  ASSERT_EQ(report.secondaries.size(), 3u);
  EXPECT_EQ(report.secondaries[0].name, "ns2");
  EXPECT_EQ(report.secondaries[2].name, "ns3");
  EXPECT_EQ(report.secondaries[2].endpoint.to_text(), "192.0.2.4:53");
  EXPECT_EQ(report.secondaries[2].serial, 12u);
  for (const SecondarySerial& secondary : report.secondaries) {
    EXPECT_TRUE(secondary.serves);
    EXPECT_TRUE(secondary.since.has_value());
    EXPECT_EQ(secondary.error, "");
  }
}

TEST_F(PropagationTest, TheTimeEnds) {
  ASSERT_TRUE(watch(change(), 5s));
  pass(0ms);
  answer("192.0.2.2:53", soa_answer(11));
  answer("192.0.2.3:53", soa_answer(0, 5));
  answer("192.0.2.4:53", {});
  pass(4999ms);
  EXPECT_TRUE(reports_.empty());
  pass(1ms);
  ASSERT_EQ(reports_.size(), 1u);
  const PropagationReport& report = reports_.front();
  EXPECT_FALSE(report.in_sync);
  EXPECT_TRUE(report.is_served_here);
  EXPECT_TRUE(report.secondaries[0].serves);
  EXPECT_FALSE(report.secondaries[1].serves);
  EXPECT_FALSE(report.secondaries[1].serial.has_value());
  EXPECT_THAT(report.secondaries[1].error, HasSubstr("REFUSED"));
  EXPECT_EQ(report.secondaries[2].error, "no answer");
  EXPECT_FALSE(report.secondaries[2].since.has_value());
}

TEST_F(PropagationTest, QuestionsComeLessAndLessOften) {
  ASSERT_TRUE(watch(change(), 60s));
  pass(0ms);
  size_t questions = 0;
  for (int i = 0; i < 600; ++i) {
    pass(100ms);
    for (size_t asked = asked_.size(); asked-- > 0;) {
      ++questions;
      answer(asked_.front().remote->endpoints[asked_.front().endpoint].to_text(), soa_answer(10));
    }
  }
  // Of each address about ten until it is every five seconds, and ten more.
  EXPECT_GT(questions, 3 * 15u);
  EXPECT_LT(questions, 3 * 30u);
}

TEST_F(PropagationTest, WithoutTimeAllAreAskedOnce) {
  ASSERT_TRUE(watch(change(), 0s));
  pass(0ms);
  answer("192.0.2.2:53", soa_answer(11));
  answer("192.0.2.3:53", soa_answer(10));
  EXPECT_TRUE(reports_.empty());
  answer("192.0.2.4:53", soa_answer(10));
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_FALSE(reports_.front().in_sync);
}

TEST_F(PropagationTest, SilenceHoldsUpNobodyForLong) {
  ASSERT_TRUE(watch(change(), 0s));
  pass(0ms);
  pass(kFirstAnswerMax - 1ms);
  EXPECT_TRUE(reports_.empty());
  pass(1ms);
  ASSERT_EQ(reports_.size(), 1u);
  // Who waits next learns what came of the question meanwhile.
  answer("192.0.2.2:53", {});
  ASSERT_TRUE(watch(static_cast<store::ChangeId>(1), 0s));
  pass(0ms);
  EXPECT_EQ(asked_.size(), 3u);
  pass(kFirstAnswerMax);
  ASSERT_EQ(reports_.size(), 2u);
  EXPECT_EQ(reports_.back().secondaries[0].error, "no answer");
}

TEST_F(PropagationTest, ManyWaitsAskOnce) {
  const store::ChangeId first = change();
  const store::ChangeId second = change("two.example.net.");
  ASSERT_TRUE(watch(first, 30s));
  ASSERT_TRUE(watch(second, 30s));
  ASSERT_TRUE(watch(first, 30s));
  pass(0ms);
  EXPECT_EQ(asked_.size(), 3u);
  for (const char* address : {"192.0.2.2:53", "192.0.2.3:53", "192.0.2.4:53"})
    answer(address, soa_answer(11));
  EXPECT_EQ(reports_.size(), 2u);
  pass(1s);
  for (const char* address : {"192.0.2.2:53", "192.0.2.3:53", "192.0.2.4:53"})
    answer(address, soa_answer(12));
  ASSERT_EQ(reports_.size(), 3u);
  EXPECT_EQ(reports_.back().serial, 12u);
}

TEST_F(PropagationTest, SerialsGoRound) {
  const store::ChangeId id = change();
  ASSERT_TRUE(watch(id, 0s));
  pass(0ms);
  answer("192.0.2.2:53", soa_answer(11 + 0x7fffffffu));
  answer("192.0.2.3:53", soa_answer(11 + 0x80000001u));
  answer("192.0.2.4:53", soa_answer(11));
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_TRUE(reports_.front().secondaries[0].serves);
  EXPECT_FALSE(reports_.front().secondaries[1].serves);
}

TEST_F(PropagationTest, ZoneWithoutSecondariesIsInSyncHere) {
  const store::ChangeId id = change();
  ASSERT_TRUE(changes_->set_settings(name_of("example.net."), {}));
  ASSERT_TRUE(changes_->commit());
  ASSERT_TRUE(watch(id, 30s));
  pass(0ms);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_TRUE(reports_.front().in_sync);
  EXPECT_TRUE(reports_.front().secondaries.empty());
}

TEST_F(PropagationTest, UnknownRemoteIsNeverInSync) {
  zones::ZoneSettings settings;
  settings.secondaries = {"ns2", "nobody"};
  const store::ChangeId id = change();
  ASSERT_TRUE(changes_->set_settings(name_of("example.net."), settings));
  ASSERT_TRUE(changes_->commit());
  ASSERT_TRUE(watch(id, 1s));
  pass(0ms);
  answer("192.0.2.2:53", soa_answer(11));
  EXPECT_TRUE(reports_.empty());
  pass(1s);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_FALSE(reports_.front().in_sync);
  EXPECT_EQ(reports_.front().secondaries[1].name, "nobody");
  EXPECT_THAT(reports_.front().secondaries[1].error, HasSubstr("no remote nobody"));
}

TEST_F(PropagationTest, FullCourierIsTriedAgain) {
  has_room_ = false;
  ASSERT_TRUE(watch(change(), 30s));
  pass(0ms);
  EXPECT_TRUE(asked_.empty());
  has_room_ = true;
  pass(kAskFirst * 2);
  EXPECT_EQ(asked_.size(), 3u);
}

TEST_F(PropagationTest, WhatCannotBeWaitedForIsRefused) {
  const auto unknown = watch(static_cast<store::ChangeId>(99), 1s);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, Refused::Kind::kUnknown);
  const store::ChangeId id = change();
  for (size_t i = 0; i < kWaitsMax; ++i) ASSERT_TRUE(watch(id, 1s));
  EXPECT_FALSE(watch(id, 1s));
  pass(0ms);
  pass(10s);
  EXPECT_EQ(reports_.size(), kWaitsMax);
  EXPECT_TRUE(watch(id, 1s));
  ASSERT_TRUE(changes_->remove(name_of("example.net."), {}));
  ASSERT_TRUE(changes_->commit());
  const auto gone = watch(id, 1s);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, Refused::Kind::kUnknown);
}

TEST_F(PropagationTest, ZoneThatGoesIsNotServed) {
  ASSERT_TRUE(watch(change(), 1s));
  pass(0ms);
  for (const char* address : {"192.0.2.2:53", "192.0.2.3:53"}) answer(address, soa_answer(11));
  ASSERT_TRUE(changes_->remove(name_of("example.net."), {}));
  ASSERT_TRUE(changes_->commit());
  answer("192.0.2.4:53", soa_answer(11));
  EXPECT_TRUE(reports_.empty());
  pass(1s);
  ASSERT_EQ(reports_.size(), 1u);
  EXPECT_FALSE(reports_.front().is_served_here);
  EXPECT_FALSE(reports_.front().in_sync);
}

TEST_F(PropagationTest, NothingIsKeptForLong) {
  ASSERT_TRUE(watch(change(), 1s));
  pass(0ms);
  pass(10s);
  EXPECT_EQ(reports_.size(), 1u);
  pass(kRemember);
  EXPECT_EQ(propagation_->deadline(), base::MonotonicTime::max());
  // Answers that come after all are nobody's.
  answer("192.0.2.2:53", soa_answer(11));
  EXPECT_EQ(propagation_->deadline(), base::MonotonicTime::max());
}

}  // namespace
}  // namespace atlas::control::propagation
