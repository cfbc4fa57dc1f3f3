// Names from arbitrary octets: as text, as wire form, and inside a message.
#include "atlas/dns/name.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace {

using atlas::dns::NameView;

bool is_same_octets(NameView a, NameView b) {
  return std::ranges::equal(a.wire(), b.wire());
}

void check_one(NameView name) {
  const auto parsed = atlas::dns::parse_name(atlas::dns::to_text(name));
  ATLAS_ASSERT(parsed && is_same_octets(*parsed, name));
  ATLAS_ASSERT(atlas::dns::view_name(name.wire())->size() == name.size());
  ATLAS_ASSERT(name.label_count() <= atlas::dns::kLabelsMax);
  atlas::dns::to_display_text(name);

  atlas::dns::Name lower = name;
  lower.make_lower();
  ATLAS_ASSERT(lower == name && hash(lower) == hash(name));
  ATLAS_ASSERT(compare_canonical(lower, name) == std::strong_ordering::equal);
  ATLAS_ASSERT(common_labels(lower, name) == name.label_count());
  for (NameView ancestor = name; !ancestor.is_root();) {
    ancestor = ancestor.parent();
    ATLAS_ASSERT(name.is_below(ancestor) && !ancestor.is_at_or_below(name));
    ATLAS_ASSERT(compare_canonical(ancestor, name) == std::strong_ordering::less);
    ATLAS_ASSERT(is_same_octets(*substitute_suffix(name, ancestor, ancestor), name));
    ATLAS_ASSERT(is_same_octets(name.suffix(ancestor.label_count()), ancestor));
  }
}

void check_two(NameView a, NameView b) {
  const auto order = compare_canonical(a, b);
  ATLAS_ASSERT((order == 0) == (a == b));
  ATLAS_ASSERT(compare_canonical(b, a) == (0 <=> order));
  ATLAS_ASSERT(a.is_at_or_below(b) == (common_labels(a, b) == b.label_count()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const atlas::base::Bytes octets(data, size);
  const auto from_text = atlas::dns::parse_name({reinterpret_cast<const char*>(data), size});
  if (from_text) check_one(*from_text);

  // Every name that a message of these octets holds, each against the one before it.
  atlas::dns::Name before;
  atlas::base::ByteReader reader(octets);
  while (const auto name = atlas::dns::read_name(reader)) {
    check_one(*name);
    check_two(*name, before);
    before = *name;
  }

  const auto viewed = atlas::dns::view_name(octets);
  atlas::base::ByteReader front(octets), skipper(octets);
  const auto first = atlas::dns::read_name(front);
  const bool skipped = atlas::dns::skip_name(skipper);
  if (first) ATLAS_ASSERT(skipped && skipper.offset() == front.offset());
  if (viewed) ATLAS_ASSERT(first && is_same_octets(*first, *viewed));
  return 0;
}
