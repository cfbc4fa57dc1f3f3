// Memory for large tables in large pages: what is read all over, or filled once and thrown away, costs a
// fault and a miss of the address translation for each small page.
#pragma once

#include <cstddef>
#include <vector>

namespace atlas::base {

inline constexpr size_t kLargePageOctets = size_t{2} << 20;

// At least `octets`, aligned for anything up to a cache line; from a few large pages on made of such pages,
// if the kernel has them. Not initialised. Ends the program where there is no memory.
void* allocate_large(size_t octets);
void free_large(void* memory);

template <class T>
struct LargePageAllocator {
  using value_type = T;

  LargePageAllocator() = default;
  template <class U>
  LargePageAllocator(const LargePageAllocator<U>&) {
  }  // NOLINT(google-explicit-constructor): as allocators are

  T* allocate(size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, size_t) { free_large(memory); }

  friend bool operator==(const LargePageAllocator&, const LargePageAllocator&) { return true; }
};

template <class T>
using LargeVector = std::vector<T, LargePageAllocator<T>>;

}  // namespace atlas::base
