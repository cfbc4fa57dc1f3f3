// How a zone may be changed, and what it shows of itself: said by the configuration for file zones, kept in
// the store for all others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/policy/transfer/transfer_policy.h"
#include "atlas/policy/update/update_policy.h"
#include "atlas/zone/zonemd.h"

namespace atlas::control::zones {

inline constexpr size_t kServersMax = 100;  // primaries or secondaries of one zone
inline constexpr size_t kUpdateRulesMax = 10'000;
inline constexpr size_t kGroupsMax = 1000;
inline constexpr size_t kGroupOctetsMax = 255;  // one string of a TXT record

// Of a zone that is a catalog (RFC 9432).
enum class CatalogRole : uint8_t {
  kNone,
  kProduce,  // lists the zones of this server whose member_of it is
  kConsume,  // its members become secondaries here
};

// What members of a consumed catalog get, all or those of a group.
struct MemberSettings {
  std::vector<std::string> primaries;  // empty: the catalog's own
  std::vector<std::string> secondaries;
  std::vector<std::string> allow_transfer;

  friend bool operator==(const MemberSettings&, const MemberSettings&) = default;
};

struct ZoneSettings {
  // Where the zone comes from, as remotes::RemoteTable::find() takes it, in order of preference. Any: it is a
  // secondary.
  std::vector<std::string> primaries;
  // Who is told of new versions, and watched by those who wait for a change to be seen everywhere.
  std::vector<std::string> secondaries;
  // Who may take the zone, in the words of policy::transfer::parse_rule.
  std::vector<std::string> allow_transfer;
  // Who may notify of a secondary, beside its primaries; and whose updates it passes on to them.
  std::vector<std::string> allow_notify;
  std::vector<std::string> forward_updates;
  CatalogRole catalog = CatalogRole::kNone;
  std::optional<dns::Name> member_of;                          // the catalog here that lists the zone
  std::string group;                                           // in it
  MemberSettings members;                                      // of a consumed catalog
  std::vector<std::pair<std::string, MemberSettings>> groups;  // the same by group; in place of `members`
  // Who may change what by dynamic update, in the words of policy::update::parse_rule.
  std::vector<std::string> update_policy;
  // The ZONEMD record that is made anew with every change (RFC 8976).
  std::optional<zone::ZonemdHash> zonemd;

  friend bool operator==(const ZoneSettings&, const ZoneSettings&) = default;
};

// {"update_policy": [...], "zonemd": "sha384", "primaries": [...], "secondaries": [...], "allow_transfer":
// [...], "allow_notify": [...], "forward_updates": [...], "catalog": "produce", "member_of":
// "catalog.example.", "group": "...", "members": {...}, "groups": {"NAME": {...}}}, as the store keeps it and
// the API shows it; what is empty is left out.
std::string to_json(const ZoneSettings& settings);
base::Result<ZoneSettings> parse_settings(std::string_view json);
// Of one of the lists of rules; fails with the first that is wrong.
base::Result<policy::transfer::TransferPolicy> transfer_policy_of(const std::vector<std::string>& rules);
// The rules of the settings; fails with the first that is wrong.
base::Result<policy::update::UpdatePolicy> policy_of(const ZoneSettings& settings, dns::NameView apex);
// A member, as the store calls it, that does not go together with others.
struct Misfit {
  std::string_view member;
  base::Error error;
};
std::optional<Misfit> misfit_of(const ZoneSettings& settings, dns::NameView apex);
// Whether each member is well formed and all of them go together. Whether remotes, keys and catalogs exist is
// for others to say.
base::Result<void> check(const ZoneSettings& settings, dns::NameView apex);

std::string_view to_text(CatalogRole role);  // "none", "produce", "consume"

}  // namespace atlas::control::zones
