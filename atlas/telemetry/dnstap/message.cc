#include "atlas/telemetry/dnstap/message.h"

#include <array>
#include <chrono>

namespace atlas::telemetry::dnstap {
namespace {

// Wire types of Protocol Buffers.
constexpr uint32_t kVarint = 0;
constexpr uint32_t kOctets = 2;
constexpr uint32_t kFixed32 = 5;

class Writer {
 public:
  explicit Writer(std::vector<uint8_t>& out) : out_(out) {}

  void number(uint32_t field, uint64_t value) {
    varint(field << 3 | kVarint);
    varint(value);
  }
  void fixed32(uint32_t field, uint32_t value) {
    varint(field << 3 | kFixed32);
    for (int shift = 0; shift < 32; shift += 8) out_.push_back(static_cast<uint8_t>(value >> shift));
  }
  void octets(uint32_t field, base::Bytes value) {
    varint(field << 3 | kOctets);
    varint(value.size());
    out_.insert(out_.end(), value.begin(), value.end());
  }
  void text(uint32_t field, std::string_view value) {
    if (!value.empty()) octets(field, {reinterpret_cast<const uint8_t*>(value.data()), value.size()});
  }

 private:
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<uint8_t>(value | 0x80));
    out_.push_back(static_cast<uint8_t>(value));
  }

  std::vector<uint8_t>& out_;
};

// SocketProtocol: UDP, TCP, DOT, DOH, by query::Transport.
constexpr std::array<uint64_t, query::kTransportCount> kSocketProtocols = {1, 2, 3, 4, 7, 4};

base::Bytes address_octets(const net::IpAddress& address) {
  const base::Bytes octets = address.octets();
  return address.is_v4() ? octets.last(4) : octets;
}

// Only if `stored` holds all of it.
void dns_message(Writer& writer, uint32_t field, base::Bytes stored, size_t size) {
  if (size != 0 && size <= stored.size()) writer.octets(field, stored.first(size));
}

// Message.
void write_message(Writer writer, const handoff::QueryRecord& record, MessageType type) {
  const query::Client& client = record.client;
  writer.number(1, static_cast<uint64_t>(type));
  writer.number(2, client.remote.address.is_v4() ? 1 : 2);  // SocketFamily
  writer.number(3, kSocketProtocols[static_cast<size_t>(client.transport)]);
  writer.octets(4, address_octets(client.remote.address));
  writer.octets(5, address_octets(client.local.address));
  writer.number(6, client.remote.port);
  writer.number(7, client.local.port);
  const auto since_epoch = record.received.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since_epoch);
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(since_epoch - seconds);
  writer.number(8, static_cast<uint64_t>(seconds.count()));
  writer.fixed32(9, static_cast<uint32_t>(nanoseconds.count()));
  if (type == MessageType::kAuthQuery) {
    dns_message(writer, 10, record.query, record.query_size);
  } else {
    writer.number(12, static_cast<uint64_t>(seconds.count()));
    writer.fixed32(13, static_cast<uint32_t>(nanoseconds.count()));
    dns_message(writer, 14, record.response, record.response_size);
  }
}

}  // namespace

void encode(const handoff::QueryRecord& record, MessageType type, std::string_view identity,
            std::string_view version, std::vector<uint8_t>& out) {
  std::vector<uint8_t> message;
  message.reserve(handoff::kRecordedOctetsMax + 128);
  write_message(Writer(message), record, type);
  out.clear();
  Writer writer(out);
  writer.text(1, identity);
  writer.text(2, version);
  writer.octets(14, message);
  writer.number(15, 1);  // Dnstap.Type: MESSAGE
}

}  // namespace atlas::telemetry::dnstap
