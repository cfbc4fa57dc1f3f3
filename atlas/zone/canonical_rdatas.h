// The RDATAs of an RRset in canonical order (RFC 4034 6.3), without duplicates.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/rdata.h"
#include "atlas/dns/types.h"

namespace atlas::zone {

// Compares RDATAs in canonical form: as strings of unsigned octets, the shorter first where it is a prefix.
inline int compare_rdatas(base::Bytes a, base::Bytes b) {
  const size_t shorter = std::min(a.size(), b.size());
  const int order = shorter == 0 ? 0 : std::memcmp(a.data(), b.data(), shorter);
  if (order != 0) return order;
  return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
}

// Keeps its memory from one RRset to the next.
class CanonicalRdatas {
 public:
  // What was written before is kept in view: it must stay where it is.
  void assign(dns::RRType type, const auto& rdatas) {
    octets_.clear();
    entries_.clear();
    for (const base::Bytes rdata : rdatas) {
      entries_.push_back({octets_.size(), rdata});
      octets_.insert(octets_.end(), rdata.begin(), rdata.end());
      dns::make_canonical(type, std::span(octets_).last(rdata.size()));
    }
    const auto less = [this](const Entry& a, const Entry& b) {
      return compare_rdatas(canonical(a), canonical(b)) < 0;
    };
    // Of those that are the same in canonical form the first one counts.
    if (!std::ranges::is_sorted(entries_, less)) std::ranges::stable_sort(entries_, less);
    const auto repeated = std::ranges::unique(entries_, [this](const Entry& a, const Entry& b) {
      return compare_rdatas(canonical(a), canonical(b)) == 0;
    });
    entries_.erase(repeated.begin(), repeated.end());
  }

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  base::Bytes written(size_t index) const { return entries_[index].written; }
  base::Bytes canonical(size_t index) const { return canonical(entries_[index]); }

 private:
  struct Entry {
    size_t offset;  // in octets_
    base::Bytes written;
  };
  base::Bytes canonical(const Entry& entry) const {
    return base::Bytes(octets_).subspan(entry.offset, entry.written.size());
  }

  std::vector<uint8_t> octets_;  // in canonical form
  std::vector<Entry> entries_;
};

}  // namespace atlas::zone
