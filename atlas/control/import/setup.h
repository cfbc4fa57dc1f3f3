// What is taken from another server: the common form that every kind of source is read into.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/secret.h"
#include "atlas/control/config/config.h"
#include "atlas/control/import/source.h"
#include "atlas/dns/name.h"
#include "atlas/net/address.h"
#include "atlas/query/query.h"
#include "atlas/tls/policy.h"

namespace atlas::control::import {

enum class Kind : uint8_t { kNamed, kNsd, kKnot, kPdns };

// "named", "nsd", "knot", "pdns".
std::string_view to_text(Kind kind);
std::optional<Kind> parse_kind(std::string_view text);

// Clients; an entry of neither family is no client. None: everybody.
using Clients = std::optional<std::vector<net::Prefix>>;

struct Key {
  dns::Name name;
  std::string algorithm;  // "hmac-sha256"
  base::Secret secret;    // base64
  Place place;
};

struct SourceZone {
  dns::Name apex;
  Place place;
  std::filesystem::path file;  // the text; empty: it is in `text`
  std::string text;            // of a database, one record a line
  std::vector<int64_t> rows;   // of the database, that the lines of `text` came from
  // How the text is read: as LoadOptions say it.
  std::filesystem::path include_folder;
  bool takes_ttl_from_soa = false;  // records without a TTL have the SOA's minimum
  Clients allow_query;
  std::vector<std::string> update_rules;
  // Where it comes from and goes to, in the words of Atlas' configuration; with primaries, it has no text.
  zones::ZoneSettings settings;

  bool is_secondary() const { return !settings.primaries.empty(); }
  // Its records are made here: it has no text either.
  bool is_made_here() const { return settings.catalog == zones::CatalogRole::kProduce; }
};

struct Listener {
  net::Endpoint endpoint;
  std::vector<query::Transport> transports{query::Transport::kUdp, query::Transport::kTcp};
};

// Those that the source sets; Atlas' own defaults stand for the rest.
struct Settings {
  std::vector<Listener> listen;
  std::optional<std::string> version;
  std::optional<std::string> id;
  Clients allow_query;
  std::optional<bool> rate_limit;
  std::optional<uint32_t> responses_per_second;
  std::optional<uint32_t> slip;
  std::optional<uint32_t> ipv4_prefix;
  std::optional<uint32_t> ipv6_prefix;
  std::optional<std::vector<net::Prefix>> rate_limit_exempt;
  std::optional<bool> cookies;
  std::optional<uint32_t> tcp_connections_max;
  std::optional<std::chrono::milliseconds> tcp_idle;
  std::optional<bool> minimal_responses;
  std::optional<bool> minimal_any;
  std::optional<uint64_t> udp_payload_size;
  std::vector<tls::CertificateFiles> certificates;
  std::vector<std::string> https_paths;
  std::vector<net::Prefix> proxies;
};

struct Setup {
  Settings settings;
  std::vector<Key> keys;
  std::vector<config::RemoteSettings> remotes;
  std::vector<SourceZone> zones;
};

}  // namespace atlas::control::import
