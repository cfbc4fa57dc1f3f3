// How a zone may be changed, and what it shows of itself: said by the configuration for file zones, kept in
// the store for all others.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/policy/update/update_policy.h"
#include "atlas/zone/zonemd.h"

namespace atlas::control::zones {

struct ZoneSettings {
  // Who may change what by dynamic update, in the words of policy::update::parse_rule.
  std::vector<std::string> update_policy;
  // The ZONEMD record that is made anew with every change (RFC 8976).
  std::optional<zone::ZonemdHash> zonemd;

  friend bool operator==(const ZoneSettings&, const ZoneSettings&) = default;
};

// {"update_policy": [...], "zonemd": "sha384"}, as the store keeps it and the API shows it.
std::string to_json(const ZoneSettings& settings);
base::Result<ZoneSettings> parse_settings(std::string_view json);
// The rules of the settings; fails with the first that is wrong.
base::Result<policy::update::UpdatePolicy> policy_of(const ZoneSettings& settings, dns::NameView apex);

}  // namespace atlas::control::zones
