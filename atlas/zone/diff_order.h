// The order of a diff's records, which is that of a zone's.
#pragma once

#include <compare>
#include <cstdint>

#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {

inline dns::RRType covered_type(const DiffRecord& record) {
  return record.type == dns::RRType::RRSIG ? covered_type(base::Bytes(record.rdata)) : dns::RRType{};
}

// By RRset: owner in canonical order, type with SOA first, covered type.
inline std::strong_ordering compare_rrsets(dns::NameView a, dns::RRType a_type, dns::RRType a_covered,
                                           dns::NameView b, dns::RRType b_type, dns::RRType b_covered) {
  if (const auto order = dns::compare_canonical(a, b); order != 0) return order;
  if (const auto order = type_rank(a_type) <=> type_rank(b_type); order != 0) return order;
  return a_covered <=> b_covered;
}
inline std::strong_ordering compare_rrsets(const DiffRecord& a, const DiffRecord& b) {
  return compare_rrsets(a.owner, a.type, covered_type(a), b.owner, b.type, covered_type(b));
}

}  // namespace atlas::zone
