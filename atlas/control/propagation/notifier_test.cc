#include "atlas/control/propagation/notifier.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <set>

#include "atlas/control/propagation/test_remotes.h"
#include "atlas/control/remotes/errand_owners.h"
#include "atlas/transfer/messages.h"
#include "atlas/zone/load.h"

namespace atlas::control::propagation {
namespace {

using namespace std::chrono_literals;
using handoff::EventId;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

std::shared_ptr<const zone::Zone> version_of(const std::string& apex, uint32_t serial) {
  const auto loaded = zone::load_zone_text(
      "@ 60 SOA ns admin " + std::to_string(serial) + " 3600 600 86400 60\n@ 60 NS ns\nns 60 A 192.0.2.1\n",
      name_of(apex));
  EXPECT_NE(loaded.zone, nullptr);
  return loaded.zone;
}

// Errands go nowhere until answer() or fail() ends them.
class NotifierTest : public testing::Test {
 protected:
  void put(const std::string& apex, uint32_t serial, std::vector<std::string> secondaries) {
    zones::ZoneState zone;
    zone.apex = name_of(apex);
    zone.kind = store::ZoneKind::kPrimary;
    zones::ZoneSettings settings;
    settings.secondaries = std::move(secondaries);
    zones::use_settings(zone, settings);
    zone.version = version_of(apex, serial);
    zones_.put(std::move(zone));
  }
  void replace(const std::string& apex, uint32_t serial) {
    zones_.replace(name_of(apex), version_of(apex, serial));
  }

  void pass(std::chrono::milliseconds time) {
    now_ += time;
    notifier_.turn(now_);
  }
  // "ZONE SERIAL ADDRESS" of each errand that waits for an answer.
  std::vector<std::string> sent() const {
    std::vector<std::string> lines;
    for (const remotes::Errand& errand : errands_) {
      const auto notify = transfer::parse_notify(errand.message);
      EXPECT_TRUE(notify);
      EXPECT_FALSE(errand.may_try_others);
      lines.push_back(dns::to_text(notify->zone) + ' ' + std::to_string(notify->serial.value_or(0)) + ' ' +
                      errand.remote->endpoints[errand.endpoint].address.to_text());
    }
    return lines;
  }
  remotes::Errand take_errand(const std::string& address) {
    const auto errand = std::ranges::find_if(errands_, [&](const remotes::Errand& one) {
      return one.remote->endpoints[one.endpoint].address.to_text() == address;
    });
    EXPECT_NE(errand, errands_.end()) << address;
    remotes::Errand taken = std::move(*errand);
    errands_.erase(errand);
    return taken;
  }
  void answer(const std::string& address, dns::Rcode rcode = dns::Rcode::NOERROR) {
    const remotes::Errand errand = take_errand(address);
    remotes::Outcome outcome;
    outcome.id = errand.id;
    outcome.result = remotes::Outcome::Result::kAnswered;
    outcome.message = transfer::make_notify_response(errand.message, rcode);
    notifier_.take(std::move(outcome));
    notifier_.turn(now_);
  }
  void fail(const std::string& address) {
    const remotes::Errand errand = take_errand(address);
    remotes::Outcome outcome;
    outcome.id = errand.id;
    outcome.result = remotes::Outcome::Result::kUnreachable;
    outcome.error = "no answer";
    notifier_.take(std::move(outcome));
    notifier_.turn(now_);
  }
  std::vector<std::string> events() {
    // Taking waits while there is none.
    events_.emit(EventId::kServerStopped);
    std::vector<std::string> lines;
    for (const handoff::Event& event : events_.take().events) {
      if (event.id != EventId::kServerStopped) lines.push_back(handoff::message_of(event));
    }
    return lines;
  }

  handoff::EventQueue events_;
  handoff::ServerState state_;
  zones::ZoneSet zones_{events_};
  TestRemotes remotes_;
  std::vector<remotes::Errand> errands_;
  bool has_room_ = true;
  base::MonotonicTime now_ = base::MonotonicTime(1h);
  Notifier notifier_{zones_, [this](std::string_view reference) { return remotes_.find(reference); },
                     [this](remotes::Errand errand) {
                       if (has_room_) errands_.push_back(std::move(errand));
                       return has_room_;
                     },
                     events_, state_};
};

TEST_F(NotifierTest, TellsEachAddressOfEachSecondary) {
  put("example.org.", 7, {"ns2", "ns3"});
  EXPECT_EQ(notifier_.deadline(), base::MonotonicTime::min());
  pass(0ms);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_EQ(notifier_.deadline(), now_ + kNotifyDelay);
  pass(kNotifyDelay);
  EXPECT_THAT(sent(), UnorderedElementsAre("example.org. 7 192.0.2.2", "example.org. 7 192.0.2.3",
                                           "example.org. 7 192.0.2.4"));
  EXPECT_EQ(state_.notifies_sent, 3u);
  for (const auto& errand : errands_)
    EXPECT_EQ(remotes::owner_of(errand.id), remotes::ErrandOwner::kNotifier);
  answer("192.0.2.2");
  answer("192.0.2.3");
  answer("192.0.2.4");
  EXPECT_EQ(notifier_.deadline(), base::MonotonicTime::max());
  pass(1h);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(NotifierTest, TellsOfNothingButAnotherSerial) {
  put("example.org.", 7, {"ns2"});
  put("example.net.", 1, {});
  pass(0ms);
  pass(1s);
  answer("192.0.2.2");
  replace("example.org.", 7);
  replace("example.net.", 2);
  pass(0ms);
  pass(1min);
  EXPECT_THAT(sent(), IsEmpty());
  replace("example.org.", 8);
  pass(0ms);
  pass(1s);
  EXPECT_THAT(sent(), ElementsAre("example.org. 8 192.0.2.2"));
}

TEST_F(NotifierTest, TellsChangesThatComeTogetherOnce) {
  put("example.org.", 1, {"ns2"});
  for (uint32_t serial = 2; serial < 10; ++serial) replace("example.org.", serial);
  pass(0ms);
  replace("example.org.", 10);
  pass(10ms);
  // What comes meanwhile does not put it off.
  pass(kNotifyDelay - 10ms);
  EXPECT_THAT(sent(), ElementsAre("example.org. 10 192.0.2.2"));
  // One is under way: the next follows it, and not before its time.
  replace("example.org.", 11);
  pass(10ms);
  replace("example.org.", 12);
  pass(10ms);
  EXPECT_THAT(sent(), SizeIs(1));
  answer("192.0.2.2");
  pass(500ms);
  EXPECT_THAT(sent(), IsEmpty());
  pass(1s);
  EXPECT_THAT(sent(), ElementsAre("example.org. 12 192.0.2.2"));
  answer("192.0.2.2");
  pass(1h);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_EQ(state_.notifies_sent, 2u);
}

TEST_F(NotifierTest, TriesAgainLessAndLessOften) {
  put("example.org.", 1, {"ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  for (auto wait = kNotifyRetryFirst; wait <= kNotifyRetryFirst * 16; wait *= 2) {
    fail("192.0.2.2");
    pass(wait - 1ms);
    ASSERT_THAT(sent(), IsEmpty()) << wait.count();
    pass(1ms);
    ASSERT_THAT(sent(), SizeIs(1)) << wait.count();
  }
  EXPECT_EQ(state_.notifies_failed, 0u);
  EXPECT_THAT(events(), IsEmpty());
  fail("192.0.2.2");
  pass(24h);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_EQ(state_.notifies_failed, 1u);
  EXPECT_EQ(state_.notifies_sent, 1 + kNotifyRetries);
  EXPECT_THAT(events(), ElementsAre("zone example.org.: ns2 (192.0.2.2:53) was not notified: no answer"));
}

TEST_F(NotifierTest, ASerialThatComesDoesNotWaitForARetry) {
  put("example.org.", 1, {"ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  fail("192.0.2.2");
  pass(5s);
  replace("example.org.", 2);
  pass(0ms);
  pass(kNotifyDelay);
  EXPECT_THAT(sent(), ElementsAre("example.org. 2 192.0.2.2"));
  // Its tries begin anew.
  fail("192.0.2.2");
  pass(kNotifyRetryFirst);
  EXPECT_THAT(sent(), SizeIs(1));
}

TEST_F(NotifierTest, WhoeverAnswersIsDone) {
  put("example.org.", 1, {"ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  answer("192.0.2.2", dns::Rcode::NOTAUTH);
  pass(1h);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_THAT(events(), ElementsAre("zone example.org.: ns2 (192.0.2.2:53) answers NOTIFY with NOTAUTH"));
  // Reported once.
  replace("example.org.", 2);
  pass(0ms);
  pass(1s);
  answer("192.0.2.2", dns::Rcode::REFUSED);
  EXPECT_THAT(events(), IsEmpty());
  // Until it takes one.
  replace("example.org.", 3);
  pass(0ms);
  pass(1s);
  answer("192.0.2.2");
  replace("example.org.", 4);
  pass(0ms);
  pass(1s);
  answer("192.0.2.2", dns::Rcode::REFUSED);
  EXPECT_THAT(events(), ElementsAre("zone example.org.: ns2 (192.0.2.2:53) answers NOTIFY with REFUSED"));
  EXPECT_EQ(state_.notifies_failed, 0u);
}

TEST_F(NotifierTest, WhatIsNoAnswerIsTriedAgain) {
  put("example.org.", 1, {"ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  const remotes::Errand errand = take_errand("192.0.2.2");
  remotes::Outcome outcome;
  outcome.id = errand.id;
  outcome.result = remotes::Outcome::Result::kAnswered;
  outcome.message = transfer::make_soa_query(name_of("example.org."));
  notifier_.take(std::move(outcome));
  pass(0ms);
  pass(kNotifyRetryFirst);
  EXPECT_THAT(sent(), SizeIs(1));
}

TEST_F(NotifierTest, NotifiesOnDemand) {
  EXPECT_FALSE(notifier_.notify(name_of("example.org.")));
  put("example.org.", 1, {"ns2"});
  put("example.net.", 1, {});
  pass(0ms);
  pass(kNotifyDelay);
  answer("192.0.2.2");
  pass(1min);
  EXPECT_TRUE(notifier_.notify(name_of("example.net.")));
  EXPECT_TRUE(notifier_.notify(name_of("EXAMPLE.org.")));
  pass(0ms);
  EXPECT_THAT(sent(), ElementsAre("example.org. 1 192.0.2.2"));
  // While one is under way, another one behind it.
  EXPECT_TRUE(notifier_.notify(name_of("example.org.")));
  answer("192.0.2.2");
  pass(1s);
  EXPECT_THAT(sent(), SizeIs(1));
}

TEST_F(NotifierTest, FollowsTheSettings) {
  put("example.org.", 1, {"ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  answer("192.0.2.2");
  // Only the one that joins is told.
  put("example.org.", 1, {"ns3", "ns2"});
  pass(0ms);
  pass(1s);
  EXPECT_THAT(sent(), UnorderedElementsAre("example.org. 1 192.0.2.3", "example.org. 1 192.0.2.4"));
  // One that leaves is forgotten, with what was under way.
  put("example.org.", 2, {"ns2"});
  fail("192.0.2.3");
  fail("192.0.2.4");
  pass(1h);
  EXPECT_THAT(sent(), ElementsAre("example.org. 2 192.0.2.2"));
  fail("192.0.2.2");
  zones_.remove(name_of("example.org."));
  pass(1h);
  EXPECT_THAT(sent(), IsEmpty());
  EXPECT_EQ(notifier_.deadline(), base::MonotonicTime::max());
}

TEST_F(NotifierTest, SaysThatThereIsNoSuchRemote) {
  put("example.org.", 1, {"nobody", "ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  EXPECT_THAT(sent(), ElementsAre("example.org. 1 192.0.2.2"));
  EXPECT_THAT(events(), ElementsAre("zone example.org.: nobody was not notified: there is no remote nobody"));
  EXPECT_EQ(state_.notifies_failed, 1u);
}

TEST_F(NotifierTest, WaitsForRoomAtTheCourier) {
  has_room_ = false;
  put("example.org.", 1, {"ns2"});
  pass(0ms);
  pass(kNotifyDelay);
  EXPECT_EQ(state_.notifies_sent, 0u);
  has_room_ = true;
  pass(0ms);
  pass(1s);
  EXPECT_THAT(sent(), ElementsAre("example.org. 1 192.0.2.2"));
}

TEST_F(NotifierTest, OneThatDoesNotAnswerHoldsUpNoOther) {
  constexpr size_t kZones = 3 * kNotifiesToOneMax;
  for (size_t i = 0; i < kZones; ++i) put("z" + std::to_string(i) + ".example.", 1, {"ns2", "ns3"});
  std::set<std::string> told;
  size_t most = 0;
  for (int turns = 0; turns < 100 && told.size() < 2 * kZones; ++turns) {
    const uint64_t before = state_.notifies_sent;
    pass(kNotifyPause);
    EXPECT_LE(state_.notifies_sent - before, kNotifiesATurnMax);
    const auto lines = sent();
    most = std::max(most, static_cast<size_t>(std::ranges::count_if(
                              lines, [](const std::string& line) { return line.ends_with("192.0.2.2"); })));
    for (const std::string& line : lines) {
      if (line.ends_with("192.0.2.2")) continue;
      told.insert(line);
      answer(line.substr(line.rfind(' ') + 1));
    }
  }
  EXPECT_EQ(told.size(), 2 * kZones);
  EXPECT_EQ(most, kNotifiesToOneMax);
  // And each of its own comes in the end.
  std::set<std::string> to_one;
  for (size_t i = 0; i < kZones; ++i) {
    pass(kNotifyPause);
    for (const std::string& line : sent()) to_one.insert(line);
    answer("192.0.2.2");
  }
  EXPECT_EQ(to_one.size(), kZones);
  EXPECT_THAT(sent(), IsEmpty());
}

TEST_F(NotifierTest, ExpiredZonesAreNotTold) {
  put("example.org.", 1, {"ns2"});
  zones_.set_refreshed(name_of("example.org."), {}, 1, true);
  pass(0ms);
  pass(kNotifyDelay);
  EXPECT_THAT(sent(), IsEmpty());
}

}  // namespace
}  // namespace atlas::control::propagation
