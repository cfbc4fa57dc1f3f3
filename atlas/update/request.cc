#include "atlas/update/request.h"

#include "atlas/dns/edns.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"

namespace atlas::update {
namespace {

using dns::Rcode;
using dns::RRType;

std::unexpected<Refusal> format_error(std::string reason) {
  return std::unexpected(Refusal{Rcode::FORMERR, {}, std::move(reason)});
}

// EDNS keeps its own fields in OPT's class and TTL (RFC 6891 6.1.3).
constexpr uint32_t kDnssecOkBit = 0x8000;
constexpr uint16_t kPayloadOctetsMin = 512;  // RFC 6891 6.2.3

class Reader {
 public:
  explicit Reader(base::Bytes message) : reader_(message) {}

  std::expected<Request, Refusal> read();

 private:
  using Done = std::expected<void, Refusal>;

  Done read_zone(unsigned count);
  Done read_section(const char* name, unsigned count, bool asks, std::vector<Record>& records);
  Done read_additional(unsigned count);
  Done read_opt(const Record& opt);
  // Fails on what cannot be read. `asks`: class NONE, as class ANY, may have no RDATA.
  bool read_record(Record& record, bool asks);

  base::ByteReader reader_;
  Request request_;
};

std::expected<Request, Refusal> Reader::read() {
  const auto header = dns::read_header(reader_);
  if (!header) return format_error("the message is shorter than a header");
  request_.id = header->id;
  const size_t records = size_t{header->answer_count} + header->authority_count + header->additional_count;
  if (records > kRecordsMax) return format_error("the message has too many records");
  Done done = read_zone(header->question_count);
  if (done) done = read_section("prerequisite", header->answer_count, true, request_.prerequisites);
  if (done) done = read_section("update", header->authority_count, false, request_.updates);
  if (done) done = read_additional(header->additional_count);
  if (!done) return std::unexpected(std::move(done.error()));
  return std::move(request_);
}

Reader::Done Reader::read_zone(unsigned count) {
  if (count != 1) return format_error("the zone section has " + std::to_string(count) + " records, not one");
  const auto name = dns::read_name(reader_);
  const auto type = static_cast<RRType>(reader_.u16());
  request_.zone_class = static_cast<dns::RRClass>(reader_.u16());
  if (!name || !reader_.ok()) return format_error("the zone section is malformed");
  if (type != RRType::SOA) return format_error("the type of the zone section is not SOA");
  request_.zone = *name;
  return {};
}

Reader::Done Reader::read_section(const char* name, unsigned count, bool asks, std::vector<Record>& records) {
  for (unsigned i = 0; i < count; ++i) {
    Record record;
    // Neither OPT nor TSIG may stand outside of the additional section (RFC 6891 6.1.1, RFC 8945 5.1).
    if (!read_record(record, asks) || record.type == RRType::OPT || record.type == RRType::TSIG) {
      return format_error("record " + std::to_string(i + 1) + " of the " + name + " section is malformed");
    }
    records.push_back(std::move(record));
  }
  return {};
}

Reader::Done Reader::read_additional(unsigned count) {
  for (unsigned i = 0; i < count; ++i) {
    // The last record may be a signature that was taken off.
    if (i + 1 == count && reader_.at_end()) return {};
    Record record;
    if (!read_record(record, false)) return format_error("the additional section is malformed");
    if (record.type != RRType::OPT) continue;  // RFC 2136 2.5: glue that this server has no use for
    if (auto done = read_opt(record); !done) return done;
  }
  if (!reader_.at_end()) return format_error("octets are left over behind the message");
  return {};
}

Reader::Done Reader::read_opt(const Record& opt) {
  if (request_.has_edns || !opt.owner.view().is_root()) return format_error("OPT is malformed");
  request_.has_edns = true;
  request_.udp_payload_size = std::max(static_cast<uint16_t>(opt.rr_class), kPayloadOctetsMin);
  request_.dnssec_ok = (opt.ttl & kDnssecOkBit) != 0;
  if ((opt.ttl >> 16 & 0xff) != 0)
    return std::unexpected(Refusal{Rcode::BADVERS, {}, "EDNS has a version other than 0"});
  base::ByteReader options(opt.rdata);
  while (!options.at_end()) {
    const auto code = static_cast<dns::EdnsOption>(options.u16());
    const base::Bytes data = options.bytes(options.u16());
    if (!options.ok()) return format_error("the options of EDNS are malformed");
    if (code != dns::EdnsOption::UPDATE_LEASE) continue;
    const dns::Option option = dns::parse_option(code, data);
    const auto* const lease = std::get_if<dns::UpdateLeaseOption>(&option);
    // Records for which a time was asked must not stay for ever.
    if (lease == nullptr || request_.lease) return format_error("the option UPDATE-LEASE is malformed");
    request_.lease = Lease{lease->lease, lease->key_lease};
  }
  return {};
}

bool Reader::read_record(Record& record, bool asks) {
  const auto owner = dns::read_name(reader_);
  if (!owner) return false;
  record.owner = *owner;
  record.type = static_cast<RRType>(reader_.u16());
  record.rr_class = static_cast<dns::RRClass>(reader_.u16());
  record.ttl = reader_.u32();
  const uint16_t length = reader_.u16();
  if (!reader_.ok() || length > reader_.remaining()) return false;
  if (record.type == RRType::OPT) {
    const base::Bytes rdata = reader_.bytes(length);
    record.rdata.assign(rdata.begin(), rdata.end());
    return true;
  }
  // RFC 2136 2.4, 2.5.
  const bool may_be_empty =
      record.rr_class == dns::RRClass::ANY || (asks && record.rr_class == dns::RRClass::NONE);
  if (length == 0 && may_be_empty) return true;
  return dns::read_rdata(record.type, reader_, length, record.rdata);
}

}  // namespace

std::expected<Request, Refusal> parse_request(base::Bytes message) {
  return Reader(message).read();
}

}  // namespace atlas::update
