// Other DNS servers, as zones name them: primaries to take zones from, secondaries to notify.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/control/config/config.h"
#include "atlas/net/address.h"
#include "atlas/query/query.h"
#include "atlas/quic/client_context.h"
#include "atlas/tls/client_context.h"
#include "atlas/tls/client_session.h"
#include "atlas/tsig/key.h"

namespace atlas::control::remotes {

inline constexpr size_t kEndpointsMax = 16;  // of one remote

// Immutable, and shared by all that have something to do with it.
struct Remote {
  std::string name;                      // as the configuration or a zone calls it
  std::vector<net::Endpoint> endpoints;  // at least one; tried in order
  // kTcp: small questions go over UDP first. kTls (RFC 9103) and kQuic (RFC 9250): all goes that way.
  query::Transport transport = query::Transport::kTcp;
  std::shared_ptr<const tsig::Key> key;             // null: nothing is signed
  std::shared_ptr<const tls::ClientContext> tls;    // of kTls
  std::shared_ptr<const quic::ClientContext> quic;  // of kQuic
  tls::ServerIdentity identity;
  std::vector<net::IpAddress> sources;  // local addresses to come from, at most one of each family
};
using RemotePtr = std::shared_ptr<const Remote>;

// Those of the configuration, and those that zones name by an address alone. Control's thread.
class RemoteTable {
 public:
  // Reads what the configuration names: files of certificates, keys. `keys` are those of the configuration
  // and the store. Fails, and stays as it was, naming what is wrong.
  base::Result<void> configure(const std::vector<config::RemoteSettings>& remotes,
                               std::shared_ptr<const tsig::KeyTable> keys);
  // A remote's name, or an address with or without a port (RFC 3986's brackets for IPv6) and with or without
  // a key: "hidden", "192.0.2.1", "[2001:db8::1]:5353 key xfr.example." Fails with what is wrong.
  base::Result<RemotePtr> find(std::string_view reference);

 private:
  std::shared_ptr<const tsig::KeyTable> keys_;
  std::unordered_map<std::string, RemotePtr> configured_;
  std::unordered_map<std::string, RemotePtr> by_address_;  // as written
};

}  // namespace atlas::control::remotes
