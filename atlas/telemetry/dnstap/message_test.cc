#include "atlas/telemetry/dnstap/message.h"

#include <gtest/gtest.h>

#include <map>

namespace atlas::telemetry::dnstap {
namespace {

// The fields of one Protocol Buffers message: numbers as they are, octets as text.
struct Fields {
  std::map<uint32_t, uint64_t> numbers;
  std::map<uint32_t, std::string> octets;
};

uint64_t take_varint(base::Bytes& rest) {
  uint64_t value = 0;
  for (int shift = 0;; shift += 7) {
    const uint8_t octet = rest.front();
    rest = rest.subspan(1);
    value |= uint64_t{octet & 0x7fu} << shift;
    if ((octet & 0x80) == 0) return value;
  }
}

Fields parse(base::Bytes rest) {
  Fields fields;
  while (!rest.empty()) {
    const uint64_t key = take_varint(rest);
    const auto field = static_cast<uint32_t>(key >> 3);
    if ((key & 7) == 0) {
      fields.numbers[field] = take_varint(rest);
    } else if ((key & 7) == 5) {
      fields.numbers[field] = rest[0] | rest[1] << 8 | rest[2] << 16 | uint64_t{rest[3]} << 24;
      rest = rest.subspan(4);
    } else {
      const uint64_t size = take_varint(rest);
      fields.octets[field] = std::string(reinterpret_cast<const char*>(rest.data()), size);
      rest = rest.subspan(size);
    }
  }
  return fields;
}

Fields parse(const std::string& octets) {
  return parse(base::Bytes(reinterpret_cast<const uint8_t*>(octets.data()), octets.size()));
}

handoff::QueryRecord make_record(const char* remote, query::Transport transport) {
  handoff::QueryRecord record;
  record.client.remote = net::Endpoint::parse(remote, 0).value();
  record.client.local =
      net::Endpoint::parse(record.client.remote.address.is_v4() ? "192.0.2.53" : "2001:db8::53", 53).value();
  record.client.transport = transport;
  record.received = base::WallTime(std::chrono::nanoseconds(1'700'000'000'000'000'300));
  record.query_size = 3;
  record.query = {1, 2, 3};
  record.response_size = 2;
  record.response = {7, 8};
  return record;
}

Fields encoded(const handoff::QueryRecord& record, MessageType type, Fields* outer = nullptr) {
  std::vector<uint8_t> out{9, 9};
  encode(record, type, "ns1", "Atlas 1", out);
  Fields whole = parse(base::Bytes(out));
  if (outer != nullptr) *outer = whole;
  return parse(whole.octets[14]);
}

TEST(DnstapMessage, HasAQueryOverIpv4) {
  Fields outer;
  Fields message =
      encoded(make_record("198.51.100.7:4321", query::Transport::kUdp), MessageType::kAuthQuery, &outer);
  EXPECT_EQ(outer.octets[1], "ns1");
  EXPECT_EQ(outer.octets[2], "Atlas 1");
  EXPECT_EQ(outer.numbers[15], 1u);
  EXPECT_EQ(message.numbers[1], 1u);
  EXPECT_EQ(message.numbers[2], 1u);
  EXPECT_EQ(message.numbers[3], 1u);
  EXPECT_EQ(message.octets[4], "\xc6\x33\x64\x07");
  EXPECT_EQ(message.octets[5], std::string("\xc0\x00\x02\x35", 4));
  EXPECT_EQ(message.numbers[6], 4321u);
  EXPECT_EQ(message.numbers[7], 53u);
  EXPECT_EQ(message.numbers[8], 1'700'000'000u);
  EXPECT_EQ(message.numbers[9], 300u);
  EXPECT_EQ(message.octets[10], "\1\2\3");
  EXPECT_EQ(message.octets.count(14), 0u);
}

TEST(DnstapMessage, HasAResponseOverIpv6AndTcp) {
  Fields message =
      encoded(make_record("[2001:db8::1]:53000", query::Transport::kTcp), MessageType::kAuthResponse);
  EXPECT_EQ(message.numbers[1], 2u);
  EXPECT_EQ(message.numbers[2], 2u);
  EXPECT_EQ(message.numbers[3], 2u);
  EXPECT_EQ(message.octets[4].size(), 16u);
  EXPECT_EQ(message.octets.count(10), 0u);
  EXPECT_EQ(message.numbers[12], 1'700'000'000u);
  EXPECT_EQ(message.octets[14], "\7\x8");
}

// DOT and DOH of dnstap.proto.
TEST(DnstapMessage, TellsEncryptedTransports) {
  for (const auto& [transport, number] :
       {std::pair(query::Transport::kTls, 3u), {query::Transport::kHttps, 4u}}) {
    EXPECT_EQ(encoded(make_record("192.0.2.1:1", transport), MessageType::kAuthQuery).numbers[3], number);
  }
}

TEST(DnstapMessage, LeavesOutWhatTheRecordHoldsInPart) {
  handoff::QueryRecord record = make_record("198.51.100.7:4321", query::Transport::kTcp);
  record.response_size = handoff::kRecordedOctetsMax + 1;
  EXPECT_EQ(encoded(record, MessageType::kAuthResponse).octets.count(14), 0u);
}

}  // namespace
}  // namespace atlas::telemetry::dnstap
