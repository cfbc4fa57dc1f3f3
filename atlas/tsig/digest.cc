#include "atlas/tsig/digest.h"

#include <algorithm>

#include "atlas/dns/message.h"

namespace atlas::tsig {
namespace {

void write_lower(dns::NameView name, base::ByteWriter& writer) {
  if (uint8_t* at = writer.take(name.size())) std::ranges::transform(name.wire(), at, dns::ascii_lower);
}

}  // namespace

void Digest::add_mac(base::Bytes mac) {
  uint8_t size[2];
  base::store_u16(size, static_cast<uint16_t>(mac.size()));
  hmac_.update(size);
  hmac_.update(mac);
}

void Digest::add_message(base::Bytes message, uint16_t original_id, uint16_t additional_count) {
  uint8_t header[dns::kHeaderOctets];
  base::copy_few(header, message.data(), sizeof header);
  base::store_u16(header, original_id);
  base::store_u16(header + 10, additional_count);
  hmac_.update(header);
  hmac_.update(message.subspan(sizeof header));
}

void Digest::add_variables(const Record& record) {
  uint8_t buffer[2 * dns::kNameOctetsMax + 18];
  base::ByteWriter writer(buffer);
  write_lower(record.owner, writer);
  writer.u16(static_cast<uint16_t>(dns::RRClass::ANY));
  writer.u32(0);  // TTL
  write_lower(record.algorithm, writer);
  writer.u48(record.time_signed);
  writer.u16(record.fudge);
  writer.u16(record.error);
  writer.u16(static_cast<uint16_t>(record.other.size()));
  hmac_.update(writer.written());
  hmac_.update(record.other);
}

void Digest::add_timers(const Record& record) {
  uint8_t buffer[8];
  base::ByteWriter writer(buffer);
  writer.u48(record.time_signed);
  writer.u16(record.fudge);
  hmac_.update(writer.written());
}

Mac Digest::finish(Algorithm algorithm) {
  return {.octets = hmac_.finish(), .size = static_cast<uint8_t>(mac_octets(algorithm))};
}

bool is_mac_of(const Mac& mac, const Record& record) {
  return record.mac.size() <= mac.size &&
         crypto::is_equal_in_constant_time(mac.view().first(record.mac.size()), record.mac);
}

}  // namespace atlas::tsig
