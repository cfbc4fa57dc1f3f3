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

IndexPlan::IndexPlan(std::span<const uint64_t> hashes) {
  while (page_bits_ < kPageBitsMax && (kPageNames << page_bits_) < hashes.size()) ++page_bits_;
  const size_t page_count = size_t{1} << page_bits_;
  std::vector<uint32_t> names(page_count);
  for (const uint64_t hash : hashes) ++names[NameIndex::page_of(hash, page_bits_)];
  pages_.reserve(page_count);
  for (const uint32_t count : names) {
    const uint32_t wanted = count / kBucketNames + 1;
    ATLAS_ASSERT(wanted <= NameIndex::Page::kBucketsMax);
    pages_.push_back({buckets_, wanted});
    buckets_ += wanted;
  }
}

// Each thread has pages of its own, so that none waits for another.
void IndexPlan::fill(std::span<Bucket> buckets, std::span<const uint64_t> hashes,
                     std::span<const uint8_t> block_names, Work work) const {
  const NameIndex unfinished(pages_.data(), page_bits_, buckets.data());
  const auto fill_pages = [&](size_t begin, size_t end) {
    const size_t first = pages_[begin].bucket;
    const size_t behind = end == pages_.size() ? buckets.size() : pages_[end].bucket;
    std::memset(static_cast<void*>(&buckets[first]), 0, (behind - first) * sizeof(Bucket));
    size_t at = 0;
    for (uint32_t block = 0; block < block_names.size() && !work.is_cancelled(); ++block) {
      for (const size_t names_end = at + block_names[block]; at < names_end; ++at) {
        if (at + kNamesAhead < hashes.size()) unfinished.prefetch(hashes[at + kNamesAhead]);
        const size_t number = NameIndex::page_of(hashes[at], page_bits_);
        if (number < begin || number >= end) continue;
        insert_entry(&buckets[pages_[number].bucket], pages_[number].buckets, {hashes[at], block});
      }
    }
  };
  const size_t parts = std::min(work.threads, pages_.size());
  run_pieces(work.threads, parts, [&](size_t part) {
    fill_pages(pages_.size() * part / parts, pages_.size() * (part + 1) / parts);
  });
}

}  // namespace atlas::zone::image
