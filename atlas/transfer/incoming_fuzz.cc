// Responses to AXFR and IXFR from arbitrary octets: an octet that says what was asked, then messages, each
// behind its length. Whatever is accepted is a zone with one SOA, or steps that follow each other and can be
// kept.
#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/incoming.h"

namespace {

using namespace atlas;
using dns::RRType;
using transfer::Incoming;

constexpr uint32_t kPresent = 10;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("example.org.").value();
  return name;
}

uint32_t serial_of(base::Bytes rdata) {
  return transfer::read_soa(rdata).value().serial;
}

void check_records(const std::vector<zone::DiffRecord>& records) {
  ATLAS_ASSERT(!records.empty() && records[0].type == RRType::SOA && records[0].owner == apex());
  for (size_t i = 0; i < records.size(); ++i) {
    const zone::DiffRecord& record = records[i];
    ATLAS_ASSERT(record.owner.view().is_at_or_below(apex()) && record.ttl <= dns::kTtlMax);
    ATLAS_ASSERT(dns::is_valid_rdata(record.type, record.rdata) && !dns::is_meta_type(record.type));
    ATLAS_ASSERT(i == 0 || record.type != RRType::SOA);
    if (i == 0) continue;
    ATLAS_ASSERT(dns::compare_canonical(records[i - 1].owner, record.owner) <= 0);
    ATLAS_ASSERT(records[i - 1] != record);
  }
}

void check(const transfer::Steps& steps) {
  uint32_t serial = kPresent;
  ATLAS_ASSERT(!steps.diffs.empty());
  for (const zone::ZoneDiff& diff : steps.diffs) {
    check_records(diff.removed);
    check_records(diff.added);
    ATLAS_ASSERT(serial_of(diff.removed[0].rdata) == serial);
    serial = serial_of(diff.added[0].rdata);
    ATLAS_ASSERT(transfer::is_newer(serial, kPresent));
    const auto again = zone::decode_diff(zone::encode(diff));
    ATLAS_ASSERT(again && again->removed == diff.removed && again->added == diff.added);
  }
}

void check(transfer::Whole whole) {
  ATLAS_ASSERT(whole.records.size() != 0);
  const auto is_soa = [](const zone::ListedRecord& record) { return record.type == RRType::SOA; };
  ATLAS_ASSERT(std::ranges::count_if(whole.records.records(), is_soa) == 1);
  for (const zone::ListedRecord& record : whole.records.records()) {
    ATLAS_ASSERT(whole.records.owner(record).is_at_or_below(apex()) && record.ttl <= dns::kTtlMax);
    ATLAS_ASSERT(dns::is_valid_rdata(record.type, whole.records.rdata(record)));
  }
  ATLAS_ASSERT(whole.records.sort());
  ATLAS_ASSERT(is_soa(whole.records.records().front()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  base::ByteReader reader({data, size});
  const uint8_t asked = reader.u8();
  const bool is_incremental = (asked & 1) != 0;
  Incoming incoming(
      {apex(), is_incremental ? std::optional(kPresent) : std::nullopt, (asked & 2) != 0},
      {.octets_max = 100'000, .records_max = 1000, .messages_without_record_max = 3, .diffs_max = 5});
  while (reader.remaining() > 2) {
    const base::Bytes message = reader.bytes(std::min<size_t>(reader.u16(), reader.remaining() - 2));
    const uint16_t id = message.size() < 2 ? uint16_t{0} : base::load_u16(message.data());
    const auto state = incoming.take(message, id);
    if (!state) {
      ATLAS_ASSERT(!state.error().message.empty() && !incoming.take(message, id));
      return 0;
    }
    ATLAS_ASSERT(incoming.records() <= 1000 && incoming.octets() <= 100'000);
    if (*state == Incoming::State::kMore) continue;
    auto result = incoming.release();
    if (const auto* const steps = std::get_if<transfer::Steps>(&result)) {
      ATLAS_ASSERT(is_incremental && steps->diffs.size() <= 5);
      check(*steps);
    } else if (auto* const whole = std::get_if<transfer::Whole>(&result)) {
      check(std::move(*whole));
    } else {
      ATLAS_ASSERT(is_incremental);
      ATLAS_ASSERT(!transfer::is_newer(std::get<transfer::UpToDate>(result).soa.serial, kPresent));
    }
    return 0;
  }
  return 0;
}
