#include "atlas/control/propagation/transfer_desk.h"

#include "atlas/control/propagation/test_journal.h"
#include "atlas/dns/message.h"
#include "atlas/tsig/tsig.h"

namespace atlas::control::propagation::testing {
namespace {

using dns::RRType;

class TransferDeskTest : public ::testing::Test {
 protected:
  TransferDeskTest() {
    put(3);
    for (uint32_t serial = 1; serial < 3; ++serial) journal_.add(serial, serial + 1);
  }

  static std::shared_ptr<const zone::Zone> version_of(uint32_t serial) {
    zone::RecordList records;
    records.add(name_of("z.test."), RRType::SOA, 300, soa_of(serial));
    records.add(name_of("ns.z.test."), RRType::A, 300, std::vector<uint8_t>{192, 0, 2, 1});
    records.sort();
    return zone::Zone::build(name_of("z.test."), records);
  }
  static zones::ZoneState state_of(std::shared_ptr<const zone::Zone> version) {
    zones::ZoneState state;
    state.apex = name_of("z.test.");
    state.kind = store::ZoneKind::kPrimary;
    state.version = std::move(version);
    store::ZoneRow row;
    row.id = TestJournal::kZone;
    row.apex = state.apex;
    state.row = std::make_shared<const store::ZoneRow>(row);
    return state;
  }
  void put(uint32_t serial) { zones_.put(state_of(version_of(serial))); }

  struct Asked {
    std::string zone = "z.test.";
    uint32_t serial = 0;
    query::Transport transport = query::Transport::kTcp;
    uint16_t payload_size = 1232;
    const tsig::Key* key = nullptr;
    bool expire = false;
  };
  static std::vector<uint8_t> request_of(const Asked& asked, tsig::Mac* mac = nullptr) {
    dns::Message message;
    message.header.id = 0x4711;
    message.questions.push_back({.name = name_of(asked.zone), .type = RRType::IXFR});
    message.authorities.push_back(
        {.owner = name_of(asked.zone), .type = RRType::SOA, .rdata = soa_of(asked.serial)});
    message.edns.emplace();
    message.edns->udp_payload_size = asked.payload_size;
    if (asked.expire) message.edns->options.emplace_back(dns::ExpireOption{});
    std::vector<uint8_t> octets = dns::encode(message).value();
    if (asked.key != nullptr) {
      const tsig::Mac made = tsig::sign_request(octets, *asked.key, base::wall_now());
      if (mac != nullptr) *mac = made;
    }
    return octets;
  }

  // What comes back, message by message.
  std::vector<std::vector<uint8_t>> messages_of(std::vector<uint8_t> request, query::Transport transport) {
    handoff::Request handed{
        .kind = handoff::RequestKind::kTransfer, .ticket = 17, .client = {}, .message = request};
    handed.client.transport = transport;
    EXPECT_TRUE(requests_.submit(std::move(handed)));
    EXPECT_EQ(desk_.serve(10), 1u);
    auto replies = requests_.take_replies(0);
    EXPECT_EQ(replies.size(), 1u);
    std::vector<std::vector<uint8_t>> messages;
    if (replies.size() != 1) return messages;
    EXPECT_EQ(replies[0].ticket, 17u);
    if (transport == query::Transport::kUdp) {
      EXPECT_EQ(replies[0].transfer, nullptr);
      messages.push_back(std::move(replies[0].message));
      return messages;
    }
    EXPECT_TRUE(replies[0].message.empty());
    std::vector<uint8_t> out(dns::kMessageOctetsMax);
    while (replies[0].transfer != nullptr && !replies[0].transfer->is_done()) {
      const size_t octets = replies[0].transfer->next(out, base::wall_now());
      messages.emplace_back(out.begin(), out.begin() + static_cast<ptrdiff_t>(octets));
    }
    return messages;
  }
  dns::Message answer(const Asked& asked) {
    const auto messages = messages_of(request_of(asked), asked.transport);
    EXPECT_EQ(messages.size(), 1u);
    const auto message = dns::parse_message(messages.at(0));
    EXPECT_TRUE(message);
    return message.value_or(dns::Message{});
  }
  // Types and, of SOAs, serials.
  static std::string shape_of(const dns::Message& message) {
    std::string shape = message.rcode() == dns::Rcode::NOERROR ? "" : dns::to_text(message.rcode());
    for (const dns::Record& each : message.answers) {
      if (!shape.empty()) shape += " ";
      shape += each.type == RRType::SOA
                   ? std::to_string(base::load_u32(each.rdata.data() + each.rdata.size() - 20))
                   : dns::to_text(each.type);
    }
    return shape;
  }

  TestJournal journal_;
  handoff::EventQueue events_;
  zones::ZoneSet zones_{events_};
  handoff::RequestDesk requests_{1};
  TransferDesk desk_{requests_, journal_.store(), zones_, events_};
};

TEST_F(TransferDeskTest, StepsIfTheJournalHasThem) {
  EXPECT_EQ(shape_of(answer({.serial = 1})), "3 1 2 A 2 3 A 3");
  EXPECT_EQ(shape_of(answer({.serial = 2})), "3 2 3 A 3");
  const dns::Message message = answer({.serial = 2});
  EXPECT_EQ(message.header.id, 0x4711);
  EXPECT_EQ(message.header.flags, dns::kFlagQR | dns::kFlagAA);
}

TEST_F(TransferDeskTest, TheSoaAloneIfThereIsNothing) {
  EXPECT_EQ(shape_of(answer({.serial = 3})), "3");
  EXPECT_EQ(shape_of(answer({.serial = 4})), "3") << "the client is ahead";
  EXPECT_EQ(shape_of(answer({.serial = 3, .transport = query::Transport::kUdp})), "3");
}

TEST_F(TransferDeskTest, TheZoneWholeOtherwise) {
  EXPECT_EQ(shape_of(answer({.serial = 0})), "3 A 3");
  EXPECT_EQ(shape_of(answer({.serial = 0xffff'fff0})), "3 A 3");
  // A version that no change led to.
  put(9);
  EXPECT_EQ(shape_of(answer({.serial = 2})), "9 A 9");
  // No journal.
  zones::ZoneState state = state_of(version_of(3));
  state.row = nullptr;
  zones_.put(state);
  EXPECT_EQ(shape_of(answer({.serial = 2})), "3 A 3");
}

TEST_F(TransferDeskTest, TheZoneWholeIfStepsAreMore) {
  journal_.add(3, 4, 10'000);
  put(4);
  EXPECT_EQ(shape_of(answer({.serial = 3})), "4 A 4");
  journal_.add(4, 5);
  put(5);
  EXPECT_EQ(shape_of(answer({.serial = 4})), "5 4 5 A 5");
}

TEST_F(TransferDeskTest, OverUdpTheSoaAloneIfItDoesNotFit) {
  const auto asked = [](uint32_t serial, uint16_t payload_size) {
    return Asked{.serial = serial, .transport = query::Transport::kUdp, .payload_size = payload_size};
  };
  EXPECT_EQ(shape_of(answer(asked(2, 512))), "3 2 3 A 3");
  journal_.add(3, 4, 40);
  put(4);
  EXPECT_EQ(shape_of(answer(asked(3, 1232))).size(), std::string("4 3 4 4").size() + 40 * 2);
  EXPECT_EQ(shape_of(answer(asked(3, 512))), "4");
  journal_.add(4, 5, 200);
  put(5);
  EXPECT_EQ(shape_of(answer(asked(4, 4096))), "5") << "more than packets carry";
  journal_.add(5, 6, 2000);
  put(6);
  EXPECT_EQ(shape_of(answer(asked(5, 4096))), "6");
  EXPECT_EQ(shape_of(answer(asked(1, 512))), "6");
}

TEST_F(TransferDeskTest, AZoneThatCannotBeGivenIsServfail) {
  zones::ZoneState state = state_of(version_of(3));
  state.is_expired = true;
  zones_.put(state);
  const dns::Message expired = answer({.serial = 1});
  EXPECT_EQ(expired.rcode(), dns::Rcode::SERVFAIL);
  EXPECT_EQ(expired.edns->find<dns::ExtendedErrorOption>()->code, dns::ExtendedError::InvalidData);
  zones_.put(state_of(nullptr));
  const dns::Message unloaded = answer({.serial = 1, .transport = query::Transport::kUdp});
  EXPECT_EQ(unloaded.rcode(), dns::Rcode::SERVFAIL);
  EXPECT_EQ(unloaded.edns->find<dns::ExtendedErrorOption>()->code, dns::ExtendedError::NotReady);
  EXPECT_EQ(answer({.zone = "other.test.", .serial = 1}).rcode(), dns::Rcode::NOTAUTH);
}

TEST_F(TransferDeskTest, ExpireIsWhatIsLeft) {
  const auto expire = [&] {
    return answer({.serial = 3, .expire = true}).edns->find<dns::ExpireOption>()->seconds.value();
  };
  EXPECT_EQ(expire(), 9u);
  zones::ZoneState state = state_of(version_of(3));
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch()).count();
  state.expires_unix_seconds = static_cast<uint32_t>(now + 1000);
  zones_.put(state);
  EXPECT_NEAR(expire(), 1000, 5);
  state.expires_unix_seconds = static_cast<uint32_t>(now - 5);
  zones_.put(state);
  EXPECT_EQ(expire(), 0u);
}

TEST_F(TransferDeskTest, SignedRequestsGetSignedMessages) {
  const tsig::Key key = tsig::make_key(name_of("xfr.test."), tsig::Algorithm::kHmacSha256);
  desk_.use_keys(std::make_shared<const tsig::KeyTable>(std::vector{key}));
  journal_.add(3, 4, 3000);
  put(4);
  tsig::Mac mac;
  const auto messages = messages_of(request_of({.serial = 3, .key = &key}, &mac), query::Transport::kTls);
  EXPECT_GT(messages.size(), 1u);
  tsig::ResponseVerifier verifier(key, mac);
  size_t records = 0;
  for (const auto& message : messages) {
    const auto taken = verifier.take(message, base::wall_now());
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE(verifier.is_complete());
    records += dns::parse_message(message)->answers.size();
  }
  EXPECT_EQ(records, 3004u);
}

TEST_F(TransferDeskTest, AKeyThatIsNotHereIsRefused) {
  const tsig::Key key = tsig::make_key(name_of("gone.test."), tsig::Algorithm::kHmacSha256);
  for (const auto transport : {query::Transport::kTcp, query::Transport::kUdp}) {
    const auto messages = messages_of(request_of({.serial = 1, .key = &key}), transport);
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(dns::parse_message(messages[0])->rcode(), dns::Rcode::NOTAUTH);
  }
}

TEST_F(TransferDeskTest, WhatIsNoRequestIsAnswered) {
  dns::Message message;
  message.questions.push_back({.name = name_of("z.test."), .type = RRType::IXFR});
  for (const auto transport : {query::Transport::kTcp, query::Transport::kUdp}) {
    const auto messages = messages_of(dns::encode(message).value(), transport);
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(dns::parse_message(messages[0])->rcode(), dns::Rcode::FORMERR) << "no SOA";
  }
  EXPECT_EQ(messages_of({1, 2, 3}, query::Transport::kUdp), (std::vector<std::vector<uint8_t>>{{}}));
}

}  // namespace
}  // namespace atlas::control::propagation::testing
