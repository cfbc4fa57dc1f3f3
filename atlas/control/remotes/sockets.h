// Sockets to other servers.
#pragma once

#include <string>

#include "atlas/control/remotes/remote.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::control::remotes {

// Not blocking, from the remote's source address if it has one of the endpoint's family, and connected or, of
// SOCK_STREAM, about to be. Fails with what is wrong.
base::Result<net::FileDescriptor> open_socket(const Remote& remote, const net::Endpoint& endpoint, int type);

}  // namespace atlas::control::remotes
