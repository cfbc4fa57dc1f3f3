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

namespace atlas::zone {

// One record. Owner and RDATA lie in the list's own bytes; `line` is 0 for records that came from no text.
struct ListedRecord {
  uint64_t owner_offset;
  uint64_t rdata_offset;
  uint32_t ttl;
  uint32_t line;
  uint16_t rdata_size;
  uint16_t column;
  uint16_t file;
  dns::RRType type;
  uint8_t owner_size;
};

class RecordList {
 public:
  // Returns a number for use in add(); the same path gives the same number. At most 65,535 files.
  uint16_t add_file(std::string path);

  void add(dns::NameView owner, dns::RRType type, uint32_t ttl, base::Bytes rdata, uint16_t file = 0,
           base::TextPosition position = {});

  // Canonical order of owners (RFC 4034 6.1), then type with SOA first, then canonical order of RDATA (6.3).
  // Duplicates are dropped (RFC 2181 5), those that differ only in the case of names included, since in
  // canonical form (RFC 4034 6.2) they are the same; the first line wins. Cheap if the records are sorted
  // already.
  void sort();

  // Gives every RRset the lowest TTL of its records (RFC 2181 5.2); RRSIGs form one RRset for each covered
  // type. The list must be sorted.
  void level_ttls();

  // Room for as many records and octets of owners and RDATA.
  void reserve(size_t records, size_t octets);

  std::span<const ListedRecord> records() const { return records_; }
  size_t size() const { return records_.size(); }
  // Of all owners and RDATA.
  size_t octets() const { return bytes_.size(); }
  dns::NameView owner(const ListedRecord& record) const {
    return {bytes_.data() + record.owner_offset, record.owner_size};
  }
  base::Bytes rdata(const ListedRecord& record) const {
    return base::Bytes(bytes_).subspan(record.rdata_offset, record.rdata_size);
  }
  const std::string& file(const ListedRecord& record) const { return files_[record.file]; }
  base::TextPosition position(const ListedRecord& record) const { return {record.line, record.column}; }

 private:
  void sort_owners();
  void sort_rrsets();

  base::LargeVector<uint8_t> bytes_;
  base::LargeVector<ListedRecord> records_;
  std::vector<std::string> files_{std::string()};
};

}  // namespace atlas::zone
