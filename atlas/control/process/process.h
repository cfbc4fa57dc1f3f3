// What the process as a whole is and may do: open files, user, processors.
#pragma once

#include <cstdint>
#include <string>

#include "atlas/base/result.h"

namespace atlas::control::process {

// Raises the soft limit of open files to the hard one; returns what it is then.
uint64_t raise_descriptor_limit();

// Processors that this process may run on; at least 1.
uint32_t processors();

// Gives up root for `user` and `group` (empty: the user's own), keeping CAP_NET_BIND_SERVICE alone, so that a
// later reload can open port 53. Does nothing for an empty user. Call before any thread is started.
base::Result<void> drop_privileges(const std::string& user, const std::string& group);

}  // namespace atlas::control::process
