// A zone version: one immutable state of a zone, ready to be asked.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "atlas/dns/name.h"
#include "atlas/dns/rrset.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {

class Zone {
 public:
  // Builds a version from sorted, checked records: all at or below `apex`, exactly one SOA, at the apex.
  static std::shared_ptr<const Zone> build(dns::NameView apex, const RecordList& records);

  dns::NameView apex() const;
  uint32_t serial() const;
  size_t record_count() const;
  // Octets of memory that this version holds.
  size_t memory_octets() const;

  // Every RRset in canonical order of owners, the apex first with its SOA first; RRSIGs as RRsets of their own,
  // one for each covered type.
  void for_each_rrset(const std::function<void(dns::NameView owner, const dns::RRsetView&)>& visit) const;
};

}  // namespace atlas::zone
