// RDATA of the type in the first two octets: the others as text, as wire form, and as part of a message.
#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/dns/rdata.h"

namespace {

using atlas::base::Bytes;
using atlas::dns::RRType;

// Valid RDATA comes back from its text, and stays valid in canonical form.
void check_valid(RRType type, Bytes rdata) {
  ATLAS_ASSERT(atlas::dns::is_valid_rdata(type, rdata));
  const auto text = atlas::dns::rdata_to_text(type, rdata);
  const auto parsed = atlas::dns::parse_rdata(type, text);
  ATLAS_ASSERT(parsed && std::ranges::equal(*parsed, rdata));
  atlas::dns::additional_name(type, rdata);
  std::vector<uint8_t> canonical(rdata.begin(), rdata.end());
  atlas::dns::make_canonical(type, canonical);
  ATLAS_ASSERT(canonical.size() == rdata.size() && atlas::dns::is_valid_rdata(type, canonical));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2 || size > atlas::dns::kRdataOctetsMax) return 0;
  const auto type = static_cast<RRType>(atlas::base::load_u16(data));
  const Bytes octets = Bytes(data, size).subspan(2);

  if (atlas::dns::is_valid_rdata(type, octets)) {
    check_valid(type, octets);
  } else {
    ATLAS_ASSERT(atlas::dns::rdata_to_text(type, octets).starts_with("\\# "));
    std::vector<uint8_t> canonical(octets.begin(), octets.end());
    atlas::dns::make_canonical(type, canonical);
  }

  const std::string_view text(reinterpret_cast<const char*>(octets.data()), octets.size());
  if (const auto parsed = atlas::dns::parse_rdata(type, text)) check_valid(type, *parsed);

  // The message is the whole input, so that pointers have something to lead to.
  atlas::base::ByteReader reader(Bytes(data, size), size / 2);
  std::vector<uint8_t> out = {0xff};
  if (atlas::dns::read_rdata(type, reader, static_cast<uint16_t>(reader.remaining()), out)) {
    ATLAS_ASSERT(reader.at_end());
    check_valid(type, Bytes(out).subspan(1));
  } else {
    ATLAS_ASSERT(out.size() == 1);
  }
  return 0;
}
