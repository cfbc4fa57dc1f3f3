#include "atlas/control/remotes/remote.h"

#include <algorithm>

#include "atlas/control/zones/remote_reference.h"

namespace atlas::control::remotes {
namespace {

// Addresses that zones name, kept though no zone may name them any more.
constexpr size_t kByAddressMax = 10'000;
std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

base::Result<std::shared_ptr<const tsig::Key>> find_key(const std::shared_ptr<const tsig::KeyTable>& keys,
                                                        dns::NameView name) {
  const tsig::Key* const key = keys == nullptr ? nullptr : keys->find(name);
  if (key == nullptr) {
    return base::fail("there is no key " + in_quotes(dns::to_text(name)),
                      "keys are named under keys in the configuration, or made with atlasctl key create");
  }
  return std::shared_ptr<const tsig::Key>(keys, key);  // lives as long as the table
}

tls::ClientPolicy policy_of(const config::RemoteSettings& settings) {
  tls::ClientPolicy policy;
  policy.tls.version_min = tls::ProtocolVersion::kTls13;  // RFC 9103 7, RFC 9250 4.1
  policy.tls.alpn = {settings.transport == query::Transport::kQuic ? "doq" : "dot"};
  policy.certificate = settings.certificate;
  if (!settings.pins.empty()) {
    policy.verification = tls::ServerVerification::kPins;
    policy.pins = settings.pins;
  } else if (!settings.tls_name.empty() || !settings.authorities_file.empty()) {
    policy.verification = tls::ServerVerification::kAuthorities;
    policy.authorities_file = settings.authorities_file;
  } else {
    policy.verification = tls::ServerVerification::kNone;  // RFC 9103 9.3.1: opportunistic
  }
  return policy;
}

base::Result<void> add_transport(const config::RemoteSettings& settings, Remote& remote) {
  switch (settings.transport) {
    case query::Transport::kTcp:
      return {};
    case query::Transport::kTls: {
      auto context = tls::ClientContext::make(policy_of(settings));
      if (!context) return std::unexpected(std::move(context.error()));
      remote.tls = std::move(*context);
      break;
    }
    case query::Transport::kQuic: {
      auto context = quic::ClientContext::make(policy_of(settings));
      if (!context) return std::unexpected(std::move(context.error()));
      remote.quic = std::move(*context);
      break;
    }
    default:
      return base::fail("its transport must be tcp, tls or quic");
  }
  remote.identity.name = settings.tls_name;
  return {};
}

base::Result<RemotePtr> make_remote(const config::RemoteSettings& settings,
                                    const std::shared_ptr<const tsig::KeyTable>& keys) {
  auto remote = std::make_shared<Remote>();
  remote->name = settings.name;
  remote->endpoints = settings.addresses;
  remote->transport = settings.transport;
  remote->sources = settings.sources;
  if (settings.name.empty()) return base::fail("it has no name");
  if (settings.addresses.empty()) return base::fail("it has no address");
  if (settings.addresses.size() > kEndpointsMax) {
    return base::fail("it has more than " + std::to_string(kEndpointsMax) + " addresses");
  }
  if (std::ranges::count(settings.addresses, 0, &net::Endpoint::port) > 0) {
    return base::fail("one of its addresses has port 0");
  }
  if (std::ranges::count_if(settings.sources, &net::IpAddress::is_v4) > 1 ||
      std::ranges::count_if(settings.sources, std::not_fn(&net::IpAddress::is_v4)) > 1) {
    return base::fail("it has more than one source address of a family");
  }
  if (settings.key) {
    auto key = find_key(keys, *settings.key);
    if (!key) return std::unexpected(std::move(key.error()));
    remote->key = std::move(*key);
  }
  if (auto added = add_transport(settings, *remote); !added) return std::unexpected(added.error());
  return remote;
}

}  // namespace

base::Result<void> RemoteTable::configure(const std::vector<config::RemoteSettings>& remotes,
                                          std::shared_ptr<const tsig::KeyTable> keys) {
  std::unordered_map<std::string, RemotePtr> configured;
  for (const config::RemoteSettings& settings : remotes) {
    const std::string what = "remote " + in_quotes(settings.name) + ": ";
    auto remote = make_remote(settings, keys);
    if (!remote) return base::fail(what + remote.error().message, remote.error().hint);
    if (!configured.emplace(settings.name, std::move(*remote)).second) {
      return base::fail(what + "there are two of this name");
    }
  }
  configured_ = std::move(configured);
  keys_ = std::move(keys);
  by_address_.clear();
  return {};
}

base::Result<RemotePtr> RemoteTable::find(std::string_view text) {
  const auto reference = zones::parse_remote_reference(text);
  if (!reference) return std::unexpected(reference.error());
  if (!reference->endpoint) {
    if (const auto found = configured_.find(reference->name); found != configured_.end())
      return found->second;
    return base::fail("there is no remote " + in_quotes(reference->name),
                      "remotes are named in the configuration");
  }
  if (const auto found = by_address_.find(std::string(text)); found != by_address_.end())
    return found->second;
  auto remote = std::make_shared<Remote>();
  remote->name = reference->endpoint->to_text();
  remote->endpoints = {*reference->endpoint};
  if (reference->key) {
    auto key = find_key(keys_, *reference->key);
    if (!key) return std::unexpected(std::move(key.error()));
    remote->key = std::move(*key);
  }
  if (by_address_.size() >= kByAddressMax) {
    std::erase_if(by_address_, [](const auto& entry) { return entry.second.use_count() == 1; });
  }
  by_address_.emplace(std::string(text), remote);
  return remote;
}

}  // namespace atlas::control::remotes
