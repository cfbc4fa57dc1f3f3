// The memory that the versions of a zone share: the image that the first of them is, and what the later ones
// wrote. Pieces that no version uses any more are used again, those of the image too, so that a zone that
// changes all the time stays as large as it is.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "atlas/zone/image/image.h"

namespace atlas::zone::image {

// Memory of an image, or that was given out, which will be free once no version uses it.
struct Piece {
  const uint8_t* at = nullptr;
  uint32_t octets = 0;
};

// Free memory: the smallest piece that is large enough is taken, neighbours become one.
class FreePieces {
 public:
  // Sizes are rounded to a multiple of `unit`, and so addresses stay aligned to it.
  explicit FreePieces(size_t unit) : unit_(unit) {}

  // Null if there is none that is large enough.
  uint8_t* take(size_t octets);
  // What take() uses for as many octets.
  size_t rounded(size_t octets) const { return (octets + unit_ - 1) / unit_ * unit_; }
  // What is beyond the last whole unit is lost. None of it may be free already.
  void give(uint8_t* at, size_t octets);
  size_t octets() const { return octets_; }

 private:
  void insert(uint8_t* at, size_t octets);

  const size_t unit_;
  std::map<uint8_t*, size_t> by_address_;
  std::set<std::pair<size_t, uint8_t*>> by_size_;
  size_t octets_ = 0;  // in all
};

// Any thread.
class Space {
 public:
  explicit Space(ImageMemory image) : image_(std::move(image)) {}
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;
  ~Space();

  base::Bytes image() const { return image_.octets; }
  bool lies_in_image(const uint8_t* at) const;
  // Not initialised.
  uint8_t* allocate(size_t octets);
  // The same, aligned to a cache line.
  uint8_t* allocate_page(size_t octets);
  // No version uses these any more.
  void release(std::span<const Piece> pieces);
  // In all.
  size_t octets() const;
  // Of these, what could be given out.
  size_t free_octets() const;

 private:
  struct Chunk {
    uint8_t* at;
    size_t octets;
    bool of_pages;
  };

  uint8_t* allocate_from(FreePieces& pieces, bool of_pages, size_t octets);
  bool is_page(const uint8_t* at) const;

  const ImageMemory image_;
  mutable std::mutex mutex_;
  FreePieces blocks_{kPieceOctets};
  FreePieces pages_{64};
  std::vector<Chunk> chunks_;  // by address
  size_t chunk_octets_ = 0;
};

// What one version allocates, so that it can be given back if the version is given up.
class Allocations {
 public:
  explicit Allocations(Space& space) : space_(space) {}

  uint8_t* allocate(size_t octets) { return noted(space_.allocate(octets), in_pieces(octets)); }
  uint8_t* allocate_page(size_t octets) { return noted(space_.allocate_page(octets), octets); }
  bool lies_in_image(const uint8_t* at) const { return space_.lies_in_image(at); }
  std::vector<Piece> take_pieces() { return std::move(pieces_); }

 private:
  uint8_t* noted(uint8_t* at, size_t octets) {
    pieces_.push_back({at, static_cast<uint32_t>(octets)});
    return at;
  }

  Space& space_;
  std::vector<Piece> pieces_;
};

}  // namespace atlas::zone::image
