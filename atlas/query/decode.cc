#include <cstring>

#include "atlas/query/query.h"

namespace atlas::query {
namespace {

using dns::EdnsOption;
using dns::Rcode;

// RFC 6891 6.2.3: smaller values are treated as 512.
constexpr uint16_t kUdpPayloadMin = 512;
// A record is at least a root owner and ten octets, so that the packet's own size bounds the records read.
constexpr size_t kQueryRecordsMax = 64;
constexpr size_t kUpdateRecordsMax = 10'000;

// Type, class, TTL and length of the RDATA.
constexpr size_t kRecordFixedOctets = 10;

constexpr uint32_t kDnssecOkBit = 0x8000;

// RFC 7871 6: family, prefix lengths and no more address octets than the prefix needs, with no bits behind
// it.
bool is_valid_client_subnet(base::Bytes data) {
  if (data.size() < 4) return false;
  const uint16_t family = base::load_u16(data.data());
  const size_t prefix = data[2];
  if ((family != 1 && family != 2) || prefix > (family == 1 ? 32u : 128u) || data[3] != 0) return false;
  if (data.size() - 4 != (prefix + 7) / 8) return false;
  return prefix % 8 == 0 || (data.back() & (0xff >> prefix % 8)) == 0;
}

// False if the option makes the whole query a format error.
bool read_option(EdnsOption code, base::Bytes data, Query& query) {
  switch (code) {
    case EdnsOption::NSID:
      query.options.nsid = true;
      return true;
    case EdnsOption::COOKIE:
      // RFC 7873 5.2.2: 8, or 16 to 40 octets; anything else is FORMERR. Only the first one counts.
      if (data.size() != 8 && (data.size() < 16 || data.size() > 40)) return false;
      if (query.options.cookie) return true;
      query.options.cookie = true;
      std::memcpy(query.cookie.client.data(), data.data(), 8);
      query.cookie.server_size = static_cast<uint8_t>(data.size() - 8);
      if (query.cookie.server_size != 0) {
        std::memcpy(query.cookie.server.data(), data.data() + 8, query.cookie.server_size);
      }
      return true;
    case EdnsOption::CLIENT_SUBNET:
      if (!is_valid_client_subnet(data)) return false;
      query.options.client_subnet = true;
      query.client_subnet_size = static_cast<uint8_t>(data.size());
      std::memcpy(query.client_subnet.data(), data.data(), data.size());
      return true;
    case EdnsOption::EXPIRE:
      query.options.expire = true;
      return true;
    case EdnsOption::ZONEVERSION:
      query.options.zone_version = true;
      return data.empty();  // RFC 9660 3.2
    case EdnsOption::TCP_KEEPALIVE:
      // RFC 7828 3.2.1: a client sends no timeout; one that does is let pass.
      query.options.keepalive = true;
      return true;
    case EdnsOption::PADDING:
      query.options.padding = true;
      return true;
    default:
      query.options.other = true;  // RFC 6891 6.1.2: unknown options are ignored
      return true;
  }
}

bool read_options(base::Bytes options, Query& query) {
  base::ByteReader reader(options);
  while (!reader.at_end()) {
    const auto code = static_cast<EdnsOption>(reader.u16());
    const base::Bytes data = reader.bytes(reader.u16());
    if (!reader.ok() || !read_option(code, data, query)) return false;
  }
  return true;
}

DecodeResult error(Rcode rcode) {
  return {Decoded::kError, rcode};
}

// What the message is, if nothing is wrong with its EDNS.
DecodeResult finish(const Query& query, DecodeResult result) {
  // Octets behind the last record are let pass, as most servers do.
  if (query.edns_version != 0) return error(Rcode::BADVERS);
  if (!query.has_question && !query.options.cookie) return error(Rcode::FORMERR);
  return result;
}

// What follows the header. Made for each kind, so that queries do not pay for the others.
template <Decoded kOutcome, size_t kRecordsMax>
[[gnu::always_inline]] inline DecodeResult decode_sections(base::Bytes message, const dns::Header& header,
                                                           base::ByteReader& reader, Query& query) {
  if (header.question_count == 1) {
    // RFC 1035 4.1.4: nothing stands before the question that a pointer could lead to.
    if (!query.name.read(message.subspan(dns::kHeaderOctets))) return error(Rcode::FORMERR);
    reader.skip(query.name.view().size());
    const base::Bytes type_and_class = reader.bytes(4);
    if (!reader.ok()) return error(Rcode::FORMERR);
    query.has_question = true;
    query.type = static_cast<dns::RRType>(base::load_u16(type_and_class.data()));
    query.rr_class = static_cast<dns::RRClass>(base::load_u16(type_and_class.data() + 2));
  }

  // Records that a query has no use for are read over, as most servers do.
  const size_t before_additional = size_t{header.answer_count} + header.authority_count;
  const size_t records = before_additional + header.additional_count;
  if (records > kRecordsMax) return error(Rcode::FORMERR);
  for (size_t i = 0; i < records; ++i) {
    const size_t owner = reader.offset();
    if (!dns::skip_name(reader)) return error(Rcode::FORMERR);
    const size_t owner_octets = reader.offset() - owner;
    const base::Bytes fixed = reader.bytes(kRecordFixedOctets);
    if (!reader.ok()) return error(Rcode::FORMERR);
    const auto type = static_cast<dns::RRType>(base::load_u16(fixed.data()));
    const uint16_t rr_class = base::load_u16(fixed.data() + 2);
    const uint32_t ttl = base::load_u32(fixed.data() + 4);
    const base::Bytes rdata = reader.bytes(base::load_u16(fixed.data() + 8));
    if (!reader.ok()) return error(Rcode::FORMERR);
    if (type != dns::RRType::OPT) {
      if (type != dns::RRType::TSIG) continue;
      // RFC 8945 5.1: the last record of the message. What an update is signed with is for whoever carries it
      // out.
      if (i + 1 != records || i < before_additional) return error(Rcode::FORMERR);
      return finish(query, {kOutcome, kOutcome == Decoded::kQuery ? Rcode::NOTAUTH : Rcode::NOTIMP});
    }
    // RFC 6891 6.1.1: at most one, in the additional section, owned by the root.
    if (query.has_edns || i < before_additional || owner_octets != 1) return error(Rcode::FORMERR);
    query.has_edns = true;
    query.udp_payload_size = rr_class < kUdpPayloadMin ? kUdpPayloadMin : rr_class;
    query.edns_version = static_cast<uint8_t>(ttl >> 16);
    query.dnssec_ok = (ttl & kDnssecOkBit) != 0;
    // RFC 6891 6.1.3: the options of another version mean what we cannot know.
    if (query.edns_version == 0 && !rdata.empty() && !read_options(rdata, query))
      return error(Rcode::FORMERR);
  }
  return finish(query, {kOutcome, kOutcome == Decoded::kQuery ? Rcode::NOERROR : Rcode::NOTIMP});
}

[[gnu::noinline]] DecodeResult decode_other(base::Bytes message, dns::Header header, base::ByteReader reader,
                                            Query& query) {
  // Other operations are refused by opcode before their sections are looked at.
  const bool is_notify = header.opcode == dns::Opcode::NOTIFY;
  if (header.opcode != dns::Opcode::UPDATE && !is_notify) return error(Rcode::NOTIMP);
  // RFC 2136 2.3, RFC 1996 3.7.
  if (header.question_count != 1) return error(Rcode::FORMERR);
  return is_notify ? decode_sections<Decoded::kNotify, kQueryRecordsMax>(message, header, reader, query)
                   : decode_sections<Decoded::kUpdate, kUpdateRecordsMax>(message, header, reader, query);
}

}  // namespace

DecodeResult decode(base::Bytes message, Query& query) {
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  // RFC 1035 4.1.1: what has no whole header cannot be answered, and answers are not answered.
  if (!header || (header->flags & dns::kFlagQR) != 0) return {Decoded::kDrop, Rcode::NOERROR};

  query.id = header->id;
  query.flags = header->flags;
  query.opcode = header->opcode;
  query.has_question = false;
  query.has_edns = false;
  query.dnssec_ok = false;
  query.edns_version = 0;
  query.udp_payload_size = kUdpPayloadMin;
  query.options = {};

  if (header->opcode != dns::Opcode::QUERY) return decode_other(message, *header, reader, query);
  // RFC 9619: one question. RFC 7873 5.4: none, with a cookie, asks for a cookie alone.
  if (header->question_count > 1) return error(Rcode::FORMERR);
  return decode_sections<Decoded::kQuery, kQueryRecordsMax>(message, *header, reader, query);
}

}  // namespace atlas::query
