// The records of a zone while it is being read and checked: the form between zone text and a zone version.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/diagnostic.h"
#include "atlas/base/large_pages.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/ordered_work.h"

namespace atlas::zone {

// One record. `line` is 0 for records that came from no text.
struct ListedRecord {
  uint32_t ttl;
  uint32_t line;
  uint16_t column;
  uint16_t file;
  dns::RRType type;

  // In a sorted list: both have one owner.
  bool shares_owner(const ListedRecord& other) const { return owner() == other.owner(); }

 private:
  friend class RecordList;
  // Offsets in the list's octets, of 40 bits each.
  uint64_t owner() const { return uint64_t{owner_high} << 32 | owner_low; }
  uint64_t rdata() const { return uint64_t{rdata_high} << 32 | rdata_low; }
  void set_owner(uint64_t offset) {
    owner_high = static_cast<uint8_t>(offset >> 32);
    owner_low = static_cast<uint32_t>(offset);
  }
  void set_rdata(uint64_t offset) {
    rdata_high = static_cast<uint8_t>(offset >> 32);
    rdata_low = static_cast<uint32_t>(offset);
  }

  uint8_t owner_high, rdata_high;
  uint32_t owner_low, rdata_low;
};
static_assert(sizeof(ListedRecord) == 24);

// Types in the order in which a name's RRsets stand: SOA before every other.
inline uint32_t type_rank(dns::RRType type) {
  return type == dns::RRType::SOA ? 0 : static_cast<uint32_t>(type);
}

// RRSIGs are an RRset for each type that they cover.
inline dns::RRType covered_type(base::Bytes rrsig) {
  return rrsig.size() >= 2 ? static_cast<dns::RRType>(base::load_u16(rrsig.data())) : dns::RRType::RRSIG;
}

class RecordList {
 public:
  // Returns a number for use in add(); the same path gives the same number. At most 65,535 files.
  uint16_t add_file(std::string path);

  void add(dns::NameView owner, dns::RRType type, uint32_t ttl, base::Bytes rdata, uint16_t file = 0,
           base::TextPosition position = {});

  // What another list has, behind what this one has. Numbers of files are the same in both.
  void append(const RecordList& other);
  // No records and no files; the memory stays.
  void clear();

  // Canonical order of owners (RFC 4034 6.1), then type with SOA first, then canonical order of RDATA (6.3).
  // Duplicates are dropped (RFC 2181 5), those that differ only in the case of names included, since in
  // canonical form (RFC 4034 6.2) they are the same; the first line wins. Cheap if the records are sorted
  // already, or made of a few parts that are. False if it was cancelled: the list is good for nothing then.
  bool sort(Work work = {});

  // Gives back the memory of the records in front of `end`, which are not to be read any more, and of their
  // octets. prepare_release() comes first.
  void prepare_release();
  void release_to(size_t end);

  // Gives every RRset the lowest TTL of its records (RFC 2181 5.2); RRSIGs form one RRset for each covered
  // type. The list must be sorted.
  void level_ttls();

  // Room for as many records and octets of owners and RDATA.
  void reserve(size_t records, size_t octets);

  std::span<const ListedRecord> records() const { return records_; }
  size_t size() const { return records_.size(); }
  // Of all owners and RDATA.
  size_t octets() const { return octets_.size(); }
  dns::NameView owner(const ListedRecord& record) const {
    const uint8_t* const at = octets_.data() + record.owner();
    return {at + 1, *at};
  }
  base::Bytes rdata(const ListedRecord& record) const {
    const uint8_t* const at = octets_.data() + record.rdata();
    return {at + 2, base::load_u16(at)};
  }
  const std::string& file(const ListedRecord& record) const { return files_[record.file]; }
  base::TextPosition position(const ListedRecord& record) const { return {record.line, record.column}; }

 private:
  // Records added in a row under one owner, and the first octets of that owner in an order that sorts as the
  // owners do.
  struct OwnerRun {
    uint64_t key;
    uint32_t first;
    uint32_t count;
  };

  void widen_suffix(dns::NameView name);
  uint64_t add_owner(dns::NameView owner);
  bool merge_sorted_parts(Work work);
  void merge(size_t begin, size_t middle, size_t end, Work work);
  void sort_by_key(Work work);
  void gather(std::span<const OwnerRun> runs, Work work);
  void sort_ties(std::span<const OwnerRun> runs, Work work);
  void sort_rrsets(Work work);
  void for_each_page(const ListedRecord& record, const auto& visit) const;
  uint64_t key_of(const ListedRecord& record) const;
  bool has_owner_before(const ListedRecord& a, const ListedRecord& b) const;

  // Each owner behind its size in one octet, then the RDATAs that were added under it in a row, each behind
  // its size in two.
  base::LargeOctets octets_;
  base::LargeVector<ListedRecord> records_;
  dns::Name suffix_;  // all owners lie at or below it
  std::vector<uint32_t>
      page_uses_;  // of each large page of octets_: by how many records; if they are released
  size_t released_ = 0;
  std::vector<std::string> files_{std::string()};
};

}  // namespace atlas::zone
