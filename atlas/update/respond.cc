#include "atlas/update/respond.h"

#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/dns/edns.h"
#include "atlas/dns/message.h"

namespace atlas::update {
namespace {

constexpr uint16_t kPayloadOctets = 1232;
constexpr uint32_t kDnssecOkBit = 0x8000;
constexpr size_t kOptOctets = 11;  // without options
constexpr size_t kExtraTextOctetsMax = 120;

struct ZoneSection {
  dns::Name name;
  base::Bytes type_and_class;
};

// Both as far as they can be read.
struct Parts {
  std::optional<ZoneSection> zone;
  std::optional<uint32_t> opt_ttl;  // EDNS's flags
};

Parts read_parts(base::Bytes message) {
  Parts parts;
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  if (!header || header->question_count != 1) return parts;
  const auto name = dns::read_name(reader);
  const base::Bytes type_and_class = reader.bytes(4);
  if (!name || !reader.ok()) return parts;
  parts.zone = ZoneSection{*name, type_and_class};
  const size_t before = size_t{header->answer_count} + header->authority_count;
  const size_t records = std::min(before + header->additional_count, kRecordsMax);
  for (size_t i = 0; i < records; ++i) {
    if (!dns::skip_name(reader)) break;
    const auto type = static_cast<dns::RRType>(reader.u16());
    reader.u16();
    const uint32_t ttl = reader.u32();
    reader.skip(reader.u16());
    if (!reader.ok()) break;
    if (i >= before && type == dns::RRType::OPT) {
      parts.opt_ttl = ttl;
      break;
    }
  }
  return parts;
}

std::vector<uint8_t> options_of(const Refusal& outcome, const std::optional<Lease>& granted) {
  std::vector<uint8_t> options;
  if (granted) dns::append_option(dns::UpdateLeaseOption{granted->lease, granted->key_lease}, options);
  if (outcome.extended_error) {
    dns::append_option(
        dns::ExtendedErrorOption{*outcome.extended_error, outcome.reason.substr(0, kExtraTextOctetsMax)},
        options);
  }
  return options;
}

}  // namespace

size_t write_response(base::Bytes message, const Refusal& outcome, const std::optional<Lease>& granted,
                      std::span<uint8_t> out) {
  ATLAS_ASSERT(message.size() >= dns::kHeaderOctets && out.size() >= kResponseOctetsMax);
  const Parts parts = read_parts(message);
  const auto rcode = static_cast<uint16_t>(outcome.rcode);
  dns::Header header;
  header.id = base::load_u16(message.data());
  header.flags = dns::kFlagQR;
  header.opcode = static_cast<dns::Opcode>(message[2] >> 3 & 0x0f);
  // Without EDNS an extended RCODE cannot be said.
  header.rcode = static_cast<uint8_t>(rcode > 15 && !parts.opt_ttl ? 1 : rcode & 0x0f);
  header.question_count = parts.zone ? 1 : 0;
  header.additional_count = parts.opt_ttl ? 1 : 0;
  base::ByteWriter writer(out.first(kResponseOctetsMax));
  dns::write_header(header, writer);
  if (parts.zone) {
    writer.bytes(parts.zone->name.wire());
    writer.bytes(parts.zone->type_and_class);
  }
  if (parts.opt_ttl) {
    const std::vector<uint8_t> options = options_of(outcome, granted);
    writer.u8(0);
    writer.u16(static_cast<uint16_t>(dns::RRType::OPT));
    writer.u16(kPayloadOctets);
    writer.u32(uint32_t{rcode} >> 4 << 24 | (*parts.opt_ttl & kDnssecOkBit));
    writer.u16(static_cast<uint16_t>(options.size()));
    writer.bytes(options);
  }
  // Header, a name, OPT, a lease and a text have room.
  static_assert(dns::kHeaderOctets + dns::kNameOctetsMax + 4 + kOptOctets + 12 + 6 + kExtraTextOctetsMax <=
                kResponseOctetsMax);
  ATLAS_ASSERT(writer.ok());
  return writer.offset();
}

}  // namespace atlas::update
