// Rules for dynamic updates of the acl section.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/knot/items.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::knot {

// Blocks of a section by their id.
using Ids = std::unordered_map<std::string, const Block*>;

// An item "1d", "100" in seconds; none if it is none.
std::optional<uint32_t> seconds_of(const std::string& text);

bool is_on(std::string_view value);

// The rules of Atlas that mean what the acl blocks mean for updates of the zone, in their order.
std::vector<std::string> update_rules(std::span<const Block* const> acls, const Ids& remotes,
                                      dns::NameView apex, const std::vector<Key>& keys, Findings& findings);

}  // namespace atlas::control::import::knot
