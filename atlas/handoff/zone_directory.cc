#include "atlas/handoff/zone_directory.h"

#include <algorithm>
#include <unordered_map>

namespace atlas::handoff {
namespace {

// On average at most, so that hardly ever one page is full before the others.
constexpr size_t kPageZones = 12;

}  // namespace

// A directory on its way: copies each page once.
class ZoneDirectory::Edit {
 public:
  explicit Edit(const ZoneDirectory& base) : next_(base) {
    if (next_.pages_.empty()) next_.pages_.push_back(std::make_shared<const Page>());
  }

  void set(const ZoneEntry& entry) {
    const uint64_t hash = dns::hash(entry.apex);
    if (const ZoneEntry* present = page(hash).find(hash, entry.apex)) {
      *const_cast<ZoneEntry*>(present) = entry;  // of a copy that nobody else has
      return;
    }
    while (page(hash).count == kPageZonesMax || next_.size_ >= next_.pages_.size() * kPageZones) divide();
    insert(page(hash), hash, entry);
    ++next_.size_;
    ++next_.zones_of_depth_[entry.apex.label_count()];
  }
  void remove(const dns::Name& apex) {
    const uint64_t hash = dns::hash(apex);
    Page& from = page(hash);
    const ZoneEntry* present = from.find(hash, apex);
    if (present == nullptr) return;
    const auto at = static_cast<size_t>(present - from.entries.data());
    --from.count;
    from.tags[at] = from.tags[from.count];
    if (at != from.count) from.entries[at] = std::move(from.entries.back());
    from.entries.pop_back();
    --next_.size_;
    --next_.zones_of_depth_[apex.label_count()];
  }
  ZoneDirectory finish() {
    next_.depths_.clear();
    for (size_t depth = next_.zones_of_depth_.size(); depth-- > 0;) {
      if (next_.zones_of_depth_[depth] != 0) next_.depths_.push_back(static_cast<uint8_t>(depth));
    }
    return std::move(next_);
  }

 private:
  static void insert(Page& page, uint64_t hash, const ZoneEntry& entry) {
    page.tags[page.count++] = static_cast<uint32_t>(hash);
    page.entries.push_back(entry);
  }
  Page& page(uint64_t hash) {
    std::shared_ptr<const Page>& slot = next_.pages_[next_.page_of(hash)];
    if (const auto own = own_.find(slot.get()); own != own_.end()) return *own->second;
    const auto copy = std::make_shared<Page>(*slot);
    own_.emplace(copy.get(), copy.get());
    slot = copy;
    return *copy;
  }
  // Twice as many pages.
  void divide() {
    std::vector<std::shared_ptr<const Page>> divided;
    std::unordered_map<const Page*, Page*> own;
    const uint8_t bits = next_.page_bits_ + 1;
    for (const auto& whole : next_.pages_) {
      const auto first = std::make_shared<Page>(), second = std::make_shared<Page>();
      for (const ZoneEntry& entry : whole->entries) {
        const uint64_t hash = dns::hash(entry.apex);
        insert((hash >> (64 - bits) & 1) == 0 ? *first : *second, hash, entry);
      }
      for (const auto& half : {first, second}) {
        own.emplace(half.get(), half.get());
        divided.push_back(half);
      }
    }
    next_.pages_ = std::move(divided);
    next_.page_bits_ = bits;
    own_ = std::move(own);
  }

  ZoneDirectory next_;
  std::unordered_map<const Page*, Page*> own_;  // that nobody else has seen
};

ZoneDirectory::ZoneDirectory(const std::vector<ZoneEntry>& entries) {
  *this = ZoneDirectory().with(entries);
}

ZoneDirectory ZoneDirectory::with(std::span<const ZoneEntry> entries,
                                  std::span<const dns::Name> removed) const {
  Edit edit(*this);
  for (const dns::Name& apex : removed) edit.remove(apex);
  for (const ZoneEntry& entry : entries) edit.set(entry);
  return edit.finish();
}

const ZoneEntry* ZoneDirectory::find(const dns::LabelledName& name, dns::RRType type) const {
  const ZoneEntry* nearest = find_at_most(name, name.label_count());
  if (nearest == nullptr || type != dns::RRType::DS || nearest->apex != name.view() ||
      name.label_count() == 0)
    return nearest;
  const ZoneEntry* above = find_at_most(name, name.label_count() - 1);
  return above != nullptr ? above : nearest;
}

}  // namespace atlas::handoff
