// Questions for whole zones, and what becomes of NOTIFY.
#include <gmock/gmock.h>

#include "atlas/data/pipeline_test.h"
#include "atlas/data/test_transfer.h"

namespace atlas::data {
namespace {

using handoff::RequestKind;
using query::Transport;

class TransferPipelineTest : public PipelineTest {
 protected:
  TransferPipelineTest() {
    allow("any");
    client_.transport = Transport::kTcp;
    ask("a.test.", RRType::AXFR);
    message_.edns.emplace();
  }

  void allow(const char* rule) {
    change([&](handoff::ZoneEntry& entry) { entry.transfers = test_transfer_policy(rule); });
  }
  template <typename Change>
  void change(Change change) {
    handoff::ZoneEntry entry = *snapshot_.zones.find_exact(name("a.test."));
    change(entry);
    snapshot_.zones = snapshot_.zones.with(std::span(&entry, 1));
  }

  Batch batch() const { return {snapshot_, kNow, now_ms_, 1'700'000'000}; }
  size_t hand_over(base::Bytes wire) { return with_desk_.respond(batch(), client_, wire, out_); }
  size_t hand_over() { return hand_over(dns::encode(message_).value()); }
  // Of what is answered by one message.
  dns::Message refusal() {
    const size_t size = hand_over();
    EXPECT_LT(size, Pipeline::kTransfer);
    return dns::parse_message(base::Bytes(out_).first(size >= Pipeline::kTransfer ? 0 : size))
        .value_or(dns::Message{});
  }
  void expect_refusal(Rcode rcode, std::optional<ExtendedError> error) {
    const dns::Message response = refusal();
    EXPECT_EQ(response.rcode(), rcode);
    EXPECT_EQ(error_of(response), error);
    EXPECT_TRUE(response.answers.empty());
  }
  std::optional<Transfer> begin() {
    if (hand_over() != Pipeline::kTransfer) return {};
    return with_desk_.take_transfer();
  }
  std::vector<dns::Message> messages_of(Transfer& transfer) {
    std::vector<dns::Message> messages;
    while (const size_t octets = transfer.next(batch(), out_, counters_)) {
      messages.push_back(dns::parse_message(base::Bytes(out_).first(octets)).value());
    }
    return messages;
  }

  static constexpr base::WallTime kNow{std::chrono::seconds(1'700'000'000)};
  TestDesk desk_{counters_};
  Pipeline with_desk_{snapshot_.rate_limit, counters_, &ring_, &desk_.tickets};
};

TEST_F(TransferPipelineTest, AxfrIsAnsweredWithTheVersionInTheSnapshot) {
  message_.edns->options.push_back(dns::ExpireOption{});
  auto transfer = begin();
  ASSERT_TRUE(transfer);
  EXPECT_EQ(counters_.transfers_open.read(), 1);
  const auto messages = messages_of(*transfer);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].header.id, 99);
  ASSERT_EQ(messages[0].answers.size(), 9u) << "all that there is, and the SOA once more";
  EXPECT_EQ(messages[0].answers.front().type, RRType::SOA);
  EXPECT_EQ(messages[0].answers.back().type, RRType::SOA);
  const auto* const expire = messages[0].edns->find<dns::ExpireOption>();
  ASSERT_NE(expire, nullptr);
  EXPECT_EQ(expire->seconds, 86'400u);
  EXPECT_TRUE(transfer->is_done());
  transfer.reset();
  EXPECT_EQ(counters_.transfers_open.read(), 0);
  EXPECT_EQ(counters_.transfers_begun.read(), 1u);
  EXPECT_EQ(counters_.transfers_done.read(), 1u);
  EXPECT_GT(counters_.transfer_octets.read(), 200u);
  const auto tcp = static_cast<size_t>(Transport::kTcp);
  EXPECT_EQ(counters_.queries[tcp].read(), 1u);
  EXPECT_EQ(counters_.responses[tcp].read(), 1u);
}

TEST_F(TransferPipelineTest, AVersionThatIsReplacedStaysAsLong) {
  auto transfer = begin();
  ASSERT_TRUE(transfer);
  change([](handoff::ZoneEntry& entry) { entry.version = nullptr; });
  EXPECT_EQ(messages_of(*transfer).size(), 1u);
}

// RFC 5936 2.2.1.
TEST_F(TransferPipelineTest, OnlyWhatIsTheApexOfAZoneHereCanBeTaken) {
  for (const RRType type : {RRType::AXFR, RRType::IXFR}) {
    for (const char* other : {"www.a.test.", "sub.a.test.", "test.", "other.test."}) {
      ask(other, type);
      SCOPED_TRACE(other);
      expect_refusal(Rcode::NOTAUTH, ExtendedError::NotAuthoritative);
    }
    for (const dns::RRClass rr_class : {dns::RRClass::CH, dns::RRClass::ANY}) {
      ask("a.test.", type, rr_class);
      expect_refusal(Rcode::NOTAUTH, ExtendedError::NotAuthoritative);
    }
  }
  ask("A.tEsT.", RRType::AXFR);
  EXPECT_TRUE(begin());
}

TEST_F(TransferPipelineTest, WithoutAVersionThereIsNothingToTake) {
  ask("unready.test.", RRType::AXFR);
  expect_refusal(Rcode::SERVFAIL, ExtendedError::NotReady);
  change([](handoff::ZoneEntry& entry) {
    entry.version = nullptr;
    entry.is_expired = true;
  });
  ask("a.test.", RRType::AXFR);
  expect_refusal(Rcode::SERVFAIL, ExtendedError::InvalidData);
}

TEST_F(TransferPipelineTest, OthersAreRefused) {
  change([](handoff::ZoneEntry& entry) { entry.transfers = nullptr; });
  expect_refusal(Rcode::REFUSED, ExtendedError::Prohibited);
  allow("192.0.2.0/24");
  expect_refusal(Rcode::REFUSED, ExtendedError::Prohibited);
  EXPECT_EQ(counters_.transfers_refused.read(), 2u);
  client_.remote.address = net::IpAddress::parse("192.0.2.77").value();
  EXPECT_TRUE(begin());
  EXPECT_EQ(counters_.transfers_begun.read(), 0u) << "nothing was sent";
}

TEST_F(TransferPipelineTest, NamesOfCertificatesCount) {
  allow("tls ns2.test");
  client_.transport = Transport::kTls;
  expect_refusal(Rcode::REFUSED, ExtendedError::Prohibited);
  client_.tls_names = "ns1.test ns2.test";
  EXPECT_TRUE(begin());
}

TEST_F(TransferPipelineTest, SignaturesCountAndAllMessagesAreSigned) {
  const tsig::Key key = tsig::make_key(name("key.test."), tsig::Algorithm::kHmacSha256);
  snapshot_.keys = std::make_shared<const tsig::KeyTable>(std::vector{key});
  allow("key KEY.test.");
  expect_refusal(Rcode::REFUSED, ExtendedError::Prohibited);
  auto wire = dns::encode(message_).value();
  const tsig::Mac mac = tsig::sign_request(wire, key, kNow);
  ASSERT_EQ(hand_over(wire), Pipeline::kTransfer);
  Transfer transfer = with_desk_.take_transfer();
  snapshot_.keys.reset();
  const size_t octets = transfer.next(batch(), out_, counters_);
  EXPECT_TRUE(tsig::ResponseVerifier(key, mac).take(base::Bytes(out_).first(octets), kNow));
  // One that is not signed is not taken for it afterwards.
  expect_refusal(Rcode::REFUSED, ExtendedError::Prohibited);
  tsig::Key other = key;
  other.secret[0] ^= 1;
  wire = dns::encode(message_).value();
  tsig::sign_request(wire, other, kNow);
  EXPECT_LT(hand_over(wire), Pipeline::kTransfer);
  EXPECT_EQ(out_[3] & 0x0f, static_cast<int>(Rcode::NOTAUTH));
}

TEST_F(TransferPipelineTest, SomeTransportsCarryNone) {
  client_.transport = Transport::kUdp;
  expect_refusal(Rcode::NOTIMP, ExtendedError::NotSupported);
  for (const RRType type : {RRType::AXFR, RRType::IXFR}) {
    ask("a.test.", type);
    for (const Transport transport : {Transport::kHttps, Transport::kHttp3}) {
      client_.transport = transport;
      expect_refusal(Rcode::REFUSED, ExtendedError::NotSupported);
    }
    client_.transport = Transport::kTls;
    client_.transfers_barred = true;
    expect_refusal(Rcode::REFUSED, ExtendedError::NotSupported);
    client_.transfers_barred = false;
  }
  EXPECT_EQ(counters_.transfers_refused.read(), 0u);
}

TEST_F(TransferPipelineTest, IxfrIsHandedOver) {
  const auto wire = test_ixfr(7, "a.test.");
  client_.tls_names = "ns2.test";
  for (const Transport transport : {Transport::kTcp, Transport::kUdp}) {
    client_.transport = transport;
    EXPECT_EQ(hand_over(wire), Pipeline::kPending);
  }
  EXPECT_EQ(counters_.transfers_open.read(), 2);
  const std::string gone(1000, 'x');
  client_.tls_names = gone;
  auto requests = desk_.desk.take_requests(RequestKind::kTransfer, 9);
  ASSERT_EQ(requests.size(), 2u);
  const handoff::Request moved = std::move(requests[1]);
  EXPECT_EQ(moved.message, wire);
  EXPECT_EQ(moved.client.transport, Transport::kUdp);
  EXPECT_EQ(moved.client.tls_names, "ns2.test");
  // Whatever the answer is, it is one less.
  std::vector<handoff::Reply> replies(1);
  replies[0].ticket = moved.ticket;
  desk_.desk.reply(0, std::move(replies));
  desk_.tickets.take_replies();
  ASSERT_TRUE(desk_.tickets.next_reply());
  EXPECT_EQ(counters_.transfers_open.read(), 1);
}

TEST_F(TransferPipelineTest, ThereAreOnlySoManyAtATime) {
  snapshot_.transfers.transfers_max = 3;
  snapshot_.transfers.transfers_per_client_max = 2;
  auto first = begin();
  ask("a.test.", RRType::IXFR);
  ASSERT_EQ(hand_over(), Pipeline::kPending) << "those at the desk count, too";
  ask("a.test.", RRType::AXFR);
  expect_refusal(Rcode::SERVFAIL, ExtendedError::NotReady);
  client_.remote.address = net::IpAddress::parse("127.0.0.2").value();
  const auto second = begin();
  ASSERT_TRUE(first && second);
  client_.remote.address = net::IpAddress::parse("127.0.0.3").value();
  expect_refusal(Rcode::SERVFAIL, ExtendedError::NotReady);
  ask("a.test.", RRType::IXFR);
  expect_refusal(Rcode::SERVFAIL, ExtendedError::NotReady);
  EXPECT_EQ(counters_.transfers_turned_away.read(), 3u);
  first.reset();
  ask("a.test.", RRType::AXFR);
  EXPECT_TRUE(begin());
}

TEST_F(TransferPipelineTest, AClosedDeskTurnsIxfrAway) {
  desk_.desk.close();
  ask("a.test.", RRType::IXFR);
  expect_refusal(Rcode::SERVFAIL, ExtendedError::NotReady);
  EXPECT_EQ(counters_.transfers_turned_away.read(), 1u);
  EXPECT_EQ(counters_.transfers_open.read(), 0);
}

TEST_F(TransferPipelineTest, OneThatTakesTooLongEndsTooEarly) {
  snapshot_.transfers.time_max = std::chrono::milliseconds(500);
  auto transfer = begin();
  ASSERT_TRUE(transfer);
  now_ms_ += 500;
  EXPECT_TRUE(messages_of(*transfer).empty());
  EXPECT_FALSE(transfer->is_done());
  EXPECT_EQ(counters_.transfers_done.read(), 0u);
}

TEST_F(TransferPipelineTest, NamesOfAZoneThatHasExpiredAreServerFailures) {
  change([](handoff::ZoneEntry& entry) {
    entry.version = nullptr;
    entry.is_expired = true;
  });
  ask("www.a.test.");
  const dns::Message response = refusal();
  EXPECT_EQ(response.rcode(), Rcode::SERVFAIL);
  const auto* const error = response.edns->find<dns::ExtendedErrorOption>();
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, ExtendedError::InvalidData);
  EXPECT_EQ(error->extra_text, "the zone has expired");
}

// RFC 7314.
TEST_F(TransferPipelineTest, SecondariesTellWhatIsLeft) {
  const auto expire = [this](uint32_t at) {
    change([&](handoff::ZoneEntry& entry) { entry.expires_unix_seconds = at; });
    message_.edns->options = {dns::ExpireOption{}};
    ask("a.test.", RRType::SOA);
    return refusal().edns->find<dns::ExpireOption>()->seconds;
  };
  EXPECT_EQ(expire(0), 86'400u);
  EXPECT_EQ(expire(1'700'000'123), 123u);
  EXPECT_EQ(expire(1'699'999'999), 0u);
  ask("a.test.", RRType::AXFR);
  change([&](handoff::ZoneEntry& entry) { entry.expires_unix_seconds = 1'700'000'009; });
  auto transfer = begin();
  ASSERT_TRUE(transfer);
  EXPECT_EQ(messages_of(*transfer).at(0).edns->find<dns::ExpireOption>()->seconds, 9u);
}

TEST_F(TransferPipelineTest, NotifyIsHandedOverWhoeverSendsIt) {
  snapshot_.allow_query = policy::access::AccessList({net::Prefix::parse("192.0.2.0/24").value()});
  auto wire = test_notify(5, "a.test.");
  EXPECT_EQ(hand_over(wire), Pipeline::kPending);
  const tsig::Key key = tsig::make_key(name("unknown.test."), tsig::Algorithm::kHmacSha256);
  tsig::sign_request(wire, key, kNow);
  EXPECT_EQ(hand_over(wire), Pipeline::kPending) << "signatures are for control";
  const auto requests = desk_.desk.take_requests(RequestKind::kNotify, 9);
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[1].message, wire);
  EXPECT_EQ(counters_.notifies_received.read(), 2u);
  EXPECT_EQ(counters_.updates_received.read(), 0u);
  // Queries are refused all the same.
  expect_refusal(Rcode::REFUSED, ExtendedError::Prohibited);
}

TEST_F(TransferPipelineTest, NotifyThatCannotBeTakenIsNotAnswered) {
  desk_.desk.close();
  EXPECT_EQ(hand_over(test_notify(5, "a.test.")), 0u);
  EXPECT_EQ(counters_.notifies_received.read(), 0u);
}

TEST_F(TransferPipelineTest, NotifyIsLimitedAsQueriesAre) {
  client_.transport = Transport::kUdp;
  client_.remote.address = net::IpAddress::parse("192.0.2.99").value();
  for (int i = 0; i < 300; ++i) hand_over(test_notify(5, "a.test."));
  EXPECT_EQ(counters_.notifies_received.read(), snapshot_.rate_limit.responses_per_second);
}

}  // namespace
}  // namespace atlas::data
