// Finds the blocks that may hold a name, by its hash. The upper bits of the hash choose a page, each with as
// many buckets as its names need; lower bits choose the bucket in it. A bucket is a cache line of 16 slots; a
// slot holds eight more bits of the hash and a block's number.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "atlas/base/large_pages.h"
#include "atlas/base/prefetch.h"
#include "atlas/zone/ordered_work.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace atlas::zone::image {

inline constexpr size_t kBucketSlots = 16;
// Block numbers have 24 bits, less 0 for a free slot.
inline constexpr uint32_t kBlocksMax = (1u << 24) - 2;

struct IndexPage {
  uint32_t bucket;  // its first
  uint32_t buckets;
};

struct Bucket {
  alignas(64) uint32_t slots[kBucketSlots];  // free ones are 0 and behind all others
};
static_assert(sizeof(Bucket) == 64);

class NameIndex {
 public:
  // The numbers of blocks that may hold the name, one by one.
  class Candidates {
   public:
    Candidates(const Bucket* buckets, uint32_t count, uint32_t first, uint8_t tag)
        : buckets_(buckets), at_(first), count_(count), left_(count), tag_(tag) {
      load();
    }
    // False if there are no more.
    bool next(uint32_t& block) {
      while (matches_ == 0) {
        // A bucket with a free slot is the last that a name could lie in.
        if (!full_ || --left_ == 0) return false;
        at_ = at_ + 1 == count_ ? 0 : at_ + 1;
        load();
      }
      const int slot = std::countr_zero(matches_);
      matches_ &= matches_ - 1;
      block = (buckets_[at_].slots[slot] & 0xffffff) - 1;
      return true;
    }

   private:
    void load() {
      const uint32_t* slots = buckets_[at_].slots;
      matches_ = 0;
#if defined(__SSE2__)
      const __m128i tag = _mm_set1_epi32(tag_);
      for (size_t i = 0; i < kBucketSlots; i += 4) {
        const __m128i four = _mm_load_si128(reinterpret_cast<const __m128i*>(slots + i));
        const __m128i equal = _mm_cmpeq_epi32(_mm_srli_epi32(four, 24), tag);
        matches_ |= static_cast<uint32_t>(_mm_movemask_ps(_mm_castsi128_ps(equal))) << i;
      }
#else
      for (size_t i = 0; i < kBucketSlots; ++i) matches_ |= uint32_t{slots[i] >> 24 == tag_} << i;
#endif
      full_ = slots[kBucketSlots - 1] != 0;
      if (!full_ && tag_ == 0) {
        for (size_t i = 0; i < kBucketSlots; ++i) matches_ &= ~(uint32_t{slots[i] == 0} << i);
      }
    }

    const Bucket* buckets_;
    uint32_t at_;
    uint32_t count_;
    uint32_t left_;
    uint32_t matches_ = 0;
    bool full_ = false;
    uint8_t tag_;
  };

  // A page: where its buckets are and how many, in 64 bits, since the table of pages is what stays in the
  // processor's cache.
  class Page {
   public:
    Page() = default;
    Page(const Bucket* buckets, uint32_t count)
        : packed_(reinterpret_cast<uintptr_t>(buckets) << kCountBits | count) {}
    const Bucket* buckets() const { return reinterpret_cast<const Bucket*>(packed_ >> kCountBits); }
    uint32_t count() const { return packed_ & kBucketsMax; }
    friend bool operator==(const Page&, const Page&) = default;

    static constexpr uint32_t kBucketsMax = 0xffff;

   private:
    static constexpr int kCountBits = 16;  // addresses of programs have 48 bits
    uint64_t packed_ = 0;
  };

  NameIndex() = default;
  // As it lies in an image.
  NameIndex(const IndexPage* pages, uint8_t page_bits, const Bucket* buckets);

  Candidates candidates(uint64_t hash) const {
    const Page page = pages_[page_of(hash, page_bits_)];
    return {page.buckets(), page.count(), bucket_of(hash, page.count()), tag_of(hash)};
  }
  void prefetch(uint64_t hash) const {
    const Page page = pages_[page_of(hash, page_bits_)];
    base::prefetch(page.buckets() + bucket_of(hash, page.count()));
  }

  // The first candidate, or false.
  bool first(uint64_t hash, uint32_t& block) const { return candidates(hash).next(block); }

  static size_t page_of(uint64_t hash, uint8_t page_bits) {
    return page_bits == 0 ? 0 : static_cast<size_t>(hash >> (64 - page_bits));
  }
  static uint32_t bucket_of(uint64_t hash, uint32_t buckets) {
    return static_cast<uint32_t>(((hash & 0xffffffff) * buckets) >> 32);
  }
  static uint8_t tag_of(uint64_t hash) { return static_cast<uint8_t>(hash >> 32); }

  static uint32_t slot_of(uint64_t hash, uint32_t block) {
    return static_cast<uint32_t>(tag_of(hash)) << 24 | (block + 1);
  }

 private:
  friend class IndexEditor;

  std::vector<Page> pages_;  // a power of two; neighbours may be the same page
  uint8_t page_bits_ = 0;
};

// Names on a page: enough that pages fill evenly, few enough that one is cheap to replace.
inline constexpr size_t kPageNames = 1024;
inline constexpr uint8_t kPageBitsMax = 20;
// Of a bucket's 16 slots; more would overflow into neighbours too often.
inline constexpr size_t kBucketNames = 13;

// A name's hash and its block.
struct IndexEntry {
  uint64_t hash;
  uint32_t block;
};

// Into the buckets of its page.
void insert_entry(Bucket* buckets, uint32_t count, const IndexEntry& entry);

// How many buckets the pages of an index have.
class IndexPlan {
 public:
  explicit IndexPlan(std::span<const uint64_t> hashes);

  uint8_t page_bits() const { return page_bits_; }
  const std::vector<IndexPage>& pages() const { return pages_; }
  size_t buckets() const { return buckets_; }
  // Writes the buckets of the names whose hashes these are, in the order of their blocks, which have as many
  // names each.
  void fill(std::span<Bucket> buckets, std::span<const uint64_t> hashes, std::span<const uint8_t> block_names,
            Work work) const;

 private:
  uint8_t page_bits_ = 0;
  std::vector<IndexPage> pages_;
  uint32_t buckets_ = 0;
};

}  // namespace atlas::zone::image
