// Requests for transfers of arbitrary octets, signed and not: whatever they are, what they get is a response
// that can be parsed, of their ID, and with their question. What the octets are behind the first ones, a zone
// or a journal's step, comes whole.
#include <algorithm>
#include <memory>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/base/checksum.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/outgoing.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/record_list.h"

namespace {

using namespace atlas;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("z.test.").value();
  return name;
}

std::shared_ptr<const zone::Zone> base_zone() {
  static const std::shared_ptr<const zone::Zone> base = [] {
    zone::RecordList records;
    records.add(apex(), dns::RRType::SOA, 300,
                dns::parse_rdata(dns::RRType::SOA, "ns. admin. 7 3600 600 86400 60").value());
    records.sort();
    return zone::Zone::build(apex(), records);
  }();
  return base;
}

// The records of all messages.
std::vector<dns::Record> pull(transfer::Outgoing& outgoing, uint16_t id) {
  static std::vector<uint8_t> out(dns::kMessageOctetsMax);
  std::vector<dns::Record> records;
  while (!outgoing.is_done()) {
    const size_t octets = outgoing.next(out, {});
    ATLAS_ASSERT(octets != 0);
    auto message = dns::parse_message(base::Bytes(out).first(octets));
    ATLAS_ASSERT(message && message->header.id == id && (message->header.flags & dns::kFlagQR) != 0);
    std::ranges::move(message->answers, std::back_inserter(records));
  }
  ATLAS_ASSERT(outgoing.next(out, {}) == 0 && records.size() <= outgoing.records());
  return records;
}

bool is_same(const dns::Record& record, dns::NameView owner, dns::RRType type, uint32_t ttl,
             base::Bytes rdata) {
  return std::ranges::equal(record.owner.wire(), owner.wire()) && record.type == type && record.ttl == ttl &&
         std::ranges::equal(record.rdata, rdata);
}

void transfer_zone(const transfer::RequestFacts& facts, const std::shared_ptr<const zone::Zone>& zone) {
  const auto outgoing = transfer::make_axfr(facts, zone);
  const std::vector<dns::Record> records = pull(*outgoing, facts.id);
  // One that is larger than a message ends it.
  if (records.size() != zone->record_count() + 1) return ATLAS_ASSERT(records.size() < zone->record_count());
  size_t at = 0;
  zone->for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    for (const base::Bytes rdata : rrset)
      ATLAS_ASSERT(is_same(records[at++], owner, rrset.type, rrset.ttl, rdata));
  });
  ATLAS_ASSERT(records.back().type == dns::RRType::SOA);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t request_octets = std::min<size_t>(base::load_u16(data) % 512, size - 2);
  const base::Bytes request(data + 2, request_octets);
  const base::Bytes rest(data + 2 + request_octets, size - 2 - request_octets);

  static const auto keys = std::make_shared<const tsig::KeyTable>();
  const bool has_header = request.size() >= dns::kHeaderOctets;
  const tsig::Verified verified = has_header ? tsig::verify(request, *keys, {}) : tsig::Verified{};
  const transfer::RequestFacts facts = transfer::facts_of(request, verified, keys);
  ATLAS_ASSERT(facts.question.size() <= dns::kNameOctetsMax + 4);
  pull(*transfer::make_refusal(facts, dns::Rcode::REFUSED, dns::ExtendedError::Prohibited, "no"), facts.id);

  // A step, and a zone with what it adds.
  auto encoded = std::make_shared<std::vector<uint8_t>>(rest.begin(), rest.end());
  const uint64_t checksum = base::checksum(*encoded);
  for (int shift = 56; shift >= 0; shift -= 8) encoded->push_back(static_cast<uint8_t>(checksum >> shift));
  const std::vector<uint8_t> soa = dns::parse_rdata(dns::RRType::SOA, "ns. admin. 8 1 1 1 1").value();
  const auto records = pull(*transfer::make_ixfr(facts, soa, 300, {encoded}), facts.id);
  const auto diff = zone::decode_diff(*encoded);
  if (!diff) return 0;
  if (records.size() == diff->removed.size() + diff->added.size() + 2) {
    for (size_t i = 0; i + 2 < records.size(); ++i) {
      const zone::DiffRecord& from =
          i < diff->removed.size() ? diff->removed[i] : diff->added[i - diff->removed.size()];
      ATLAS_ASSERT(is_same(records[i + 1], from.owner, from.type, from.ttl, from.rdata));
    }
  }
  const auto edits = zone::edits_of(*diff, *base_zone(), zone::Fit::kLenient);
  if (!edits) return 0;
  const auto edited = zone::edit_zone(*base_zone(), *edits);
  if (edited) transfer_zone(facts, *edited);
  return 0;
}
