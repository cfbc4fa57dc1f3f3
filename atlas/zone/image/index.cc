#include "atlas/zone/image/index.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

// Names on a page: enough that pages fill evenly, few enough that one is cheap to replace.
constexpr size_t kPageNames = 1024;
constexpr uint8_t kPageBitsMax = 20;
// Of a bucket's 16 slots; more would overflow into neighbours too often.
constexpr size_t kBucketNames = 13;

void insert(Bucket* buckets, uint32_t count, const IndexEntry& entry) {
  uint32_t at = NameIndex::bucket_of(entry.hash, count);
  for (;;) {
    for (uint32_t& slot : buckets[at].slots) {
      if (slot != 0) continue;
      slot = static_cast<uint32_t>(NameIndex::tag_of(entry.hash)) << 24 | (entry.block + 1);
      return;
    }
    at = at + 1 == count ? 0 : at + 1;
  }
}

}  // namespace

BuiltIndex build_index(const base::LargeVector<IndexEntry>& entries) {
  BuiltIndex index;
  while (index.page_bits < kPageBitsMax && (kPageNames << index.page_bits) < entries.size())
    ++index.page_bits;
  const size_t page_count = size_t{1} << index.page_bits;

  std::vector<uint32_t> names(page_count);
  for (const IndexEntry& entry : entries) ++names[NameIndex::page_of(entry.hash, index.page_bits)];
  uint32_t buckets = 0;
  index.pages.reserve(page_count);
  for (const uint32_t count : names) {
    const uint32_t wanted = count / kBucketNames + 1;
    index.pages.push_back({buckets, wanted});
    buckets += wanted;
  }
  index.buckets.resize(buckets);
  for (const IndexEntry& entry : entries) {
    ATLAS_ASSERT(entry.block < kBlocksMax);
    const IndexPage& page = index.pages[NameIndex::page_of(entry.hash, index.page_bits)];
    insert(&index.buckets[page.bucket], page.buckets, entry);
  }
  return index;
}

}  // namespace atlas::zone::image
