// Other servers and whom they serve, as configurations of Atlas have them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/control/config/config.h"
#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import {

// How zones refer to a server: by its address, where that and a key say all; else by a name that it gets in
// `remotes`, like `wanted` and different from all others. The same server is there once.
std::string refer(std::vector<config::RemoteSettings>& remotes, config::RemoteSettings remote,
                  std::string_view wanted);

// Whom a remote's TLS must be of. False, and nothing is taken, if it cannot be said.
bool take_identity(config::RemoteSettings& remote, const std::string& name, std::vector<std::string> pins);

// An entry of a list of which the first match decides.
struct Peer {
  bool allowed = true;
  std::optional<net::Prefix> prefix;  // none: any address
  std::string key;                    // empty: none is needed
};
// The list in the words of policy::transfer: as short as it can be.
std::vector<std::string> transfer_rules(const std::vector<Peer>& peers);

// What makes a secondary of a zone, as far as the source says it.
void make_secondary(SourceZone& zone, std::vector<std::string> primaries);
// Cuts lists and names of groups that are longer than Atlas takes, and says so.
void limit_lists(SourceZone& zone, Findings& findings);

}  // namespace atlas::control::import
