#include "atlas/query/encode.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "atlas/dns/rdata.h"
#include "atlas/query/name_compressor.h"

namespace atlas::query {
namespace {

using base::ByteWriter;
using dns::EdnsOption;

constexpr uint32_t kDnssecOkBit = 0x8000;
// More than any OPT of ours: NSID and error text are limited to 255 octets each, the rest is fixed and small.
constexpr size_t kOptOctetsMax = 1024;
constexpr size_t kOptFixedOctets = 11;
constexpr size_t kOptionHeaderOctets = 4;
// Type, class, TTL and length of the RDATA.
constexpr size_t kRecordFixedOctets = 10;

void write_option_header(ByteWriter& writer, EdnsOption code, size_t octets) {
  writer.u16(static_cast<uint16_t>(code));
  writer.u16(static_cast<uint16_t>(octets));
}

// RFC 7871 7.2.1: the client's own words with a scope of 0 say that the answer holds for everybody.
void write_client_subnet(const Query& query, ByteWriter& writer) {
  if (!query.options.client_subnet) return;
  write_option_header(writer, EdnsOption::CLIENT_SUBNET, query.client_subnet_size);
  writer.bytes(base::Bytes(query.client_subnet).first(query.client_subnet_size));
}

// `answer` is null where there is no room for its extended error.
void write_options(const Query& query, const Answer* answer, const EdnsReply& edns, ByteWriter& writer) {
  if (query.options.nsid && !edns.nsid.empty()) {
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
}

// Of an option that makes the message, which has `unpadded` octets without it, a multiple of its block, or as
// long as it may be; 0 if there is no room for one.
size_t padding_octets(size_t unpadded, uint16_t block, size_t size_limit) {
  const size_t least = unpadded + kOptionHeaderOctets;
  if (block == 0 || least > size_limit) return 0;
  return std::min((least + block - 1) / block * block, size_limit) - unpadded;
}

// `padding` is what padding_octets() gave.
void write_opt(const Query& query, dns::Rcode rcode, const EdnsReply& edns, base::Bytes options,
               size_t padding, ByteWriter& writer) {
  uint8_t* const at = writer.take(kOptFixedOctets);
  if (at == nullptr) return;
  at[0] = 0;  // the root
  base::store_u16(at + 1, static_cast<uint16_t>(dns::RRType::OPT));
  base::store_u16(at + 3, edns.udp_payload_size);
  // The upper bits of the RCODE, version 0, flags.
  const uint32_t upper = static_cast<uint16_t>(rcode) >> 4;
  base::store_u32(at + 5, upper << 24 | (query.dnssec_ok ? kDnssecOkBit : 0u));
  base::store_u16(at + 9, static_cast<uint16_t>(options.size() + padding));
  writer.bytes(options);
  if (padding == 0) return;
  write_option_header(writer, EdnsOption::PADDING, padding - kOptionHeaderOctets);
  std::memset(writer.take(padding - kOptionHeaderOctets), 0, padding - kOptionHeaderOctets);
}

// Writes what every record has between its owner and its RDATA.
void store_fixed_part(uint8_t* at, const dns::RRsetView& rrset, dns::RRClass rr_class, size_t rdata_octets) {
  base::store_u16(at, static_cast<uint16_t>(rrset.type));
  base::store_u16(at + 2, static_cast<uint16_t>(rr_class));
  base::store_u32(at + 4, rrset.ttl);
  base::store_u16(at + 8, static_cast<uint16_t>(rdata_octets));
}

void write_rdata(const dns::CompressibleNames& layout, base::Bytes rdata, NameCompressor& names,
                 ByteWriter& writer) {
  const size_t begin = writer.offset();
  writer.bytes(rdata.first(layout.prefix));
  rdata = rdata.subspan(layout.prefix);
  for (int i = 0; i < layout.names; ++i) {
    dns::LabelledName name;
    if (!name.read(rdata)) break;  // zones hold only checked RDATA
    names.search_and_write(name, writer);
    rdata = rdata.subspan(name.view().size());
  }
  writer.bytes(rdata);
  writer.patch_u16(begin - 2, static_cast<uint16_t>(writer.offset() - begin));
}

// Writes all records of the RRset, or none.
bool write_rrset(const AnswerRRset& item, dns::RRClass rr_class, NameCompressor& names, ByteWriter& writer) {
  const size_t start = writer.offset();
  const size_t names_before = names.size();
  const dns::CompressibleNames layout = dns::compressible_names(item.rrset.type);
  for (const base::Bytes rdata : item.rrset) {
    names.write(item.owner, writer);
    const bool as_it_is = layout.names == 0;
    if (uint8_t* const at = writer.take(kRecordFixedOctets + (as_it_is ? rdata.size() : 0))) {
      store_fixed_part(at, item.rrset, rr_class, rdata.size());
      if (as_it_is) {
        base::copy_few(at + kRecordFixedOctets, rdata.data(), rdata.size());
      } else {
        write_rdata(layout, rdata, names, writer);
      }
    }
    if (!writer.ok()) {
      writer.rewind(start);
      names.truncate(names_before);
      return false;
    }
  }
  return true;
}

// Writes the RRsets of a section, up to the first required one that does not fit: that makes the answer
// truncated. Returns the number of records.
uint16_t write_section(const Answer& answer, Section section, dns::RRClass rr_class, NameCompressor& names,
                       ByteWriter& writer, bool& truncated) {
  uint16_t count = 0;
  for (const AnswerRRset& item : answer.rrsets()) {
    if (item.section != section) continue;
    if (write_rrset(item, rr_class, names, writer)) {
      count += item.rrset.count;
    } else if (item.required) {
      truncated = true;
      break;
    }
  }
  return count;
}

uint16_t response_flags(const Query& query, dns::Rcode rcode, bool authoritative, bool truncated) {
  uint16_t word = dns::kFlagQR | static_cast<uint16_t>(static_cast<uint16_t>(query.opcode) << 11) |
                  (static_cast<uint16_t>(rcode) & 0x0f);
  // RD is copied (RFC 1035 4.1.1), CD too (RFC 4035 3.2.2); RA and AD are a resolver's.
  word |= query.flags & (dns::kFlagRD | dns::kFlagCD);
  if (authoritative) word |= dns::kFlagAA;
  if (truncated) word |= dns::kFlagTC;
  return word;
}

void write_question(const Query& query, ByteWriter& writer) {
  if (!query.has_question) return;
  const base::Bytes name = query.name.view().wire();
  uint8_t* const at = writer.take(name.size() + 4);
  if (at == nullptr) return;
  base::copy_few(at, name.data(), name.size());
  base::store_u16(at + name.size(), static_cast<uint16_t>(query.type));
  base::store_u16(at + name.size() + 2, static_cast<uint16_t>(query.rr_class));
}

}  // namespace

size_t encode(const Query& query, const Answer& answer, const EdnsReply& edns, size_t size_limit,
              std::span<uint8_t> out) {
  const dns::Rcode rcode = answer.overflowed() ? dns::Rcode::SERVFAIL : answer.rcode;
  ByteWriter writer(out);
  writer.set_limit(size_limit);
  uint8_t* const header = writer.take(dns::kHeaderOctets);
  if (header == nullptr) return 0;
  NameCompressor names;
  write_question(query, writer);
  if (query.has_question) names.set_question(query.name, dns::kHeaderOctets);

  // The options are made first, so that room for OPT is kept free while records are added.
  std::array<uint8_t, kOptOctetsMax - kOptFixedOctets> options_buffer;
  ByteWriter options(options_buffer);
  size_t opt_octets = 0;
  if (query.has_edns) {
    if (query.options.any() || answer.has_extended_error) write_options(query, &answer, edns, options);
    // An extended error's text is the first thing to go when room is short (RFC 8914 3).
    if (!options.ok() || writer.offset() + kOptFixedOctets + options.offset() > size_limit) {
      options.rewind(0);
      write_options(query, nullptr, edns, options);
    }
    opt_octets = kOptFixedOctets + options.offset();
  }
  writer.set_limit(size_limit > opt_octets ? size_limit - opt_octets : 0);

  // QCLASS may be ANY; records have a class of their own.
  const dns::RRClass rr_class = query.rr_class == dns::RRClass::CH ? dns::RRClass::CH : dns::RRClass::IN;
  bool truncated = answer.truncated;
  const auto write = [&](Section section) -> uint16_t {
    if (truncated || answer.overflowed() || !answer.has(section)) return 0;
    return write_section(answer, section, rr_class, names, writer, truncated);
  };
  const uint16_t answers = write(Section::kAnswer);
  const uint16_t authorities = write(Section::kAuthority);
  uint16_t additionals = write(Section::kAdditional);
  writer.set_limit(size_limit);
  if (query.has_edns) {
    write_opt(query, rcode, edns, options.written(),
              padding_octets(writer.offset() + opt_octets, edns.padding_block, size_limit), writer);
    ++additionals;
  }
  const bool authoritative = answer.authoritative && !answer.overflowed();
  base::store_u16(header, query.id);
  base::store_u16(header + 2, response_flags(query, rcode, authoritative, truncated));
  base::store_u16(header + 4, query.has_question ? 1 : 0);
  base::store_u16(header + 6, answers);
  base::store_u16(header + 8, authorities);
  base::store_u16(header + 10, additionals);
  return writer.offset();
}

}  // namespace atlas::query
