#include "atlas/handoff/snapshot.h"

#include <algorithm>
#include <bit>
#include <bitset>

namespace atlas::handoff {

ZoneDirectory::ZoneDirectory(std::vector<ZoneEntry> entries) : slots_(std::bit_ceil(entries.size() * 2 + 1)) {
  entries_.reserve(entries.size());
  std::bitset<dns::kLabelsMax + 1> depths;
  for (ZoneEntry& entry : entries) {
    Slot& slot = slots_[slot_of(entry.apex)];
    if (slot.entry != 0) {
      entries_[slot.entry - 1] = std::move(entry);
      continue;
    }
    depths.set(entry.apex.label_count());
    slot.tag = static_cast<uint32_t>(dns::hash(entry.apex) >> 32);
    entries_.push_back(std::move(entry));
    slot.entry = static_cast<uint32_t>(entries_.size());
  }
  for (size_t depth = depths.size(); depth-- > 0;) {
    if (depths.test(depth)) depths_.push_back(static_cast<uint8_t>(depth));
  }
}

size_t ZoneDirectory::slot_of(dns::NameView apex) const {
  const uint64_t hash = dns::hash(apex);
  const size_t mask = slots_.size() - 1;
  size_t at = hash & mask;
  while (slots_[at].entry != 0 && (slots_[at].tag != static_cast<uint32_t>(hash >> 32) ||
                                   entries_[slots_[at].entry - 1].apex != apex)) {
    at = (at + 1) & mask;
  }
  return at;
}

const ZoneEntry* ZoneDirectory::find_exact(dns::NameView apex) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[slot_of(apex)];
  return slot.entry == 0 ? nullptr : &entries_[slot.entry - 1];
}

const ZoneEntry* ZoneDirectory::find_at_most(dns::NameView name, size_t labels_max) const {
  // suffixes[n] begins n labels from the left.
  std::array<uint8_t, dns::kLabelsMax + 1> suffixes;
  size_t labels = 0;
  for (size_t at = 0;; at += name.data()[at] + 1u) {
    suffixes[labels] = static_cast<uint8_t>(at);
    if (name.data()[at] == 0) break;
    ++labels;
  }
  for (const uint8_t depth : depths_) {
    if (depth > labels || depth > labels_max) continue;
    const uint8_t offset = suffixes[labels - depth];
    const dns::NameView suffix(name.data() + offset, static_cast<uint8_t>(name.size() - offset));
    if (const ZoneEntry* entry = find_exact(suffix)) return entry;
  }
  return nullptr;
}

const ZoneEntry* ZoneDirectory::find(dns::NameView name, dns::RRType type) const {
  const ZoneEntry* nearest = find_at_most(name, dns::kLabelsMax);
  if (nearest == nullptr || type != dns::RRType::DS || nearest->apex != name || name.is_root())
    return nearest;
  const ZoneEntry* above = find_at_most(name, name.label_count() - 1);
  return above != nullptr ? above : nearest;
}

}  // namespace atlas::handoff
