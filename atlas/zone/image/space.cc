#include "atlas/zone/image/space.h"

#include <algorithm>
#include <functional>

#include "atlas/base/assert.h"
#include "atlas/base/large_pages.h"

// Under AddressSanitizer, reading what is free is reported.
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define ATLAS_POISON(at, octets) ASAN_POISON_MEMORY_REGION(at, octets)
#define ATLAS_UNPOISON(at, octets) ASAN_UNPOISON_MEMORY_REGION(at, octets)
#else
#define ATLAS_POISON(at, octets) static_cast<void>(0)
#define ATLAS_UNPOISON(at, octets) static_cast<void>(0)
#endif

namespace atlas::zone::image {
namespace {

constexpr size_t kChunkOctetsMin = size_t{16} << 10;
constexpr size_t kChunkOctetsMax = size_t{1} << 20;
// Of all memory, what a new chunk adds.
constexpr size_t kChunkShare = 64;

}  // namespace

void FreePieces::insert(uint8_t* at, size_t octets) {
  by_address_.emplace(at, octets);
  by_size_.emplace(octets, at);
}

void FreePieces::give(uint8_t* at, size_t octets) {
  octets = octets / unit_ * unit_;
  if (octets == 0) return;
  octets_ += octets;
  ATLAS_POISON(at, octets);
  auto behind = by_address_.upper_bound(at);
  ATLAS_ASSERT(behind == by_address_.end() || at + octets <= behind->first);
  if (behind != by_address_.end() && at + octets == behind->first) {
    octets += behind->second;
    by_size_.erase({behind->second, behind->first});
    behind = by_address_.erase(behind);
  }
  if (behind != by_address_.begin()) {
    const auto before = std::prev(behind);
    ATLAS_ASSERT(before->first + before->second <= at);
    if (before->first + before->second == at) {
      at = before->first;
      octets += before->second;
      by_size_.erase({before->second, before->first});
      by_address_.erase(before);
    }
  }
  insert(at, octets);
}

uint8_t* FreePieces::take(size_t octets) {
  const size_t wanted = rounded(octets);
  const auto found = by_size_.lower_bound({wanted, nullptr});
  if (found == by_size_.end()) return nullptr;
  const auto [size, at] = *found;
  by_size_.erase(found);
  by_address_.erase(at);
  if (size != wanted) insert(at + wanted, size - wanted);
  octets_ -= wanted;
  ATLAS_UNPOISON(at, wanted);
  return at;
}

Space::~Space() {
  // Others get this memory, who know nothing of pieces.
  ATLAS_UNPOISON(image_.octets.data(), image_.octets.size());
  for (const Chunk& chunk : chunks_) {
    ATLAS_UNPOISON(chunk.at, chunk.octets);
    base::free_large(chunk.at, chunk.octets);
  }
}

uint8_t* Space::allocate(size_t octets) {
  const std::lock_guard lock(mutex_);
  return allocate_from(blocks_, false, octets);
}

uint8_t* Space::allocate_page(size_t octets) {
  const std::lock_guard lock(mutex_);
  return allocate_from(pages_, true, octets);
}

uint8_t* Space::allocate_from(FreePieces& pieces, bool of_pages, size_t octets) {
  if (uint8_t* const found = pieces.take(octets)) return found;
  const size_t wanted =
      std::clamp((image_.octets.size() + chunk_octets_) / kChunkShare, kChunkOctetsMin, kChunkOctetsMax);
  const size_t chunk_octets = std::max(wanted, octets + kChunkOctetsMin) / 64 * 64;
  auto* const at = static_cast<uint8_t*>(base::allocate_large(chunk_octets));
  const auto behind = std::ranges::upper_bound(chunks_, at, {}, &Chunk::at);
  chunks_.insert(behind, {at, chunk_octets, of_pages});
  chunk_octets_ += chunk_octets;
  pieces.give(at, chunk_octets);
  return pieces.take(octets);
}

bool Space::lies_in_image(const uint8_t* at) const {
  const base::Bytes image = image_.octets;
  return std::less_equal<>()(image.data(), at) && std::less<>()(at, image.data() + image.size());
}

bool Space::is_page(const uint8_t* at) const {
  const auto behind = std::ranges::upper_bound(chunks_, at, {}, &Chunk::at);
  if (behind == chunks_.begin()) return false;
  const Chunk& chunk = *(behind - 1);
  return at < chunk.at + chunk.octets && chunk.of_pages;
}

void Space::release(std::span<const Piece> pieces) {
  const std::lock_guard lock(mutex_);
  for (const Piece& piece : pieces) {
    auto* const at = const_cast<uint8_t*>(piece.at);  // nobody reads it any more
    if (lies_in_image(at)) {
      blocks_.give(at, piece.octets);
    } else {
      FreePieces& free = is_page(at) ? pages_ : blocks_;
      free.give(at, free.rounded(piece.octets));
    }
  }
}

size_t Space::octets() const {
  const std::lock_guard lock(mutex_);
  return image_.octets.size() + chunk_octets_;
}

size_t Space::free_octets() const {
  const std::lock_guard lock(mutex_);
  return blocks_.octets() + pages_.octets();
}

}  // namespace atlas::zone::image
