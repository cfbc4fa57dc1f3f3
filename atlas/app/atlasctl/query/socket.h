// Sockets with a deadline, and what is said when they fail.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "atlas/app/atlasctl/query/channel.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::app::atlasctl::query {

// Messages that are none of ours, ignored in one try before giving up on it.
inline constexpr size_t kStraysMax = 100;

// `type` is SOCK_DGRAM or SOCK_STREAM. Bound to the address that the options name, if any.
base::Result<net::FileDescriptor, ExchangeError> open_socket(const Attempt& attempt, int type);

// False when the deadline passed first.
bool wait_for(int fd, short events, base::MonotonicTime deadline);

ExchangeError system_error(const std::string& what, int error, const net::Endpoint& server);
ExchangeError timeout_error(const Attempt& attempt);
ExchangeError closed_error(const Attempt& attempt);

// "127.0.0.1:53 over TCP"
std::string server_and_transport(const Attempt& attempt);

}  // namespace atlas::app::atlasctl::query
