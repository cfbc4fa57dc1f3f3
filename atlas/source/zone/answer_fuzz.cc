// The whole answer path: decode, answer from a zone, encode. The first octet chooses the zone; with 4 and
// more, the input begins with a zone text behind its length in two octets. What is left is the message.
#include <array>
#include <cstdint>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/query/encode.h"
#include "atlas/source/zone/answer.h"
#include "atlas/source/zone/text_zone.h"

namespace {

using namespace atlas;

using ZonePtr = std::shared_ptr<const zone::Zone>;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("z.test.").value();
  return name;
}

ZonePtr fixed_zone(int kind) {
  auto records = source::zone::records_from_text(apex(), source::zone::kRichZone);
  ATLAS_ASSERT(records);
  if (kind == 1) source::zone::sign_with_nsec(apex(), *records);
  if (kind >= 2) source::zone::sign_with_nsec3(apex(), *records, kind == 3);
  return zone::Zone::build(apex(), *records);
}

// Null if the text is no zone that could be served.
ZonePtr zone_of_input(base::ByteReader& reader) {
  const base::Bytes text = reader.bytes(reader.u16());
  if (!reader.ok()) return nullptr;
  const auto records = source::zone::records_from_text(apex(), std::string(text.begin(), text.end()));
  if (!records || records->size() == 0) return nullptr;
  size_t soas = 0;
  for (const auto& record : records->records()) soas += record.type == dns::RRType::SOA;
  const auto& first = records->records()[0];
  if (soas != 1 || first.type != dns::RRType::SOA || records->owner(first) != apex()) return nullptr;
  return zone::Zone::build(apex(), *records);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::array<ZonePtr, 4> kZones = {fixed_zone(0), fixed_zone(1), fixed_zone(2), fixed_zone(3)};
  static query::Query query;
  static query::Answer answered;
  static uint8_t out[65535];

  base::ByteReader reader({data, size});
  const uint8_t choice = reader.u8();
  const ZonePtr zone = (choice & 7) < 4 ? kZones[choice & 3] : zone_of_input(reader);
  if (zone == nullptr || !reader.ok()) return 0;
  const auto decoded = query::decode(reader.rest(), query);
  if (decoded.outcome != query::Decoded::kQuery || !query.has_question) return 0;
  if (!query.name.view().is_at_or_below(zone->apex())) return 0;

  const bool minimal = (choice & 8) == 0;
  source::zone::answer_and_chase(*zone, query, {.minimal_responses = minimal, .minimal_any = minimal},
                                 answered);
  for (const size_t limit : {size_t{512}, size_t{1232}, sizeof out}) {
    const size_t octets = query::encode(query, answered, {}, limit, out);
    ATLAS_ASSERT(octets <= limit);
    const auto response = dns::parse_message({out, octets});
    ATLAS_ASSERT(response);
    ATLAS_ASSERT(response->header.id == query.id);
    ATLAS_ASSERT(response->questions.size() == 1 && response->questions[0].name == query.name.view());
    ATLAS_ASSERT(response->edns.has_value() == query.has_edns);
  }
  return 0;
}
