// For tests: questions for whole zones, and answers of several messages whose contents do not matter.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "atlas/data/test_desk.h"
#include "atlas/data/transfers.h"
#include "atlas/transfer/outgoing.h"

namespace atlas::data {

inline std::vector<uint8_t> test_axfr(uint16_t id, std::string_view zone = "example.") {
  return test_query(id, zone, dns::RRType::AXFR);
}

// Of a client that has version 1.
inline std::vector<uint8_t> test_ixfr(uint16_t id, std::string_view zone = "example.") {
  dns::Message message;
  message.header.id = id;
  message.questions.push_back({test_name(zone), dns::RRType::IXFR, dns::RRClass::IN});
  std::vector<uint8_t> soa(2, 0);
  for (uint8_t number : {1, 2, 3, 4, 5}) soa.insert(soa.end(), {0, 0, 0, number});
  message.authorities.push_back({test_name(zone), dns::RRType::SOA, dns::RRClass::IN, 0, soa});
  return dns::encode(message).value();
}

inline std::vector<uint8_t> test_notify(uint16_t id, std::string_view zone = "example.") {
  dns::Message message;
  message.header.id = id;
  message.header.opcode = dns::Opcode::NOTIFY;
  message.questions.push_back({test_name(zone), dns::RRType::SOA, dns::RRClass::IN});
  return dns::encode(message).value();
}

inline std::shared_ptr<const policy::transfer::TransferPolicy> test_transfer_policy(const char* rule) {
  return std::make_shared<const policy::transfer::TransferPolicy>(
      std::vector{policy::transfer::parse_rule(rule).value()});
}

// example., for everybody.
inline void allow_transfers(handoff::ServingSnapshot& snapshot, const char* rule = "any") {
  handoff::ZoneEntry entry = *snapshot.zones.find_exact(test_name("example."));
  entry.transfers = test_transfer_policy(rule);
  snapshot.zones = snapshot.zones.with(std::span(&entry, 1));
}

// What a TestOutgoing has done, which may be gone.
struct OutgoingTrace {
  size_t given = 0;
  bool is_gone = false;
};

// So many messages of kTestMessageOctets, whose IDs are that of the request and whose only TTLs count them.
inline constexpr size_t kTestMessageOctets = 16'000;
class TestOutgoing final : public transfer::Outgoing {
 public:
  TestOutgoing(uint16_t id, size_t messages, std::shared_ptr<OutgoingTrace> trace)
      : id_(id), messages_(messages), trace_(std::move(trace)) {}
  ~TestOutgoing() override { trace_->is_gone = true; }

  size_t next(std::span<uint8_t> out, base::WallTime) noexcept override {
    if (is_done()) return 0;
    base::ByteWriter writer(out.first(kTestMessageOctets));
    for (const uint16_t number :
         {id_, uint16_t{dns::kFlagQR}, uint16_t{0}, uint16_t{1}, uint16_t{0}, uint16_t{0}}) {
      writer.u16(number);
    }
    writer.u8(0);
    writer.u16(static_cast<uint16_t>(dns::RRType::NULL_));
    writer.u16(static_cast<uint16_t>(dns::RRClass::IN));
    writer.u32(static_cast<uint32_t>(trace_->given++));
    const size_t octets = writer.remaining() - sizeof(uint16_t);
    writer.u16(static_cast<uint16_t>(octets));
    std::fill_n(writer.take(octets), octets, uint8_t{7});
    return kTestMessageOctets;
  }
  bool is_done() const override { return trace_->given == messages_; }
  uint64_t records() const override { return trace_->given; }

 private:
  const uint16_t id_;
  const size_t messages_;
  const std::shared_ptr<OutgoingTrace> trace_;
};

// Control answers each IXFR with so many messages; each connection begins with them. Returns the traces.
template <typename Transport>
std::vector<std::shared_ptr<OutgoingTrace>> give_transfers(TestDesk& desk, Transport& transport,
                                                           const Batch& batch, size_t messages) {
  std::vector<std::shared_ptr<OutgoingTrace>> traces;
  for (const handoff::Request& request :
       desk.desk.take_requests(handoff::RequestKind::kTransfer, handoff::kRequestsMax)) {
    traces.push_back(std::make_shared<OutgoingTrace>());
    std::vector<handoff::Reply> replies(1);
    replies[0].ticket = request.ticket;
    replies[0].transfer =
        std::make_unique<TestOutgoing>(base::load_u16(request.message.data()), messages, traces.back());
    desk.desk.reply(request.worker, std::move(replies));
  }
  desk.tickets.take_replies();
  while (desk.tickets.has_replies()) {
    auto delivery = desk.tickets.next_reply();
    EXPECT_TRUE(delivery);
    if (!delivery) continue;
    const ReplyPlace place = delivery->place;
    transport.reply(
        std::get<ConnectionPlace>(place.where),
        Transfer(std::move(delivery->transfer), std::move(delivery->permit), place.transport, batch), batch);
  }
  return traces;
}

}  // namespace atlas::data
