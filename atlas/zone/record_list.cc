#include "atlas/zone/record_list.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "atlas/base/assert.h"
#include "atlas/dns/rdata.h"

namespace atlas::zone {
namespace {

// SOA sorts before every other type.
uint32_t type_rank(dns::RRType type) {
  return type == dns::RRType::SOA ? 0 : static_cast<uint32_t>(type);
}

// Records added in a row under one owner, and the first octets of that owner in an order that sorts as the
// owners do.
struct OwnerRun {
  uint64_t key;
  size_t first;
  size_t count;
};

// The first eight octets of the canonical order of `name` below `suffix`, which it ends in: labels from the
// right in lower case, each ended by 0, the rest 0. Names whose keys differ are in the order of their keys.
// Octets 0 and 1 of a label both give 1 and end the key, so that a label always sorts behind the end of a
// shorter one.
uint64_t sort_key(dns::NameView name, dns::NameView suffix) {
  std::array<uint8_t, dns::kLabelsMax> labels;
  size_t count = 0;
  const uint8_t* wire = name.data();
  const size_t boundary = static_cast<size_t>(name.size() - suffix.size());
  for (size_t at = 0; at < boundary; at += wire[at] + 1u) labels[count++] = static_cast<uint8_t>(at);
  uint64_t key = 0;
  int shift = 56;
  while (count > 0 && shift >= 0) {
    const uint8_t* label = wire + labels[--count];
    for (size_t i = 1; i <= label[0] && shift >= 0; ++i, shift -= 8) {
      const uint8_t octet = dns::ascii_lower(label[i]);
      key |= uint64_t{std::max<uint8_t>(octet, 1)} << shift;
      if (octet <= 1) return key;
    }
    shift -= 8;
  }
  return key;
}

// By radix from the last digit to the first: what two comparisons of names in memory far apart cost, a run is
// moved for.
void sort_by_key(base::LargeVector<OwnerRun>& runs) {
  constexpr int kDigitBits = 11;
  constexpr size_t kDigits = size_t{1} << kDigitBits;
  // Few runs are sorted before the digits are counted.
  if (runs.size() < kDigits) {
    std::ranges::stable_sort(runs, {}, &OwnerRun::key);
    return;
  }
  base::LargeVector<OwnerRun> sorted(runs.size());
  for (int shift = 0; shift < 64; shift += kDigitBits) {
    const auto digit = [shift](const OwnerRun& run) { return (run.key >> shift) & (kDigits - 1); };
    std::array<size_t, kDigits> begins{};
    for (const OwnerRun& run : runs) ++begins[digit(run)];
    if (begins[digit(runs[0])] == runs.size()) continue;
    size_t begin = 0;
    for (size_t& count : begins) begin += std::exchange(count, begin);
    for (const OwnerRun& run : runs) sorted[begins[digit(run)]++] = run;
    runs.swap(sorted);
  }
}

// Sorts the records of one RRset by the canonical form of their RDATAs. Keeps its memory from one to the
// next.
class CanonicalRdatas {
 public:
  // Puts the sorted records, without duplicates, into `kept`.
  void sort(const RecordList& list, std::span<const ListedRecord> rrset, std::vector<ListedRecord>& kept) {
    octets_.clear();
    rdatas_.clear();
    for (const ListedRecord& record : rrset) {
      const base::Bytes rdata = list.rdata(record);
      rdatas_.push_back({octets_.size(), rdata.size(), &record});
      octets_.insert(octets_.end(), rdata.begin(), rdata.end());
      dns::make_canonical(record.type, std::span(octets_).last(rdata.size()));
    }
    const auto less = [this](const Rdata& a, const Rdata& b) {
      const auto order = compare(octets(a), octets(b));
      return order != 0 ? order < 0 : a.record < b.record;
    };
    if (!std::ranges::is_sorted(rdatas_, less)) std::ranges::sort(rdatas_, less);
    kept.clear();
    for (size_t i = 0; i < rdatas_.size(); ++i) {
      if (i == 0 || !std::ranges::equal(octets(rdatas_[i]), octets(rdatas_[i - 1]))) {
        kept.push_back(*rdatas_[i].record);
      }
    }
  }

 private:
  struct Rdata {
    size_t offset;
    size_t size;
    const ListedRecord* record;
  };
  // RFC 4034 6.3: as strings of unsigned octets, the shorter first where it is a prefix.
  static int compare(base::Bytes a, base::Bytes b) {
    const size_t shorter = std::min(a.size(), b.size());
    const int order = shorter == 0 ? 0 : std::memcmp(a.data(), b.data(), shorter);
    if (order != 0) return order;
    return a.size() < b.size() ? -1 : a.size() > b.size() ? 1 : 0;
  }
  base::Bytes octets(const Rdata& rdata) const {
    return base::Bytes(octets_).subspan(rdata.offset, rdata.size);
  }

  std::vector<uint8_t> octets_;
  std::vector<Rdata> rdatas_;
};

}  // namespace

uint16_t RecordList::add_file(std::string path) {
  const auto found = std::ranges::find(files_, path);
  if (found != files_.end()) return static_cast<uint16_t>(found - files_.begin());
  ATLAS_ASSERT(files_.size() < 65535);
  files_.push_back(std::move(path));
  return static_cast<uint16_t>(files_.size() - 1);
}

void RecordList::add(dns::NameView owner_name, dns::RRType type, uint32_t ttl, base::Bytes rdata_octets,
                     uint16_t file, base::TextPosition position) {
  ListedRecord record{};
  // Zone files write the same owner many times in a row.
  if (!records_.empty() && std::ranges::equal(owner(records_.back()).wire(), owner_name.wire())) {
    record.owner_offset = records_.back().owner_offset;
  } else {
    record.owner_offset = bytes_.size();
    bytes_.insert(bytes_.end(), owner_name.wire().begin(), owner_name.wire().end());
  }
  record.owner_size = owner_name.size();
  record.rdata_offset = bytes_.size();
  record.rdata_size = static_cast<uint16_t>(rdata_octets.size());
  bytes_.insert(bytes_.end(), rdata_octets.begin(), rdata_octets.end());
  record.type = type;
  record.ttl = ttl;
  record.file = file;
  record.line = position.line;
  record.column = static_cast<uint16_t>(std::min<uint32_t>(position.column, 65535));
  records_.push_back(record);
}

void RecordList::reserve(size_t records, size_t octets) {
  records_.reserve(records);
  bytes_.reserve(octets);
}

// Groups the records by owner, in canonical order.
void RecordList::sort_owners() {
  if (records_.empty()) return;
  // Records that were added in a row under one owner share its octets.
  base::LargeVector<OwnerRun> runs;
  dns::NameView suffix = owner(records_[0]);
  for (size_t i = 0; i < records_.size(); ++i) {
    if (i != 0 && records_[i].owner_offset == records_[i - 1].owner_offset) {
      ++runs.back().count;
      continue;
    }
    runs.push_back({0, i, 1});
    const dns::NameView name = owner(records_[i]);
    if (!name.is_at_or_below(suffix)) suffix = suffix.suffix(dns::common_labels(name, suffix));
  }
  for (OwnerRun& run : runs) run.key = sort_key(owner(records_[run.first]), suffix);

  const auto less = [this](const OwnerRun& a, const OwnerRun& b) {
    if (a.key != b.key) return a.key < b.key;
    const auto order = dns::compare_canonical(owner(records_[a.first]), owner(records_[b.first]));
    return order != 0 ? order < 0 : a.first < b.first;
  };
  if (std::ranges::is_sorted(runs, less)) return;
  sort_by_key(runs);
  for (size_t begin = 0; begin < runs.size();) {
    size_t end = begin + 1;
    while (end < runs.size() && runs[end].key == runs[begin].key) ++end;
    if (end - begin > 1)
      std::sort(runs.begin() + static_cast<ptrdiff_t>(begin), runs.begin() + static_cast<ptrdiff_t>(end),
                less);
    begin = end;
  }
  base::LargeVector<ListedRecord> sorted;
  sorted.reserve(records_.size());
  for (const OwnerRun& run : runs) {
    const auto begin = records_.begin() + static_cast<std::ptrdiff_t>(run.first);
    sorted.insert(sorted.end(), begin, begin + static_cast<std::ptrdiff_t>(run.count));
  }
  records_ = std::move(sorted);
}

// Within each owner: types, then RDATA; drops duplicates.
void RecordList::sort_rrsets() {
  const auto by_type = [](const ListedRecord& a, const ListedRecord& b) {
    if (a.type != b.type) return type_rank(a.type) < type_rank(b.type);
    // RDATA lies in the order in which it was added.
    return a.rdata_offset < b.rdata_offset;
  };
  CanonicalRdatas canonical;
  std::vector<ListedRecord> kept;
  size_t out = 0;
  for (size_t begin = 0; begin < records_.size();) {
    size_t end = begin + 1;
    while (end < records_.size() && (records_[end].owner_offset == records_[begin].owner_offset ||
                                     owner(records_[end]) == owner(records_[begin]))) {
      ++end;
    }
    const std::span<ListedRecord> node = std::span(records_).subspan(begin, end - begin);
    for (ListedRecord& record : node) record.owner_offset = node[0].owner_offset;
    const bool in_order =
        std::ranges::is_sorted(node, {}, [](const ListedRecord& r) { return type_rank(r.type); });
    if (!in_order) std::ranges::sort(node, by_type);
    for (size_t at = 0; at < node.size();) {
      size_t next = at + 1;
      while (next < node.size() && node[next].type == node[at].type) ++next;
      if (next - at == 1) {
        records_[out++] = node[at];
      } else {
        canonical.sort(*this, node.subspan(at, next - at), kept);
        std::ranges::copy(kept, records_.begin() + static_cast<std::ptrdiff_t>(out));
        out += kept.size();
      }
      at = next;
    }
    begin = end;
  }
  records_.resize(out);
}

void RecordList::sort() {
  sort_owners();
  sort_rrsets();
}

void RecordList::level_ttls() {
  const auto covered = [this](const ListedRecord& record) -> uint32_t {
    return record.type == dns::RRType::RRSIG && record.rdata_size >= 2 ? base::load_u16(rdata(record).data())
                                                                       : 0;
  };
  for (size_t begin = 0; begin < records_.size();) {
    uint32_t lowest = records_[begin].ttl;
    size_t end = begin + 1;
    while (end < records_.size() && records_[end].type == records_[begin].type &&
           covered(records_[end]) == covered(records_[begin]) &&
           owner(records_[end]) == owner(records_[begin])) {
      lowest = std::min(lowest, records_[end++].ttl);
    }
    for (; begin < end; ++begin) records_[begin].ttl = lowest;
  }
}

}  // namespace atlas::zone
