// How zones name other servers: "hidden", "192.0.2.1", "[2001:db8::1]:5353 key xfr.example."
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/net/address.h"

namespace atlas::control::zones {

inline constexpr size_t kRemoteNameOctetsMax = 64;

struct RemoteReference {
  std::string name;                       // of a remote of the configuration; empty: an address
  std::optional<net::Endpoint> endpoint;  // port 53, unless one is given
  std::optional<dns::Name> key;           // beside an address

  friend bool operator==(const RemoteReference&, const RemoteReference&) = default;
};

base::Result<RemoteReference> parse_remote_reference(std::string_view text);

// A remote's name: letters, digits and any of "-_.", and no address.
bool is_remote_name(std::string_view text);

}  // namespace atlas::control::zones
