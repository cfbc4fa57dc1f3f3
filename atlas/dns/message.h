// Whole messages, for tools, tests and everything that is not the query path: parsed into vectors, RDATA
// decompressed. The query path has its own decoder and encoder (atlas/query).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/dns/edns.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::dns {

inline constexpr size_t kHeaderOctets = 12;
inline constexpr size_t kMessageOctetsMax = 65535;

// Bits of the second 16-bit word of the header.
enum HeaderFlag : uint16_t {
  kFlagQR = 0x8000,
  kFlagAA = 0x0400,
  kFlagTC = 0x0200,
  kFlagRD = 0x0100,
  kFlagRA = 0x0080,
  kFlagAD = 0x0020,
  kFlagCD = 0x0010,
};

struct Header {
  uint16_t id = 0;
  uint16_t flags = 0;  // HeaderFlags only: no opcode, no RCODE, no Z
  Opcode opcode = Opcode::QUERY;
  uint8_t rcode = 0;  // low four bits
  uint16_t question_count = 0;
  uint16_t answer_count = 0;
  uint16_t authority_count = 0;
  uint16_t additional_count = 0;
};

// Bits of that word which are flags.
inline constexpr uint16_t kFlagsMask = kFlagQR | kFlagAA | kFlagTC | kFlagRD | kFlagRA | kFlagAD | kFlagCD;

// Reads the 12 octets; empty if there are fewer.
inline std::optional<Header> read_header(base::ByteReader& reader) {
  const base::Bytes octets = reader.bytes(kHeaderOctets);
  if (!reader.ok()) return {};
  const uint8_t* const at = octets.data();
  const uint16_t word = base::load_u16(at + 2);
  return Header{.id = base::load_u16(at),
                .flags = static_cast<uint16_t>(word & kFlagsMask),
                .opcode = static_cast<Opcode>(word >> 11 & 0x0f),
                .rcode = static_cast<uint8_t>(word & 0x0f),
                .question_count = base::load_u16(at + 4),
                .answer_count = base::load_u16(at + 6),
                .authority_count = base::load_u16(at + 8),
                .additional_count = base::load_u16(at + 10)};
}
void write_header(const Header& header, base::ByteWriter& writer);

struct Question {
  Name name;
  RRType type = RRType::A;
  RRClass rr_class = RRClass::IN;

  friend bool operator==(const Question&, const Question&) = default;
};

struct Record {
  Name owner;
  RRType type = RRType::A;
  RRClass rr_class = RRClass::IN;
  uint32_t ttl = 0;
  std::vector<uint8_t> rdata;  // uncompressed wire form

  friend bool operator==(const Record&, const Record&) = default;
};

struct Message {
  Header header;  // counts are set by parse_message and ignored by encode
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additionals;  // without OPT
  std::optional<Edns> edns;

  // The extended RCODE: that of the header with EDNS's upper bits.
  Rcode rcode() const;
};

// Fails on anything malformed: bad names or RDATA, cut off, octets left over, more than one OPT.
base::Result<Message> parse_message(base::Bytes wire);

// Encodes with compression. Fails if the result would be longer than `size_max`.
base::Result<std::vector<uint8_t>> encode(const Message& message, size_t size_max = kMessageOctetsMax);

// "owner TTL CLASS TYPE rdata", separated by one tab each.
std::string to_text(const Record& record);

}  // namespace atlas::dns
