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

}  // namespace

void* allocate_large(size_t octets) {
  const bool large = octets >= kLargeOctets;
  const size_t alignment = large ? kLargePageOctets : kCacheLineOctets;
  const size_t rounded = (octets + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  ATLAS_ASSERT(memory != nullptr || octets == 0);
  // Small pages do as well, only slower.
  if (large) ::madvise(memory, rounded, MADV_HUGEPAGE);
  return memory;
}

void free_large(void* memory) {
  std::free(memory);
}

void LargeOctets::grow(size_t wanted) {
  const size_t capacity = std::max(wanted, 2 * capacity_);
  auto* const octets = static_cast<uint8_t*>(allocate_large(capacity));
  if (size_ != 0) std::memcpy(octets, octets_, size_);
  free_large(std::exchange(octets_, octets));
  capacity_ = capacity;
}

}  // namespace atlas::base
