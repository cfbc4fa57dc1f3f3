// The texts of update rules, in the words of BIND's update-policy: "grant key.example. zonesub ANY".
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atlas/control/import/setup.h"

namespace atlas::control::import {

// `identity` is the name of a key, or a prefix. `name` may be empty. `types` may be empty: those that BIND
// takes by default.
std::string rule_text(bool grant, std::string_view identity, std::string_view match, std::string_view name,
                      std::string_view types);

bool has_key(const std::vector<Key>& keys, dns::NameView name);

// "hmac-sha256" of "HMAC-SHA256.", "hmac-md5.sig-alg.reg.int" and the like; empty if it is not one of TSIG's.
std::string algorithm_name(std::string_view text);

// A key, or what is wrong with it.
base::Result<Key> make_key(std::string_view name, std::string_view algorithm, std::string_view secret,
                           Place place);

}  // namespace atlas::control::import
