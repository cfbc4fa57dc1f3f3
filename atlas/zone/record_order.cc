// The order of a list's records.
#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>

#include "atlas/base/prefetch.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {
namespace {

// People and programs put the apex and its servers in front, or glue behind; what has more parts than this is
// in no order.
constexpr size_t kSortedPartsMax = 64;
// Records whose memory is asked for before they are copied.
constexpr size_t kRunsAhead = 16;

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

// The first of ascending records that is not `before`; fast if it is near.
template <class Before>
const ListedRecord* gallop(const ListedRecord* at, const ListedRecord* end, const Before& before) {
  std::ptrdiff_t step = 1;
  for (; step < end - at && before(at[step]); step *= 2) at += step;
  return std::partition_point(at, at + std::min(step, end - at), before);
}

// Of RDATAs of one type, in canonical form: true if `a` sorts before `b` and their own octets show it.
bool is_surely_before(base::Bytes a, base::Bytes b) {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end()) return y != b.end();
  // The canonical form changes upper case to lower, octet by octet, and nothing else.
  return y != b.end() && *x < *y && dns::ascii_lower(*x) == *x && dns::ascii_lower(*y) == *y;
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

uint64_t RecordList::key_of(const ListedRecord& record) const {
  return sort_key(owner(record), suffix_);
}

bool RecordList::has_owner_before(const ListedRecord& a, const ListedRecord& b) const {
  const uint64_t x = key_of(a), y = key_of(b);
  return x != y ? x < y : dns::compare_canonical(owner(a), owner(b)) < 0;
}

// False, unchanged, if there are too many.
bool RecordList::merge_sorted_parts(Work work) {
  std::vector<size_t> begins{0};
  uint64_t last_key = 0;
  for (size_t i = 0; i < records_.size(); ++i) {
    if (i != 0 && records_[i].shares_owner(records_[i - 1])) continue;
    if (work.is_cancelled()) return true;
    const uint64_t key = key_of(records_[i]);
    if (key < last_key || (key == last_key && i != 0 &&
                           dns::compare_canonical(owner(records_[i]), owner(records_[i - 1])) < 0)) {
      if (begins.size() == kSortedPartsMax) return false;
      begins.push_back(i);
    }
    last_key = key;
  }
  begins.push_back(records_.size());
  // Neighbours, so that each record moves once for each doubling of the parts.
  while (begins.size() > 2) {
    std::vector<size_t> merged;
    for (size_t i = 0; i + 1 < begins.size(); i += 2) {
      merged.push_back(begins[i]);
      if (i + 2 < begins.size()) merge(begins[i], begins[i + 1], begins[i + 2], work);
    }
    merged.push_back(records_.size());
    begins = std::move(merged);
  }
  return true;
}

// Two sorted parts, of which the first goes first where owners are the same.
void RecordList::merge(size_t begin, size_t middle, size_t end, Work work) {
  ListedRecord* out = records_.data() + begin;
  const ListedRecord* second = records_.data() + middle;
  const ListedRecord* const second_end = records_.data() + end;
  const base::LargeVector<ListedRecord> copy(records_.begin() + static_cast<std::ptrdiff_t>(begin),
                                             records_.begin() + static_cast<std::ptrdiff_t>(middle));
  const ListedRecord* first = copy.data();
  const ListedRecord* const first_end = first + copy.size();
  while (first != first_end && !work.is_cancelled()) {
    const auto* const second_until = gallop(
        second, second_end, [&](const ListedRecord& record) { return has_owner_before(record, *first); });
    out = std::copy(second, second_until, out);
    second = second_until;
    if (second == second_end) break;
    const auto* const first_until = gallop(
        first, first_end, [&](const ListedRecord& record) { return !has_owner_before(*second, record); });
    out = std::copy(first, first_until, out);
    first = first_until;
  }
  std::copy(first, first_end, out);
}

// By keys in memory of their own, for a comparison of two names far apart costs more than all else.
void RecordList::sort_by_key(Work work) {
  constexpr int kDigitBits = 12;
  const auto digit = [](const OwnerRun& run) { return run.key >> (64 - kDigitBits); };
  std::vector<uint32_t> begins((size_t{1} << kDigitBits) + 1);  // of the runs with each first digit
  base::LargeVector<OwnerRun> runs;
  runs.reserve(records_.size());
  for (uint32_t i = 0; i < records_.size() && !work.is_cancelled(); ++i) {
    if (i != 0 && records_[i].shares_owner(records_[i - 1])) {
      ++runs.back().count;
    } else {
      runs.push_back({key_of(records_[i]), i, 1});
      ++begins[digit(runs.back()) + 1];
    }
  }
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<uint32_t> next = begins;
  for (size_t at = 0; at + 1 < begins.size() && !work.is_cancelled(); ++at) {
    while (next[at] < begins[at + 1]) {
      OwnerRun& run = runs[next[at]];
      const size_t to = digit(run);
      if (to == at) {
        ++next[at];
      } else {
        std::swap(run, runs[next[to]++]);
      }
    }
  }
  run_pieces(work.threads, begins.size() - 1, [&](size_t at) {
    if (work.is_cancelled()) return;
    std::sort(runs.begin() + begins[at], runs.begin() + begins[at + 1],
              [](const OwnerRun& a, const OwnerRun& b) {
                return a.key != b.key ? a.key < b.key : a.first < b.first;
              });
  });
  gather(runs, work);
  if (!work.is_cancelled()) sort_ties(runs, work);
}

// Brings the records into the order of their runs, and their octets too, so that all that comes later reads
// memory in a row.
void RecordList::gather(std::span<const OwnerRun> runs, Work work) {
  base::LargeVector<ListedRecord> records;
  base::LargeOctets octets;
  records.reserve(records_.size());
  octets.reserve(octets_.size());
  const auto copy = [&](uint64_t offset, size_t size) {
    const uint64_t copied = octets.size();
    base::copy_few(octets.append(size), octets_.data() + offset, size);
    return copied;
  };
  for (size_t i = 0; i < runs.size() && !work.is_cancelled(); ++i) {
    if (i + 2 * kRunsAhead < runs.size()) base::prefetch(&records_[runs[i + 2 * kRunsAhead].first]);
    if (i + kRunsAhead < runs.size()) {
      const uint8_t* const ahead = octets_.data() + records_[runs[i + kRunsAhead].first].owner();
      base::prefetch(ahead);
      base::prefetch(ahead + 64);
    }
    const auto run = std::span(records_).subspan(runs[i].first, runs[i].count);
    const uint64_t owner_copied = copy(run[0].owner(), 1u + owner(run[0]).size());
    for (ListedRecord record : run) {
      record.set_rdata(copy(record.rdata(), 2 + rdata(record).size()));
      record.set_owner(owner_copied);
      records.push_back(record);
    }
  }
  records_ = std::move(records);
  octets_ = std::move(octets);
}

// Of runs in the order of their keys, which the records are in.
void RecordList::sort_ties(std::span<const OwnerRun> runs, Work work) {
  const auto before = [this](const ListedRecord& a, const ListedRecord& b) {
    const auto order = dns::compare_canonical(owner(a), owner(b));
    // Their octets lie in the order in which they were added.
    return order != 0 ? order < 0 : a.rdata() < b.rdata();
  };
  size_t begin = 0;  // of the records with the same key
  size_t end = 0;
  for (size_t i = 0; i < runs.size() && !work.is_cancelled(); ++i) {
    end += runs[i].count;
    if (i + 1 < runs.size() && runs[i + 1].key == runs[i].key) continue;
    const auto ties = std::span(records_).subspan(begin, end - begin);
    if (ties.size() != runs[i].count && !std::ranges::is_sorted(ties, before))
      std::ranges::sort(ties, before);
    begin = end;
  }
}

// Within each owner: types, then RDATA; drops duplicates.
void RecordList::sort_rrsets(Work work) {
  const auto by_type = [](const ListedRecord& a, const ListedRecord& b) {
    if (a.type != b.type) return type_rank(a.type) < type_rank(b.type);
    // RDATA lies in the order in which it was added.
    return a.rdata() < b.rdata();
  };
  const auto is_sorted = [this](std::span<const ListedRecord> rrset) {
    const auto misplaced =
        std::ranges::adjacent_find(rrset, [this](const ListedRecord& a, const ListedRecord& b) {
          return !is_surely_before(rdata(a), rdata(b));
        });
    return misplaced == rrset.end();
  };
  CanonicalRdatas canonical;
  std::vector<ListedRecord> kept;
  size_t out = 0;
  for (size_t begin = 0; begin < records_.size() && !work.is_cancelled();) {
    size_t end = begin + 1;
    while (end < records_.size() &&
           (records_[end].shares_owner(records_[begin]) || owner(records_[end]) == owner(records_[begin]))) {
      records_[end++].set_owner(records_[begin].owner());
    }
    const std::span<ListedRecord> node = std::span(records_).subspan(begin, end - begin);
    if (!std::ranges::is_sorted(node, {}, [](const ListedRecord& r) { return type_rank(r.type); })) {
      std::ranges::sort(node, by_type);
    }
    for (size_t at = 0; at < node.size();) {
      size_t next = at + 1;
      while (next < node.size() && node[next].type == node[at].type) ++next;
      const auto rrset = node.subspan(at, next - at);
      if (is_sorted(rrset)) {
        std::ranges::copy(rrset, records_.begin() + static_cast<std::ptrdiff_t>(out));
        out += rrset.size();
      } else {
        canonical.sort(*this, rrset, kept);
        std::ranges::copy(kept, records_.begin() + static_cast<std::ptrdiff_t>(out));
        out += kept.size();
      }
      at = next;
    }
    begin = end;
  }
  records_.resize(out);
}

bool RecordList::sort(Work work) {
  if (!merge_sorted_parts(work)) sort_by_key(work);
  if (!work.is_cancelled()) sort_rrsets(work);
  return !work.is_cancelled();
}

}  // namespace atlas::zone
