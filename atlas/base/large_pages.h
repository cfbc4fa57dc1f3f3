// Memory for large tables in large pages: what is read all over, or filled once and thrown away, costs a
// fault and a miss of the address translation for each small page.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace atlas::base {

inline constexpr size_t kLargePageOctets = size_t{2} << 20;

// At least `octets`, aligned for anything up to a cache line; from a few large pages on made of such pages,
// if the kernel has them. Not initialised. Ends the program where there is no memory.
void* allocate_large(size_t octets);
void free_large(void* memory, size_t octets);
// Gives the whole large pages of a part of such memory back to the kernel. What is in them is lost; they come
// again, with zeros, when they are touched.
void release_large(const void* begin, const void* end);

template <class T>
struct LargePageAllocator {
  using value_type = T;

  LargePageAllocator() = default;
  template <class U>
  LargePageAllocator(const LargePageAllocator<U>&) {
  }  // NOLINT(google-explicit-constructor): as allocators are

  T* allocate(size_t count) { return static_cast<T*>(allocate_large(count * sizeof(T))); }
  void deallocate(T* memory, size_t count) { free_large(memory, count * sizeof(T)); }

  friend bool operator==(const LargePageAllocator&, const LargePageAllocator&) { return true; }
};

template <class T>
using LargeVector = std::vector<T, LargePageAllocator<T>>;

// Octets that are only ever appended, without the zeros that a vector writes first.
class LargeOctets {
 public:
  LargeOctets() = default;
  LargeOctets(LargeOctets&& other) noexcept { swap(other); }
  LargeOctets& operator=(LargeOctets&& other) noexcept {
    LargeOctets(std::move(other)).swap(*this);
    return *this;
  }
  ~LargeOctets() { free_large(octets_, capacity_); }

  const uint8_t* data() const { return octets_; }
  uint8_t* data() { return octets_; }
  size_t size() const { return size_; }
  void reserve(size_t octets) {
    if (octets > capacity_) grow(octets);
  }
  void clear() { size_ = 0; }
  // Gives back what is reserved in vain.
  void shrink_to_fit();
  // Where to write so many octets, until the next call.
  uint8_t* append(size_t octets) {
    if (octets > capacity_ - size_) grow(size_ + octets);
    return octets_ + std::exchange(size_, size_ + octets);
  }

 private:
  void grow(size_t wanted);
  void swap(LargeOctets& other) noexcept {
    std::swap(octets_, other.octets_);
    std::swap(size_, other.size_);
    std::swap(capacity_, other.capacity_);
  }

  uint8_t* octets_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace atlas::base
