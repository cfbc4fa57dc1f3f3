#include "atlas/data/transport/doh/freshness.h"

#include <algorithm>

#include "atlas/dns/message.h"

namespace atlas::data::transport::doh {
namespace {

constexpr size_t kTypeAndClassOctets = 4;

// Of one record, whose name has been skipped. Types of no interest have no smallest TTL.
struct RecordTtl {
  dns::RRType type;
  uint32_t ttl;
  base::Bytes rdata;
};

RecordTtl read_record(base::ByteReader& reader) {
  dns::skip_name(reader);
  const auto type = static_cast<dns::RRType>(reader.u16());
  reader.u16();
  const uint32_t ttl = reader.u32();
  return {type, ttl, reader.bytes(reader.u16())};
}

bool may_be_kept(const dns::Header& header) {
  const auto rcode = static_cast<dns::Rcode>(header.rcode);
  // RFC 2181 9: what is truncated is not kept.
  return (header.flags & dns::kFlagTC) == 0 &&
         (rcode == dns::Rcode::NOERROR || rcode == dns::Rcode::NXDOMAIN);
}

}  // namespace

std::optional<uint32_t> freshness(base::Bytes response) {
  base::ByteReader reader(response);
  const auto header = dns::read_header(reader);
  if (!header || !may_be_kept(*header)) return {};
  for (unsigned i = 0; i < header->question_count; ++i) {
    dns::skip_name(reader);
    reader.skip(kTypeAndClassOctets);
  }
  std::optional<uint32_t> smallest;
  const auto note = [&](uint32_t ttl) { smallest = std::min(ttl, smallest.value_or(ttl)); };
  for (unsigned i = 0; i < header->answer_count && reader.ok(); ++i) note(read_record(reader).ttl);
  for (unsigned i = 0; i < header->authority_count && reader.ok(); ++i) {
    const RecordTtl record = read_record(reader);
    if (record.type != dns::RRType::SOA || record.rdata.size() < sizeof(uint32_t)) continue;
    note(std::min(record.ttl, base::load_u32(&record.rdata.back() + 1 - sizeof(uint32_t))));
  }
  return reader.ok() ? smallest : std::nullopt;
}

}  // namespace atlas::data::transport::doh
