#include "atlas/zone/image/index.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

// Whose buckets are asked for before they are written.
constexpr size_t kNamesAhead = 16;

}  // namespace

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

BuiltIndex build_index(std::span<const uint64_t> hashes, std::span<const uint8_t> block_names) {
  BuiltIndex index;
  while (index.page_bits < kPageBitsMax && (kPageNames << index.page_bits) < hashes.size()) ++index.page_bits;
  const size_t page_count = size_t{1} << index.page_bits;

  std::vector<uint32_t> names(page_count);
  for (const uint64_t hash : hashes) ++names[NameIndex::page_of(hash, index.page_bits)];
  uint32_t buckets = 0;
  index.pages.reserve(page_count);
  for (const uint32_t count : names) {
    const uint32_t wanted = count / kBucketNames + 1;
    ATLAS_ASSERT(wanted <= NameIndex::Page::kBucketsMax);
    index.pages.push_back({buckets, wanted});
    buckets += wanted;
  }
  index.buckets.resize(buckets);
  ATLAS_ASSERT(block_names.size() <= kBlocksMax);
  const NameIndex unfinished(index.pages.data(), index.page_bits, index.buckets.data());
  size_t at = 0;
  for (uint32_t block = 0; block < block_names.size(); ++block) {
    for (const size_t end = at + block_names[block]; at < end; ++at) {
      if (at + kNamesAhead < hashes.size()) unfinished.prefetch(hashes[at + kNamesAhead]);
      const IndexPage& page = index.pages[NameIndex::page_of(hashes[at], index.page_bits)];
      insert_entry(&index.buckets[page.bucket], page.buckets, {hashes[at], block});
    }
  }
  return index;
}

}  // namespace atlas::zone::image
