// What parses as a message is encoded and parses again to the same records, options included.
#include <cstdint>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atlas;
  const auto message = dns::parse_message({data, size});
  if (!message) return 0;
  const auto wire = dns::encode(*message);
  // Decompressed RDATA can make a message longer than 65,535 octets.
  if (!wire) return 0;
  const auto again = dns::parse_message(*wire);
  ATLAS_ASSERT(again);
  ATLAS_ASSERT(again->questions == message->questions);
  ATLAS_ASSERT(again->answers == message->answers);
  ATLAS_ASSERT(again->authorities == message->authorities);
  ATLAS_ASSERT(again->additionals == message->additionals);
  ATLAS_ASSERT(again->edns.has_value() == message->edns.has_value());
  if (message->edns) {
    ATLAS_ASSERT(again->rcode() == message->rcode());
    ATLAS_ASSERT(again->edns->options.size() == message->edns->options.size());
    for (const dns::Option& option : message->edns->options) dns::to_text(option);
  }
  for (const dns::Record& record : message->answers) dns::to_text(record);
  return 0;
}
