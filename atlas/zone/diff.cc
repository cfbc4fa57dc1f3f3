#include "atlas/zone/diff.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "atlas/dns/rdata.h"
#include "atlas/zone/canonical_rdatas.h"
#include "atlas/zone/diff_order.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::zone {
namespace {

using dns::RRType;

// The records of one RRset on both sides, and what differs.
class RRsetComparison {
 public:
  explicit RRsetComparison(ZoneDiff& diff) : diff_(diff) {}

  // False if the RRset stays. Nothing is added to the diff yet.
  bool compare(RRType type, const dns::RRsetView& before, uint32_t ttl, const auto& after) {
    before_.assign(type, before);
    after_.assign(type, after);
    before_ttl_ = before.ttl;
    after_ttl_ = ttl;
    removed_.clear();
    added_.clear();
    const bool all = before_ttl_ != after_ttl_;
    size_t i = 0, j = 0;
    while (i < before_.size() || j < after_.size()) {
      int order = 0;
      if (i == before_.size()) {
        order = 1;
      } else if (j == after_.size()) {
        order = -1;
      } else {
        order = compare_rdatas(before_.canonical(i), after_.canonical(j));
      }
      if (order < 0 || (order == 0 && all)) removed_.push_back(i);
      if (order > 0 || (order == 0 && all)) added_.push_back(j);
      i += order <= 0;
      j += order >= 0;
    }
    return !removed_.empty() || !added_.empty();
  }

  void append(dns::NameView owner, RRType type) {
    for (const size_t i : removed_) add(diff_.removed, owner, type, before_ttl_, before_.written(i));
    for (const size_t i : added_) add(diff_.added, owner, type, after_ttl_, after_.written(i));
  }

 private:
  static void add(std::vector<DiffRecord>& records, dns::NameView owner, RRType type, uint32_t ttl,
                  base::Bytes rdata) {
    records.emplace_back(owner, type, ttl, std::vector<uint8_t>(rdata.begin(), rdata.end()));
  }

  ZoneDiff& diff_;
  CanonicalRdatas before_, after_;
  uint32_t before_ttl_ = 0, after_ttl_ = 0;
  std::vector<size_t> removed_, added_;
};

bool belongs_to_nsec3(const RRsetEdit& edit) {
  return (edit.type == RRType::RRSIG ? edit.covered : edit.type) == RRType::NSEC3;
}

RRType covered_of(const RRsetEdit& edit) {
  return edit.type == RRType::RRSIG ? edit.covered : RRType{};
}

// The name as the zone keeps it, which spells its apex in one way.
dns::Name below_apex(dns::NameView name, dns::NameView apex) {
  dns::Name spelled(name);
  if (name.is_at_or_below(apex)) spelled.assign(name.wire().first(name.size() - size_t{apex.size()}), apex);
  return spelled;
}

// A name that comes is spelled as in the first edit of it; owners of NSEC3 are apart.
class FirstEdits {
 public:
  // `order`: numbers of the edits, by owner.
  FirstEdits(std::span<const RRsetEdit> edits, std::span<const uint32_t> order)
      : edits_(edits), order_(order) {}

  // The first edit of the name that the edit at a place in the order is about. Places are asked for from
  // front to back.
  uint32_t of(size_t place) {
    const RRsetEdit& edit = edits_[order_[place]];
    if (place >= end_) {
      first_ = {kNone, kNone};
      size_t begin = place;
      while (begin > 0 && edits_[order_[begin - 1]].owner == edit.owner) --begin;
      for (end_ = begin; end_ < order_.size() && edits_[order_[end_]].owner == edit.owner; ++end_) {
        uint32_t& first = first_[belongs_to_nsec3(edits_[order_[end_]])];
        first = std::min(first, order_[end_]);
      }
    }
    return first_[belongs_to_nsec3(edit)];
  }

 private:
  static constexpr uint32_t kNone = 0xffffffff;

  const std::span<const RRsetEdit> edits_;
  const std::span<const uint32_t> order_;
  size_t end_ = 0;  // behind the edits of the name at hand
  std::array<uint32_t, 2> first_{};
};

// The same octets, which most RRsets of two versions are.
bool is_same(const dns::RRsetView& a, const dns::RRsetView& b) {
  return a.ttl == b.ttl && a.count == b.count && a.octets == b.octets && a.rdata_octets == b.rdata_octets &&
         (a.rdatas == b.rdatas || std::equal(a.rdatas, a.rdatas + a.octets, b.rdatas));
}

}  // namespace

ZoneDiff diff_of(const Zone& zone, std::span<const RRsetEdit> edits) {
  ZoneDiff diff;
  std::vector<uint32_t> order(edits.size());
  std::iota(order.begin(), order.end(), 0u);
  const auto compare = [&](uint32_t a, uint32_t b) {
    return compare_rrsets(edits[a].owner, edits[a].type, covered_of(edits[a]), edits[b].owner, edits[b].type,
                          covered_of(edits[b]));
  };
  const auto less = [&](uint32_t a, uint32_t b) { return compare(a, b) < 0; };
  if (!std::ranges::is_sorted(order, less)) std::ranges::stable_sort(order, less);
  RRsetComparison comparison(diff);
  FirstEdits spelling(edits, order);
  for (size_t i = 0; i < order.size(); ++i) {
    // Of several edits of an RRset the last one counts.
    if (i + 1 < order.size() && compare(order[i], order[i + 1]) == 0) continue;
    const RRsetEdit& edit = edits[order[i]];
    const std::optional<Node> node = zone.owner_of(edit.owner, edit.type, edit.covered);
    const dns::RRsetView before = node ? node->rrset(edit.type, edit.covered) : dns::RRsetView{};
    if (!comparison.compare(edit.type, before, edit.ttl, edit.rdatas)) continue;
    if (node) {
      comparison.append(node->name(), edit.type);
      continue;
    }
    comparison.append(below_apex(edits[spelling.of(i)].owner, zone.apex()), edit.type);
  }
  return diff;
}

ZoneDiff diff_between(const Zone& from, const Zone& to) {
  ZoneDiff diff;
  RRsetComparison comparison(diff);
  ZoneWalk old_walk(from), new_walk(to);
  bool has_old = old_walk.next(), has_new = new_walk.next();
  while (has_old || has_new) {
    auto order = std::strong_ordering::equal;
    if (!has_old) {
      order = std::strong_ordering::greater;
    } else if (!has_new) {
      order = std::strong_ordering::less;
    } else {
      order = dns::compare_canonical(old_walk.owner(), new_walk.owner());
    }
    const auto old_rrsets = order <= 0 ? old_walk.rrsets() : std::span<const OwnedRRset>{};
    const auto new_rrsets = order >= 0 ? new_walk.rrsets() : std::span<const OwnedRRset>{};
    for (size_t i = 0, j = 0; i < old_rrsets.size() || j < new_rrsets.size();) {
      const auto rank = [](const OwnedRRset& each) {
        return std::pair(type_rank(each.view.type), each.covered);
      };
      const bool take_old =
          i < old_rrsets.size() && (j == new_rrsets.size() || rank(old_rrsets[i]) <= rank(new_rrsets[j]));
      const bool take_new =
          j < new_rrsets.size() && (i == old_rrsets.size() || rank(new_rrsets[j]) <= rank(old_rrsets[i]));
      const dns::RRsetView before = take_old ? old_rrsets[i++].view : dns::RRsetView{};
      const dns::RRsetView after = take_new ? new_rrsets[j++].view : dns::RRsetView{};
      if (take_old && take_new && is_same(before, after)) continue;
      const RRType type = take_old ? before.type : after.type;
      if (!comparison.compare(type, before, after.ttl, after)) continue;
      comparison.append((take_old ? old_walk : new_walk).owner(), type);
    }
    if (order <= 0) has_old = old_walk.next();
    if (order >= 0) has_new = new_walk.next();
  }
  return diff;
}

ZoneDiff inverse_of(ZoneDiff diff) {
  std::swap(diff.removed, diff.added);
  return diff;
}

ZoneDiff compose(const ZoneDiff& first, const ZoneDiff& second) {
  struct Entry {
    const DiffRecord* record;
    size_t offset;  // of the RDATA in canonical form
    bool added;
  };
  std::vector<uint8_t> octets;
  std::vector<Entry> entries;
  const auto add = [&](const std::vector<DiffRecord>& records, bool added) {
    for (const DiffRecord& record : records) {
      entries.push_back({&record, octets.size(), added});
      octets.insert(octets.end(), record.rdata.begin(), record.rdata.end());
      dns::make_canonical(record.type, std::span(octets).last(record.rdata.size()));
    }
  };
  add(first.removed, false);
  add(first.added, true);
  add(second.removed, false);
  add(second.added, true);
  const auto compare = [&](const Entry& a, const Entry& b) -> std::strong_ordering {
    if (const auto order = compare_rrsets(*a.record, *b.record); order != 0) return order;
    const auto rdata = [&](const Entry& entry) {
      return base::Bytes(octets).subspan(entry.offset, entry.record->rdata.size());
    };
    if (const int order = compare_rdatas(rdata(a), rdata(b)); order != 0) return order <=> 0;
    return a.record->ttl <=> b.record->ttl;
  };
  std::ranges::stable_sort(entries, [&](const Entry& a, const Entry& b) { return compare(a, b) < 0; });
  ZoneDiff diff;
  for (size_t i = 0; i < entries.size();) {
    size_t end = i + 1;
    while (end < entries.size() && compare(entries[i], entries[end]) == 0) ++end;
    // What is removed first was there; what is added last is there.
    const bool was_there = !entries[i].added, is_there = entries[end - 1].added;
    if (was_there && !is_there) diff.removed.push_back(*entries[i].record);
    if (!was_there && is_there) diff.added.push_back(*entries[end - 1].record);
    i = end;
  }
  return diff;
}

ZoneDiff only(const ZoneDiff& diff, dns::NameView owner, RRType type) {
  ZoneDiff some;
  const auto belongs = [&](const DiffRecord& record) { return record.type == type && record.owner == owner; };
  std::ranges::copy_if(diff.removed, std::back_inserter(some.removed), belongs);
  std::ranges::copy_if(diff.added, std::back_inserter(some.added), belongs);
  return some;
}

ZoneDiff without_soa(ZoneDiff diff) {
  const auto is_soa = [](const DiffRecord& record) { return record.type == RRType::SOA; };
  std::erase_if(diff.removed, is_soa);
  std::erase_if(diff.added, is_soa);
  return diff;
}

}  // namespace atlas::zone
