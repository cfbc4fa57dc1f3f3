#include "atlas/zone/image/index.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
void insert_entry(Bucket* buckets, uint32_t count, const IndexEntry& entry) {
  uint32_t at = NameIndex::bucket_of(entry.hash, count);
  for (;;) {
    for (uint32_t& slot : buckets[at].slots) {
      if (slot != 0) continue;
      slot = NameIndex::slot_of(entry.hash, entry.block);
      return;
    }
    at = at + 1 == count ? 0 : at + 1;
  }
}

NameIndex::NameIndex(const IndexPage* pages, uint8_t page_bits, const Bucket* buckets)
    : page_bits_(page_bits) {
  const size_t count = size_t{1} << page_bits;
  pages_.reserve(count);
  for (size_t i = 0; i < count; ++i) pages_.emplace_back(buckets + pages[i].bucket, pages[i].buckets);
}

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
    ATLAS_ASSERT(wanted <= NameIndex::Page::kBucketsMax);
    index.pages.push_back({buckets, wanted});
    buckets += wanted;
  }
  index.buckets.resize(buckets);
  for (const IndexEntry& entry : entries) {
    ATLAS_ASSERT(entry.block < kBlocksMax);
    const IndexPage& page = index.pages[NameIndex::page_of(entry.hash, index.page_bits)];
    insert_entry(&index.buckets[page.bucket], page.buckets, entry);
  }
  return index;
}

}  // namespace atlas::zone::image
