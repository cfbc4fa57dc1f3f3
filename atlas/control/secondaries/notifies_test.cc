// NOTIFY and forwarded updates, as clients see them.
#include <gmock/gmock.h>

#include "atlas/control/secondaries/secondaries_test.h"
#include "atlas/transfer/messages.h"
#include "atlas/tsig/tsig.h"

namespace atlas::control::secondaries::testing {
namespace {

using dns::Rcode;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NotifiesTest : public SecondariesTest {
 protected:
  void SetUp() override {
    keys_ = std::make_shared<const tsig::KeyTable>(
        std::vector<tsig::Key>{key_of("xfr.example."), key_of("other.example.")});
    ASSERT_TRUE(remotes_.configure({}, keys_));
    SecondariesTest::SetUp();
    primary().give(kZone, version_of(kZone, 5, ""));
    settle();
    secondaries_->use_keys(keys_);
    primary().asked.clear();
  }
  static tsig::Key key_of(const std::string& name) {
    return {.name = name_of(name),
            .algorithm = tsig::Algorithm::kHmacSha256,
            .secret = std::vector<uint8_t>(32, static_cast<uint8_t>(name.size()))};
  }
  handoff::Request request_of(std::vector<uint8_t> message, handoff::RequestKind kind,
                              const std::string& from) {
    handoff::Request request;
    request.kind = kind;
    request.ticket = ++ticket_;
    request.client.remote = net::Endpoint::parse(from, 4000).value();
    request.message = std::move(message);
    return request;
  }
  // The one reply that there is.
  std::vector<uint8_t> reply() {
    auto replies = desk_.take_replies(0);
    EXPECT_EQ(replies.size(), 1u);
    if (replies.size() != 1) return {};
    EXPECT_EQ(replies[0].ticket, ticket_);
    return std::move(replies[0].message);
  }
  static std::vector<uint8_t> notify_of(const std::string& zone, std::optional<uint32_t> serial) {
    if (serial) {
      const Version version = version_of(zone, *serial, "");
      return transfer::make_notify(version->apex(),
                                   version->apex_node().find(dns::RRType::SOA)->view().first());
    }
    dns::Message message;
    message.header.opcode = dns::Opcode::NOTIFY;
    message.questions.push_back({name_of(zone), dns::RRType::SOA, dns::RRClass::IN});
    return dns::encode(message).value();
  }
  Rcode notify(const std::string& from, std::optional<uint32_t> serial, const std::string& zone = kZone) {
    EXPECT_TRUE(desk_.submit(request_of(notify_of(zone, serial), handoff::RequestKind::kNotify, from)));
    secondaries_->serve_notifies(100);
    return rcode_of(reply());
  }
  static Rcode rcode_of(const std::vector<uint8_t>& message) {
    EXPECT_GE(message.size(), dns::kHeaderOctets);
    return message.size() < 4 ? Rcode::FORMERR : static_cast<Rcode>(message[3] & 15);
  }

  std::shared_ptr<const tsig::KeyTable> keys_;
  uint64_t ticket_ = 0;
};

TEST_F(NotifiesTest, APrimaryIsHeard) {
  primary().give(kZone, version_of(kZone, 6, "www 300 A 192.0.2.2\n"));
  EXPECT_EQ(notify("192.0.2.1", 6), Rcode::NOERROR);
  EXPECT_LE(secondaries_->deadline(), now_);
  settle();
  EXPECT_EQ(serial(), 6u);
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.", "IXFR a.test. 5"));
}

TEST_F(NotifiesTest, WhatIsHereIsNotAskedFor) {
  EXPECT_EQ(notify("192.0.2.1", 5), Rcode::NOERROR);
  EXPECT_EQ(notify("192.0.2.1", 4), Rcode::NOERROR);
  settle();
  EXPECT_THAT(primary().asked, IsEmpty());
  EXPECT_EQ(notify("192.0.2.1", {}), Rcode::NOERROR);
  settle();
  EXPECT_THAT(primary().asked, ElementsAre("SOA a.test.")) << "without a serial it is";
}

TEST_F(NotifiesTest, OthersAreRefused) {
  EXPECT_EQ(notify("192.0.2.99", 6), Rcode::REFUSED);
  EXPECT_EQ(notify("192.0.2.1", 6, "none.test."), Rcode::NOTAUTH);
  EXPECT_EQ(notify("192.0.2.1", 6, "www.a.test."), Rcode::NOTAUTH) << "no apex";
  settle();
  EXPECT_THAT(primary().asked, IsEmpty());
  EXPECT_TRUE(desk_.submit(request_of({1, 2, 3}, handoff::RequestKind::kNotify, "192.0.2.1")));
  secondaries_->serve_notifies(100);
  EXPECT_TRUE(reply().empty());
}

TEST_F(NotifiesTest, RulesAllowOthers) {
  configure(kZone, {"192.0.2.1"}, {"192.0.2.64/26"});
  reload();
  primary().give(kZone, version_of(kZone, 6, ""));
  EXPECT_EQ(notify("192.0.2.50", 6), Rcode::REFUSED);
  EXPECT_EQ(notify("192.0.2.99", 6), Rcode::NOERROR);
  settle();
  EXPECT_EQ(serial(), 6u);
}

TEST_F(NotifiesTest, WhoToldIsAskedFirst) {
  configure(kZone, {"192.0.2.1", "192.0.2.2"});
  reload();
  settle();
  primary(1).asked.clear();
  primary(2).give(kZone, version_of(kZone, 6, ""));
  now_ += std::chrono::milliseconds(100);  // the rest behind a round that brought nothing
  EXPECT_EQ(notify("192.0.2.2", 6), Rcode::NOERROR);
  settle();
  EXPECT_EQ(serial(), 6u);
  EXPECT_THAT(primary(1).asked, IsEmpty());
  EXPECT_EQ(status().primary, "192.0.2.2:53");
}

TEST_F(NotifiesTest, OneThatComesDuringARefreshLeadsToAnother) {
  primary().give(kZone, version_of(kZone, 6, ""));
  secondaries_->refresh(name_of(kZone));
  secondaries_->turn(now_);
  secondaries_->take(carrier_.carry());  // the SOA
  secondaries_->turn(now_);
  ASSERT_EQ(carrier_.errands.size(), 1u);
  auto transferred = carrier_.carry();
  // It has changed again since.
  primary().give(kZone, version_of(kZone, 7, ""));
  EXPECT_EQ(notify("192.0.2.1", 7), Rcode::NOERROR);
  secondaries_->take(std::move(transferred));
  settle();
  EXPECT_EQ(serial(), 7u);
}

TEST_F(NotifiesTest, SignaturesAreVerifiedAndGiven) {
  configure(kZone, {"192.0.2.1 key xfr.example."});
  reload();
  settle();
  primary().give(kZone, version_of(kZone, 6, ""));
  now_ += std::chrono::milliseconds(100);  // the rest behind a round that brought nothing
  const auto signed_by = [&](const std::string& name) {
    std::vector<uint8_t> message = notify_of(kZone, 6);
    const tsig::Key key = key_of(name);
    const tsig::Mac mac = tsig::sign_request(message, key, base::wall_now());
    EXPECT_TRUE(desk_.submit(request_of(message, handoff::RequestKind::kNotify, "192.0.2.77")));
    secondaries_->serve_notifies(100);
    const std::vector<uint8_t> response = reply();
    tsig::ResponseVerifier verifier(key, mac);
    EXPECT_TRUE(verifier.take(response, base::wall_now()));
    return rcode_of(response);
  };
  EXPECT_EQ(signed_by("other.example."), Rcode::REFUSED);
  EXPECT_EQ(signed_by("xfr.example."), Rcode::NOERROR) << "its key, from wherever";
  settle();
  EXPECT_EQ(serial(), 6u);

  std::vector<uint8_t> message = notify_of(kZone, 7);
  (void)tsig::sign_request(message, key_of("xfr.example."), base::wall_now());
  message.back() ^= 1;
  (void)desk_.submit(request_of(message, handoff::RequestKind::kNotify, "192.0.2.1"));
  secondaries_->serve_notifies(100);
  EXPECT_NE(rcode_of(reply()), Rcode::NOERROR);
}

class ForwardingTest : public NotifiesTest {
 protected:
  void SetUp() override {
    NotifiesTest::SetUp();
    configure(kZone, {"192.0.2.1", "192.0.2.2"}, {}, {"192.0.2.64/26"});
    reload();
    settle();
  }
  static std::vector<uint8_t> update() {
    dns::Message message;
    message.header.id = 0x1234;
    message.header.opcode = dns::Opcode::UPDATE;
    message.questions.push_back({name_of(kZone), dns::RRType::SOA, dns::RRClass::IN});
    message.authorities.push_back(
        {name_of("x.a.test."), dns::RRType::A, dns::RRClass::IN, 300, {192, 0, 2, 7}});
    return dns::encode(message).value();
  }
  bool forward(const std::string& from, const std::string& zone = kZone) {
    auto request = request_of(update(), handoff::RequestKind::kUpdate, from);
    return secondaries_->forward_update(request, name_of(zone));
  }
};

TEST_F(ForwardingTest, ThePrimaryAnswers) {
  carrier_.update_answer = {0x12, 0x34, 0xa8, 0x05, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(forward("192.0.2.99"));
  ASSERT_EQ(carrier_.errands.size(), 1u);
  EXPECT_TRUE(carrier_.errands.front().is_forwarded);
  EXPECT_EQ(carrier_.errands.front().message, update());
  settle();
  EXPECT_EQ(reply(), carrier_.update_answer);
}

TEST_F(ForwardingTest, AnotherPrimaryStepsIn) {
  primary(1).is_reachable = false;
  primary(2).is_reachable = true;
  carrier_.update_answer = {0x12, 0x34, 0xa8, 0x00, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(forward("192.0.2.99"));
  settle();
  EXPECT_EQ(reply(), carrier_.update_answer);
}

TEST_F(ForwardingTest, WithoutAnAnswerItIsServfail) {
  EXPECT_TRUE(forward("192.0.2.99"));
  settle();
  EXPECT_EQ(rcode_of(reply()), Rcode::SERVFAIL);
  carrier_.is_full = true;
  EXPECT_TRUE(forward("192.0.2.99"));
  EXPECT_EQ(rcode_of(reply()), Rcode::SERVFAIL);
}

TEST_F(ForwardingTest, OnlyOfThoseWhoMay) {
  EXPECT_FALSE(forward("192.0.2.50"));
  EXPECT_FALSE(forward("192.0.2.99", "none.test."));
  configure(kZone, {"192.0.2.1"});
  reload();
  EXPECT_FALSE(forward("192.0.2.99"));
  EXPECT_THAT(carrier_.errands, IsEmpty());
}

}  // namespace
}  // namespace atlas::control::secondaries::testing
