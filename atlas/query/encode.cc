#include "atlas/query/encode.h"

#include <array>

#include "atlas/dns/rdata.h"
#include "atlas/query/name_compressor.h"

namespace atlas::query {
namespace {

using base::ByteWriter;
using dns::EdnsOption;

constexpr uint16_t kDnssecOkBit = 0x8000;
// More than any OPT of ours: NSID and error text are limited to 255 octets each, the rest is fixed and small.
constexpr size_t kOptOctetsMax = 1024;

void write_option_header(ByteWriter& writer, EdnsOption code, size_t octets) {
  writer.u16(static_cast<uint16_t>(code));
  writer.u16(static_cast<uint16_t>(octets));
}

// RFC 7871 7.2.1: the client's own words with a scope of 0 say that the answer holds for everybody.
void write_client_subnet(const Query& query, ByteWriter& writer) {
  if (!query.has_client_subnet) return;
  write_option_header(writer, EdnsOption::CLIENT_SUBNET, query.client_subnet_size);
  writer.bytes(base::Bytes(query.client_subnet).first(query.client_subnet_size));
}

void write_opt(const Query& query, dns::Rcode rcode, const Answer* answer, const EdnsReply& edns,
               ByteWriter& writer) {
  writer.u8(0);
  writer.u16(static_cast<uint16_t>(dns::RRType::OPT));
  writer.u16(edns.udp_payload_size);
  writer.u8(static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4));
  writer.u8(0);  // version
  writer.u16(query.dnssec_ok ? kDnssecOkBit : 0);
  const size_t length_at = writer.offset();
  writer.u16(0);
  if (query.wants_nsid && !edns.nsid.empty()) {
    write_option_header(writer, EdnsOption::NSID, edns.nsid.size());
    writer.bytes(edns.nsid);
  }
  if (!edns.cookie.empty()) {
    write_option_header(writer, EdnsOption::COOKIE, edns.cookie.size());
    writer.bytes(edns.cookie);
  }
  write_client_subnet(query, writer);
  if (edns.has_keepalive) {
    write_option_header(writer, EdnsOption::TCP_KEEPALIVE, 2);
    writer.u16(edns.keepalive);
  }
  if (edns.has_expire) {
    write_option_header(writer, EdnsOption::EXPIRE, 4);
    writer.u32(edns.expire);
  }
  if (edns.has_zone_version) {
    write_option_header(writer, EdnsOption::ZONEVERSION, 6);
    writer.u8(edns.zone_version_labels);
    writer.u8(0);  // SOA-SERIAL
    writer.u32(edns.zone_version_serial);
  }
  if (answer != nullptr && answer->has_extended_error) {
    write_option_header(writer, EdnsOption::EXTENDED_ERROR, 2 + answer->extended_text.size());
    writer.u16(static_cast<uint16_t>(answer->extended_error));
    writer.bytes(
        {reinterpret_cast<const uint8_t*>(answer->extended_text.data()), answer->extended_text.size()});
  }
  writer.patch_u16(length_at, static_cast<uint16_t>(writer.offset() - length_at - 2));
}

void write_rdata(dns::RRType type, base::Bytes rdata, NameCompressor& names, ByteWriter& writer) {
  const dns::CompressibleNames layout = dns::compressible_names(type);
  if (layout.names == 0) {
    writer.u16(static_cast<uint16_t>(rdata.size()));
    writer.bytes(rdata);
    return;
  }
  const size_t length_at = writer.offset();
  writer.u16(0);
  writer.bytes(rdata.first(layout.prefix));
  rdata = rdata.subspan(layout.prefix);
  for (int i = 0; i < layout.names; ++i) {
    const auto name = dns::view_name(rdata);
    if (!name) break;  // zones hold only checked RDATA
    names.write(*name, writer);
    rdata = rdata.subspan(name->size());
  }
  writer.bytes(rdata);
  writer.patch_u16(length_at, static_cast<uint16_t>(writer.offset() - length_at - 2));
}

// Writes all records of the RRset, or none.
bool write_rrset(const AnswerRRset& item, dns::RRClass rr_class, NameCompressor& names, ByteWriter& writer) {
  const size_t start = writer.offset();
  const size_t names_before = names.size();
  for (const base::Bytes rdata : item.rrset) {
    names.write(item.owner, writer);
    writer.u16(static_cast<uint16_t>(item.rrset.type));
    writer.u16(static_cast<uint16_t>(rr_class));
    writer.u32(item.rrset.ttl);
    write_rdata(item.rrset.type, rdata, names, writer);
    if (!writer.ok()) {
      writer.rewind(start);
      names.truncate(names_before);
      return false;
    }
  }
  return true;
}

uint16_t response_flags(const Query& query, dns::Rcode rcode, bool authoritative) {
  uint16_t word = dns::kFlagQR | static_cast<uint16_t>(static_cast<uint16_t>(query.opcode) << 11) |
                  (static_cast<uint16_t>(rcode) & 0x0f);
  // RD is copied (RFC 1035 4.1.1), CD too (RFC 4035 3.2.2); RA and AD are a resolver's.
  word |= query.flags & (dns::kFlagRD | dns::kFlagCD);
  if (authoritative) word |= dns::kFlagAA;
  return word;
}

void write_question(const Query& query, ByteWriter& writer) {
  if (!query.has_question) return;
  writer.bytes(query.name.wire());
  writer.u16(static_cast<uint16_t>(query.type));
  writer.u16(static_cast<uint16_t>(query.rr_class));
}

}  // namespace

size_t encode(const Query& query, const Answer& answer, const EdnsReply& edns, size_t size_limit,
              std::span<uint8_t> out) {
  const dns::Rcode rcode = answer.overflowed() ? dns::Rcode::SERVFAIL : answer.rcode;
  ByteWriter writer(out);
  writer.set_limit(size_limit);
  writer.u16(query.id);
  writer.u16(response_flags(query, rcode, answer.authoritative && !answer.overflowed()));
  writer.u16(query.has_question ? 1 : 0);
  writer.u16(0);
  writer.u16(0);
  writer.u16(0);
  NameCompressor names;
  write_question(query, writer);
  if (query.has_question) names.set_question(query.name, dns::kHeaderOctets);

  // OPT is made first, so that its room is kept free while records are added.
  std::array<uint8_t, kOptOctetsMax> opt_buffer;
  ByteWriter opt(opt_buffer);
  if (query.has_edns) {
    write_opt(query, rcode, &answer, edns, opt);
    // An extended error's text is the first thing to go when room is short (RFC 8914 3).
    if (!opt.ok() || writer.offset() + opt.offset() > size_limit) {
      opt.rewind(0);
      write_opt(query, rcode, nullptr, edns, opt);
    }
  }
  writer.set_limit(size_limit > opt.offset() ? size_limit - opt.offset() : 0);

  // QCLASS may be ANY; records have a class of their own.
  const dns::RRClass rr_class = query.rr_class == dns::RRClass::CH ? dns::RRClass::CH : dns::RRClass::IN;
  std::array<uint16_t, 3> counts{};
  bool truncated = answer.truncated;
  if (!truncated && !answer.overflowed()) {
    for (const Section section : {Section::kAnswer, Section::kAuthority, Section::kAdditional}) {
      for (const AnswerRRset& item : answer.rrsets()) {
        if (item.section != section || truncated) continue;
        if (write_rrset(item, rr_class, names, writer)) {
          counts[static_cast<size_t>(section)] += item.rrset.count;
        } else if (item.required) {
          truncated = true;
        }
      }
    }
  }
  writer.set_limit(size_limit);
  if (query.has_edns) {
    writer.bytes(opt.written());
    ++counts[2];
  }
  if (truncated) writer.data()[2] |= dns::kFlagTC >> 8;
  writer.patch_u16(6, counts[0]);
  writer.patch_u16(8, counts[1]);
  writer.patch_u16(10, counts[2]);
  return writer.offset();
}

size_t encode_error(const Query& query, dns::Rcode rcode, std::span<uint8_t> out) {
  ByteWriter writer(out);
  writer.u16(query.id);
  writer.u16(response_flags(query, rcode, false));
  writer.u16(query.has_question ? 1 : 0);
  writer.u32(0);
  writer.u16(query.has_edns ? 1 : 0);
  write_question(query, writer);
  if (query.has_edns) write_opt(query, rcode, nullptr, EdnsReply{}, writer);
  return writer.offset();
}

}  // namespace atlas::query
