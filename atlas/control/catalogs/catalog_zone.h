// What a catalog zone says (RFC 9432): its members, their groups and owners-to-be; and the records that say
// so.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::control::catalogs {

inline constexpr size_t kMembersMax = 1'000'000;  // of one catalog
inline constexpr size_t kGroupsMax = 100;         // of one member

struct Member {
  dns::Name zone;
  std::string label;                   // <unique-N>, in lower case: another one means that the zone begins
                                       // anew (RFC 9432 5.4)
  std::vector<std::string> groups;     // RFC 9432 4.4.2
  std::optional<dns::Name> new_owner;  // coo, RFC 9432 4.4.1: the catalog that may take it over

  friend bool operator==(const Member&, const Member&) = default;
};

// Members in canonical order of their zones. Fails if the catalog is broken (RFC 9432 5.1): no schema version
// 2, a member or an owner-to-be of more than one PTR, a zone that is a member twice; or has more than
// kMembersMax members. Properties that are unknown are passed over.
base::Result<std::vector<Member>> read_catalog(const zone::Zone& catalog);

// The label of a member that this server lists: made of its name and when it was made, so that a zone that
// was deleted and made again is another one.
std::string member_label(dns::NameView zone, uint64_t generation);

// What has to change in a catalog for it to list exactly `members`, and to be one. With a member all below
// its label goes; properties of those that stay are left as they are, but for groups of one that has some
// here.
std::vector<zone::RRsetEdit> edits_for(const zone::Zone& catalog, const std::vector<Member>& members);
// The records of an empty catalog, apex SOA and NS "invalid." included.
std::string empty_catalog_text(dns::NameView catalog, uint32_t serial);

}  // namespace atlas::control::catalogs
