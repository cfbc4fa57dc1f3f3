// allow-update and update-policy as rules of Atlas, which has them in the words of update-policy.
#pragma once

#include <string>
#include <vector>

#include "atlas/control/import/named/acl.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::named {

// `list` is that of allow-update. `keys` are those that the configuration defines.
std::vector<std::string> allow_update_rules(const std::vector<Statement>& list, Acls& acls,
                                            const std::vector<Key>& keys, Findings& findings);

// `policy` is the statement update-policy.
std::vector<std::string> update_policy_rules(const Statement& policy, const std::vector<Key>& keys,
                                             Findings& findings);

}  // namespace atlas::control::import::named
