#include "atlas/zone/image/index_editor.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::zone::image {
namespace {

// A page with fewer free slots than one in so many is made anew, larger or in two.
constexpr size_t kFreeShare = 16;

// The slot of a name, or null. The buckets that it may be in end with one that has a free slot.
uint32_t* find_slot(std::span<Bucket> buckets, uint64_t hash, uint32_t block, size_t& bucket) {
  const uint32_t wanted = NameIndex::slot_of(hash, block);
  bucket = NameIndex::bucket_of(hash, static_cast<uint32_t>(buckets.size()));
  for (size_t i = 0; i < buckets.size(); ++i) {
    for (uint32_t& slot : buckets[bucket].slots) {
      if (slot == wanted) return &slot;
      if (slot == 0) return nullptr;
    }
    bucket = bucket + 1 == buckets.size() ? 0 : bucket + 1;
  }
  return nullptr;
}

// In a bucket that is full the slot stays, and leads to a block without the name: what overflowed from this
// bucket would not be found otherwise.
void remove_slot(Bucket& bucket, uint32_t* slot) {
  uint32_t* const end = std::ranges::find(bucket.slots, 0u);
  if (end == std::end(bucket.slots)) return;
  *slot = end[-1];
  end[-1] = 0;
}

size_t used_slots(std::span<const Bucket> buckets) {
  size_t used = 0;
  for (const Bucket& bucket : buckets)
    used += static_cast<size_t>(std::ranges::find(bucket.slots, 0u) - std::begin(bucket.slots));
  return used;
}

}  // namespace

void IndexEditor::apply(std::vector<IndexChange> changes) {
  std::ranges::sort(changes, {}, &IndexChange::hash);
  for (size_t first = 0; first < changes.size();) {
    const Range range = range_of(changes[first].hash);
    size_t end = first;
    while (end < changes.size() &&
           NameIndex::page_of(changes[end].hash, index_.page_bits_) < range.first + range.count) {
      ++end;
    }
    edit_page(range, std::span(changes).subspan(first, end - first));
    first = end;
  }
}

IndexEditor::Range IndexEditor::range_of(uint64_t hash) const {
  const auto& pages = index_.pages_;
  size_t first = NameIndex::page_of(hash, index_.page_bits_);
  size_t end = first + 1;
  while (first > 0 && pages[first - 1] == pages[first]) --first;
  while (end < pages.size() && pages[end] == pages[first]) ++end;
  return {first, end - first};
}

void IndexEditor::edit_page(Range range, std::span<const IndexChange> changes) {
  const NameIndex::Page page = index_.pages_[range.first];
  const size_t octets = page.count() * sizeof(Bucket);
  const auto added = static_cast<size_t>(std::ranges::count(changes, kBlocksMax, &IndexChange::from));
  const size_t slots = page.count() * kBucketSlots;
  if (used_slots({page.buckets(), page.count()}) + added > slots - slots / kFreeShare)
    return rebuild_page(range, changes);
  auto* const copy = reinterpret_cast<Bucket*>(space_.allocate_page(octets));
  std::memcpy(copy, page.buckets(), octets);
  const std::span<Bucket> buckets(copy, page.count());
  for (const IndexChange& change : changes) {
    if (change.from == kBlocksMax) {
      insert_entry(copy, page.count(), {change.hash, change.to});
      continue;
    }
    size_t bucket;
    uint32_t* const slot = find_slot(buckets, change.hash, change.from, bucket);
    ATLAS_ASSERT(slot != nullptr);
    if (change.to == kBlocksMax) {
      remove_slot(buckets[bucket], slot);
    } else {
      *slot = NameIndex::slot_of(change.hash, change.to);
    }
  }
  retired_.push_back({reinterpret_cast<const uint8_t*>(page.buckets()), static_cast<uint32_t>(octets)});
  std::fill_n(index_.pages_.begin() + static_cast<std::ptrdiff_t>(range.first), range.count,
              NameIndex::Page(copy, page.count()));
}

// A page holds a part of each hash only: the blocks know the names.
void IndexEditor::rebuild_page(Range range, std::span<const IndexChange> changes) {
  const NameIndex::Page page = index_.pages_[range.first];
  std::vector<uint32_t> blocks;
  for (const Bucket& bucket : std::span(page.buckets(), page.count())) {
    for (const uint32_t slot : bucket.slots) {
      if (slot != 0) blocks.push_back((slot & 0xffffff) - 1);
    }
  }
  for (const IndexChange& change : changes) {
    if (change.to != kBlocksMax) blocks.push_back(change.to);
  }
  std::ranges::sort(blocks);
  const auto repeated = std::ranges::unique(blocks);
  blocks.erase(repeated.begin(), repeated.end());
  std::vector<IndexEntry> entries;
  for (const uint32_t block : blocks) {
    names_(block, [&](uint64_t hash) {
      if (NameIndex::page_of(hash, index_.page_bits_) - range.first < range.count)
        entries.push_back({hash, block});
    });
  }
  retired_.push_back({reinterpret_cast<const uint8_t*>(page.buckets()),
                      static_cast<uint32_t>(page.count() * sizeof(Bucket))});
  std::ranges::sort(entries, {}, &IndexEntry::hash);
  // Until a page of its own has few enough names, or cannot be halved.
  while (entries.size() > 2 * kPageNames * range.count && index_.page_bits_ < kPageBitsMax) {
    std::vector<NameIndex::Page> doubled;
    doubled.reserve(2 * index_.pages_.size());
    for (const NameIndex::Page each : index_.pages_) doubled.insert(doubled.end(), 2, each);
    index_.pages_ = std::move(doubled);
    ++index_.page_bits_;
    range = {2 * range.first, 2 * range.count};
  }
  lay_out(range, entries);
}

// `entries` are sorted by hash, so that those of each half are together.
void IndexEditor::lay_out(Range range, std::span<const IndexEntry> entries) {
  if (entries.size() > 2 * kPageNames && range.count > 1) {
    const size_t middle = range.first + range.count / 2;
    const auto second = std::ranges::lower_bound(entries, middle, {}, [&](const IndexEntry& entry) {
      return NameIndex::page_of(entry.hash, index_.page_bits_);
    });
    const auto count = static_cast<size_t>(second - entries.begin());
    lay_out({range.first, range.count / 2}, entries.first(count));
    lay_out({middle, range.count - range.count / 2}, entries.subspan(count));
    return;
  }
  const size_t count = entries.size() / kBucketNames + 1;
  ATLAS_ASSERT(count <= NameIndex::Page::kBucketsMax);
  auto* const buckets = reinterpret_cast<Bucket*>(space_.allocate_page(count * sizeof(Bucket)));
  std::memset(buckets, 0, count * sizeof(Bucket));
  for (const IndexEntry& entry : entries) insert_entry(buckets, static_cast<uint32_t>(count), entry);
  std::fill_n(index_.pages_.begin() + static_cast<std::ptrdiff_t>(range.first), range.count,
              NameIndex::Page(buckets, static_cast<uint32_t>(count)));
}

}  // namespace atlas::zone::image
