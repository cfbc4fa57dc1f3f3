// Makes the index of a version that differs from the one before: copies the pages that change.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "atlas/zone/image/index.h"
#include "atlas/zone/image/space.h"

namespace atlas::zone::image {

// A name whose block changes. kBlocksMax: it was, or will be, in none.
struct IndexChange {
  uint64_t hash;
  uint32_t from;
  uint32_t to;
};

class IndexEditor {
 public:
  // Calls back with the hash of each name of a block, as it will be.
  using BlockNames = std::function<void(uint32_t block, const std::function<void(uint64_t hash)>&)>;

  // Pages that no longer belong to the version go to `retired`.
  IndexEditor(NameIndex& index, Allocations& space, std::vector<Piece>& retired, BlockNames names)
      : index_(index), space_(space), retired_(retired), names_(std::move(names)) {}

  // The blocks must be as they will be.
  void apply(std::vector<IndexChange> changes);

 private:
  // Some neighbours in the table of pages: all that are one page.
  struct Range {
    size_t first;
    size_t count;
  };

  Range range_of(uint64_t hash) const;
  void edit_page(Range range, std::span<const IndexChange> changes);
  void rebuild_page(Range range, std::span<const IndexChange> changes);
  void lay_out(Range range, std::span<const IndexEntry> entries);

  NameIndex& index_;
  Allocations& space_;
  std::vector<Piece>& retired_;
  BlockNames names_;
};

}  // namespace atlas::zone::image
