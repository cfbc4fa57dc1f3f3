#include "atlas/base/large_pages.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "atlas/base/assert.h"

namespace atlas::base {
namespace {

constexpr size_t kCacheLineOctets = 64;
// From here on less than half of the memory is lost to rounding.
constexpr size_t kLargeOctets = 2 * kLargePageOctets;

constexpr size_t rounded(size_t octets, size_t alignment) {
  return (octets + alignment - 1) / alignment * alignment;
}

// From the kernel itself, so that it has it back at once when it is freed.
uint8_t* map_aligned(size_t octets) {
  void* const mapped =
      ::mmap(nullptr, octets + kLargePageOctets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ATLAS_ASSERT(mapped != MAP_FAILED);
  auto* const begin = static_cast<uint8_t*>(mapped);
  const size_t before =
      rounded(reinterpret_cast<uintptr_t>(begin), kLargePageOctets) - reinterpret_cast<uintptr_t>(begin);
  if (before != 0) ::munmap(begin, before);
  if (before != kLargePageOctets) ::munmap(begin + before + octets, kLargePageOctets - before);
  return begin + before;
}

}  // namespace

void* allocate_large(size_t octets) {
  if (octets < kLargeOctets) {
    void* const memory = std::aligned_alloc(kCacheLineOctets, rounded(octets, kCacheLineOctets));
    ATLAS_ASSERT(memory != nullptr || octets == 0);
    return memory;
  }
  const size_t size = rounded(octets, kLargePageOctets);
  uint8_t* const memory = map_aligned(size);
  // Small pages do as well, only slower.
  ::madvise(memory, size, MADV_HUGEPAGE);
  return memory;
}

void free_large(void* memory, size_t octets) {
  if (octets < kLargeOctets) {
    std::free(memory);
  } else {
    ::munmap(memory, rounded(octets, kLargePageOctets));
  }
}

void release_large(const void* begin, const void* end) {
  const size_t first = rounded(reinterpret_cast<uintptr_t>(begin), kLargePageOctets);
  const size_t last = reinterpret_cast<uintptr_t>(end) / kLargePageOctets * kLargePageOctets;
  if (first < last) ::madvise(reinterpret_cast<void*>(first), last - first, MADV_DONTNEED);
}

void LargeOctets::shrink_to_fit() {
  if (size_ == capacity_) return;
  LargeOctets exact;
  exact.grow(size_);
  if (size_ != 0) std::memcpy(exact.append(size_), octets_, size_);
  swap(exact);
}

void LargeOctets::grow(size_t wanted) {
  const size_t capacity = std::max(wanted, 2 * capacity_);
  auto* const octets = static_cast<uint8_t*>(allocate_large(capacity));
  const size_t before = std::exchange(capacity_, capacity);
  uint8_t* const from = std::exchange(octets_, octets);
  if (before >= kLargeOctets) {
    // The pages move, and nothing is there twice.
    const size_t moved = rounded(before, kLargePageOctets);
    ATLAS_ASSERT(::mremap(from, moved, moved, MREMAP_MAYMOVE | MREMAP_FIXED, octets) == octets);
  } else {
    if (size_ != 0) std::memcpy(octets, from, size_);
    free_large(from, before);
  }
}

}  // namespace atlas::base
