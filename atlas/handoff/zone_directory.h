// Finds the zone that a name belongs to. Immutable; the next directory shares the pages that do not change.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/policy/transfer/transfer_policy.h"
#include "atlas/zone/zone.h"

namespace atlas::handoff {

// A zone that is configured. `version` is null until it has loaded once, and when it has expired: its names
// are then SERVFAIL.
struct ZoneEntry {
  dns::Name apex;
  std::shared_ptr<const zone::Zone> version;
  std::shared_ptr<const policy::transfer::TransferPolicy> transfers = {};  // who may take it; null: nobody
  // Of a secondary that has a version: when it will expire (RFC 7314), as 32 bits of the time. 0: never.
  uint32_t expires_unix_seconds = 0;
  bool is_expired = false;
};

class ZoneDirectory {
 public:
  ZoneDirectory() = default;
  // Later entries replace earlier ones of the same apex.
  explicit ZoneDirectory(const std::vector<ZoneEntry>& entries);

  // The directory with these entries, which replace those of the same apexes or are new, and without those
  // zones. Costs what changes, and a pointer for every few zones.
  ZoneDirectory with(std::span<const ZoneEntry> entries, std::span<const dns::Name> removed = {}) const;

  // The zone whose apex is the nearest ancestor of `name`, or null. RFC 1034 4.3.2 step 2. A DS question for
  // an apex belongs to the parent side of the cut (RFC 4035 3.1.4.1): to the zone above, if that is here too.
  const ZoneEntry* find(const dns::LabelledName& name, dns::RRType type) const;
  const ZoneEntry* find_exact(dns::NameView apex) const {
    if (pages_.empty()) return nullptr;
    const uint64_t hash = dns::hash(apex);
    return pages_[page_of(hash)]->find(hash, apex);
  }

  size_t size() const { return size_; }

 private:
  static constexpr size_t kPageZonesMax = 30;

  // The zones whose hashes have the same upper bits.
  struct Page {
    uint32_t count = 0;
    std::array<uint32_t, kPageZonesMax> tags;  // lower halves of the hashes: most misses end here
    std::vector<ZoneEntry> entries;

    const ZoneEntry* find(uint64_t hash, dns::NameView apex) const {
      for (uint32_t i = 0; i < count; ++i) {
        if (tags[i] == static_cast<uint32_t>(hash) && entries[i].apex == apex) return &entries[i];
      }
      return nullptr;
    }
  };
  class Edit;

  size_t page_of(uint64_t hash) const { return page_bits_ == 0 ? 0 : hash >> (64 - page_bits_); }
  // The nearest ancestor of `name` that has at most `labels_max` labels.
  const ZoneEntry* find_at_most(const dns::LabelledName& name, size_t labels_max) const {
    for (const uint8_t depth : depths_) {
      if (depth > labels_max) continue;
      if (const ZoneEntry* entry = find_exact(name.suffix(depth))) return entry;
    }
    return nullptr;
  }

  std::vector<std::shared_ptr<const Page>> pages_;  // a power of two, or none
  uint8_t page_bits_ = 0;
  size_t size_ = 0;
  std::array<uint32_t, dns::kLabelsMax + 1> zones_of_depth_{};
  std::vector<uint8_t> depths_;  // label counts that apexes have, deepest first
};

}  // namespace atlas::handoff
