#include "atlas/zone/record_list.h"

#include <algorithm>

#include "atlas/base/assert.h"

namespace atlas::zone {
namespace {

// SOA sorts before every other type.
uint32_t type_rank(dns::RRType type) {
  return type == dns::RRType::SOA ? 0 : static_cast<uint32_t>(type);
}

}  // namespace

uint16_t RecordList::add_file(std::string path) {
  const auto found = std::ranges::find(files_, path);
  if (found != files_.end()) return static_cast<uint16_t>(found - files_.begin());
  ATLAS_ASSERT(files_.size() < 65535);
  files_.push_back(std::move(path));
  return static_cast<uint16_t>(files_.size() - 1);
}

void RecordList::add(dns::NameView owner_name, dns::RRType type, uint32_t ttl, base::Bytes rdata_octets, uint16_t file,
                     base::TextPosition position) {
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

void RecordList::sort() {
  const auto less = [this](const ListedRecord& a, const ListedRecord& b) {
    if (a.owner_offset != b.owner_offset) {
      const auto order = dns::compare_canonical(owner(a), owner(b));
      if (order != 0) return order < 0;
    }
    if (a.type != b.type) return type_rank(a.type) < type_rank(b.type);
    return std::ranges::lexicographical_compare(rdata(a), rdata(b));
  };
  const auto same = [this](const ListedRecord& a, const ListedRecord& b) {
    return a.type == b.type && std::ranges::equal(rdata(a), rdata(b)) && owner(a) == owner(b);
  };
  std::ranges::stable_sort(records_, less);
  const auto repeated = std::ranges::unique(records_, same);
  records_.erase(repeated.begin(), repeated.end());
}

}  // namespace atlas::zone
