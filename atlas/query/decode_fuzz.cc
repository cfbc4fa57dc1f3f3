// The query decoder against the general parser: what both accept they read alike.
#include <cstdint>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/query/encode.h"
#include "atlas/query/query.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atlas;
  static query::Query query;
  static uint8_t out[4096];
  const query::DecodeResult decoded = query::decode({data, size}, query);
  if (decoded.outcome == query::Decoded::kDrop) return 0;

  static query::Answer answer;
  answer.clear();
  answer.rcode = decoded.rcode;
  const size_t response_size = query::encode(query, answer, {}, 512, out);
  ATLAS_ASSERT(response_size >= dns::kHeaderOctets && response_size <= 512);
  const auto response = dns::parse_message({out, response_size});
  ATLAS_ASSERT(response);
  ATLAS_ASSERT(response->header.id == query.id);

  const auto message = dns::parse_message({data, size});
  if (!message || decoded.outcome == query::Decoded::kError) return 0;
  ATLAS_ASSERT(message->questions.size() == (query.has_question ? 1u : 0u));
  if (query.has_question) {
    ATLAS_ASSERT(message->questions[0].name == query.name.view());
    ATLAS_ASSERT(message->questions[0].type == query.type);
  }
  ATLAS_ASSERT(message->edns.has_value() == query.has_edns);
  if (message->edns) ATLAS_ASSERT(message->edns->dnssec_ok == query.dnssec_ok);
  return 0;
}
