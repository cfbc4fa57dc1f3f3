#include "atlas/zone/record_list.h"

#include <algorithm>
#include <cstring>

#include "atlas/base/assert.h"

namespace atlas::zone {
namespace {

// What a ListedRecord can point to, and a 32-bit number count.
constexpr uint64_t kOctetsMax = uint64_t{1} << 40;
constexpr uint64_t kRecordsMax = 0xffffffff;
// Less is not worth the counting.
constexpr size_t kReleasedOctetsMin = size_t{16} << 20;

}  // namespace

uint16_t RecordList::add_file(std::string path) {
  const auto found = std::ranges::find(files_, path);
  if (found != files_.end()) return static_cast<uint16_t>(found - files_.begin());
  ATLAS_ASSERT(files_.size() < 65535);
  files_.push_back(std::move(path));
  return static_cast<uint16_t>(files_.size() - 1);
}

void RecordList::add(dns::NameView name, dns::RRType type, uint32_t ttl, base::Bytes rdata_octets,
                     uint16_t file, base::TextPosition position) {
  ATLAS_ASSERT(octets_.size() < kOctetsMax && records_.size() < kRecordsMax);
  ListedRecord record{};
  // Zone files write the same owner many times in a row.
  const bool is_same = !records_.empty() && owner(records_.back()).size() == name.size() &&
                       std::memcmp(owner(records_.back()).data(), name.data(), name.size()) == 0;
  if (is_same) {
    record.set_owner(records_.back().owner());
  } else {
    record.set_owner(add_owner(name));
  }
  record.set_rdata(octets_.size());
  uint8_t* const out = octets_.append(2 + rdata_octets.size());
  base::store_u16(out, static_cast<uint16_t>(rdata_octets.size()));
  base::copy_few(out + 2, rdata_octets.data(), rdata_octets.size());
  record.type = type;
  record.ttl = ttl;
  record.file = file;
  record.line = position.line;
  record.column = static_cast<uint16_t>(std::min<uint32_t>(position.column, 65535));
  records_.push_back(record);
}

void RecordList::widen_suffix(dns::NameView name) {
  if (records_.empty()) suffix_ = name;
  if (!name.is_at_or_below(suffix_)) suffix_ = suffix_.view().suffix(dns::common_labels(name, suffix_));
}

void RecordList::append(const RecordList& other) {
  if (other.records_.empty()) return;
  const uint64_t before = octets_.size();
  ATLAS_ASSERT(before + other.octets_.size() < kOctetsMax &&
               records_.size() + other.records_.size() < kRecordsMax);
  widen_suffix(other.suffix_);
  std::memcpy(octets_.append(other.octets_.size()), other.octets_.data(), other.octets_.size());
  for (ListedRecord record : other.records_) {
    record.set_owner(before + record.owner());
    record.set_rdata(before + record.rdata());
    records_.push_back(record);
  }
}

void RecordList::for_each_page(const ListedRecord& record, const auto& visit) const {
  const auto visit_pages = [&](uint64_t begin, size_t octets) {
    for (uint64_t page = begin / base::kLargePageOctets; page <= (begin + octets) / base::kLargePageOctets;
         ++page)
      visit(static_cast<size_t>(page));
  };
  visit_pages(record.owner(), 1u + owner(record).size());
  visit_pages(record.rdata(), 2 + rdata(record).size());
}

void RecordList::prepare_release() {
  if (octets_.size() < kReleasedOctetsMin) return;
  released_ = 0;
  page_uses_.assign(octets_.size() / base::kLargePageOctets + 1, 0);
  for (const ListedRecord& record : records_)
    for_each_page(record, [this](size_t page) { ++page_uses_[page]; });
}

void RecordList::release_to(size_t end) {
  if (page_uses_.empty()) return;
  for (size_t i = released_; i < end; ++i) {
    for_each_page(records_[i], [this](size_t page) {
      if (--page_uses_[page] != 0) return;
      const uint8_t* const at = octets_.data() + page * base::kLargePageOctets;
      base::release_large(at, at + base::kLargePageOctets);
    });
  }
  // A page may have been left because some of its records were still wanted.
  const size_t before = released_ - std::min(released_, base::kLargePageOctets / sizeof(ListedRecord) + 1);
  base::release_large(records_.data() + before, records_.data() + end);
  released_ = end;
}

void RecordList::clear() {
  octets_.clear();
  records_.clear();
  suffix_ = {};
  files_.resize(1);
}

uint64_t RecordList::add_owner(dns::NameView name) {
  widen_suffix(name);
  const uint64_t offset = octets_.size();
  uint8_t* const out = octets_.append(1u + name.size());
  *out = name.size();
  base::copy_few(out + 1, name.data(), name.size());
  return offset;
}

void RecordList::reserve(size_t records, size_t octets) {
  records_.reserve(records);
  octets_.reserve(octets);
}

void RecordList::level_ttls() {
  const auto covered = [this](const ListedRecord& record) -> uint32_t {
    if (record.type != dns::RRType::RRSIG) return 0;
    const base::Bytes octets = rdata(record);
    return octets.size() >= 2 ? base::load_u16(octets.data()) : 0;
  };
  for (size_t begin = 0; begin < records_.size();) {
    const ListedRecord& first = records_[begin];
    uint32_t lowest = first.ttl;
    size_t end = begin + 1;
    while (end < records_.size() && records_[end].type == first.type && records_[end].shares_owner(first) &&
           covered(records_[end]) == covered(first)) {
      lowest = std::min(lowest, records_[end++].ttl);
    }
    for (; begin < end; ++begin) records_[begin].ttl = lowest;
  }
}

}  // namespace atlas::zone
