#include "atlas/tsig/record.h"

#include <algorithm>
#include <chrono>

#include "atlas/dns/message.h"
#include "atlas/tsig/layout.h"
#include "atlas/tsig/tsig.h"

namespace atlas::tsig {
namespace {

constexpr size_t kAdditionalCountAt = 10;  // in the header

bool read_rdata(base::Bytes rdata, Record& record) {
  // RFC 8945 4.2: uncompressed.
  const auto algorithm = dns::view_name(rdata);
  if (!algorithm) return false;
  record.algorithm = *algorithm;
  base::ByteReader reader(rdata, algorithm->size());
  record.time_signed = reader.u48();
  record.fudge = reader.u16();
  record.mac = reader.bytes(reader.u16());
  record.original_id = reader.u16();
  record.error = reader.u16();
  record.other = reader.bytes(reader.u16());
  return reader.ok() && reader.at_end();
}

}  // namespace

Found find_record(base::Bytes message, Record& record) {
  const Layout layout = read_layout(message);
  if (layout.is_misplaced) return Found::kMalformed;
  if (layout.last == 0 || layout.type != dns::RRType::TSIG) return Found::kNone;
  if (!layout.is_whole) return Found::kMalformed;
  base::ByteReader reader(message, layout.last);
  const auto owner = dns::read_name(reader);
  reader.seek(layout.last_type + 2);
  const uint16_t rr_class = reader.u16();
  const uint32_t ttl = reader.u32();
  reader.skip(2);
  if (!owner || rr_class != static_cast<uint16_t>(dns::RRClass::ANY) || ttl != 0) return Found::kMalformed;
  record.owner = *owner;
  record.begin = layout.last;
  record.additional_count = layout.additional_count;
  return read_rdata(reader.rest(), record) ? Found::kOne : Found::kMalformed;
}

size_t append_record(const Record& record, std::span<uint8_t> out, size_t octets) {
  if (octets < dns::kHeaderOctets || octets > out.size()) return 0;
  const uint16_t count = base::load_u16(&out[kAdditionalCountAt]);
  if (count == UINT16_MAX) return 0;
  base::ByteWriter writer(out.first(std::min(out.size(), dns::kMessageOctetsMax)));
  writer.rewind(octets);
  writer.bytes(record.owner.wire());
  writer.u16(static_cast<uint16_t>(dns::RRType::TSIG));
  writer.u16(static_cast<uint16_t>(dns::RRClass::ANY));
  writer.u32(0);
  writer.u16(static_cast<uint16_t>(record.algorithm.size() + 16 + record.mac.size() + record.other.size()));
  writer.bytes(record.algorithm.wire());
  writer.u48(record.time_signed);
  writer.u16(record.fudge);
  writer.u16(static_cast<uint16_t>(record.mac.size()));
  writer.bytes(record.mac);
  writer.u16(record.original_id);
  writer.u16(record.error);
  writer.u16(static_cast<uint16_t>(record.other.size()));
  writer.bytes(record.other);
  if (!writer.ok()) return 0;
  base::store_u16(&out[kAdditionalCountAt], static_cast<uint16_t>(count + 1));
  return writer.offset();
}

bool is_mac_size_allowed(Algorithm algorithm, size_t octets) {
  static constexpr size_t kMacOctetsMin = 10;
  const size_t half = crypto::hash_octets(hash_of(algorithm)) / 2;
  return octets <= mac_octets(algorithm) && octets >= std::max(kMacOctetsMin, half);
}

uint64_t seconds_of(base::WallTime time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  return seconds > 0 ? static_cast<uint64_t>(seconds) : 0;
}

bool is_timely(const Record& record, base::WallTime now) {
  const uint64_t here = seconds_of(now);
  return std::max(here, record.time_signed) - std::min(here, record.time_signed) <= record.fudge;
}

}  // namespace atlas::tsig
