// The configuration of one node, with its defaults. Everything that can be set stands here and in fields.cc.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/diagnostic.h"
#include "atlas/control/config/tree.h"
#include "atlas/control/zones/zone_settings.h"
#include "atlas/dns/name.h"
#include "atlas/net/address.h"
#include "atlas/query/query.h"
#include "atlas/tls/policy.h"
#include "atlas/tsig/key.h"

namespace atlas::control::config {

using std::chrono::milliseconds;

inline constexpr uint16_t kDnsPort = 53;
inline constexpr uint16_t kDnsOverTlsPort = 853;  // RFC 7858 3.1, and over QUIC: RFC 9250 4.1.1
inline constexpr uint16_t kHttpsPort = 443;
inline constexpr uint16_t kMetricsPort = 9530;

struct ServerSettings {
  std::string version;        // empty = version.bind is REFUSED
  std::string id;             // empty = id.server is REFUSED and NSID is not sent
  std::string user;           // empty = stay who started it
  std::string group;          // empty = the user's own group
  uint32_t workers = 0;       // 0 = one a core
  uint32_t zone_loaders = 0;  // 0 = one a core, at most 8
  std::filesystem::path pid_file;
};

// One address and one transport: an entry of the file stands for one or more of them.
struct ListenAddress {
  net::Endpoint endpoint;
  query::Transport transport = query::Transport::kUdp;
  bool proxy = false;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

struct ProxySettings {
  std::vector<net::Prefix> allow;
};

struct PathSettings {
  std::filesystem::path state = "/var/lib/atlas";
};

struct ImageSettings {
  bool enabled = true;
};

struct ControlSettings {
  std::filesystem::path socket = "/run/atlas/control.sock";
  uint32_t mode = 0660;
  std::string group;  // empty = the server's group

  friend bool operator==(const ControlSettings&, const ControlSettings&) = default;
};

struct MetricsSettings {
  std::vector<net::Endpoint> listen;  // empty = none
};

enum class LogLevel : uint8_t { kDebug, kInfo, kWarning, kError };
enum class LogFormat : uint8_t { kText, kJson };
enum class LogDestination : uint8_t { kStderr, kFile, kSyslog, kJournal };

struct LogSettings {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  LogDestination destination = LogDestination::kStderr;
  std::filesystem::path file;

  friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct AccessSettings {
  std::vector<net::Prefix> allow_query{net::Prefix(net::IpAddress::v4(0), 0),
                                       net::Prefix(net::IpAddress(), 0)};
};

struct RateLimitSettings {
  bool enabled = true;
  uint32_t responses_per_second = 200;
  uint32_t slip = 2;
  uint32_t ipv4_prefix = 24;
  uint32_t ipv6_prefix = 56;
  uint32_t table_size = 65536;
  std::vector<net::Prefix> exempt{
      net::Prefix(net::IpAddress::v4(0x7f000000), 8),
      net::Prefix(net::IpAddress::v6({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), 128)};
};

struct CookieSettings {
  bool enabled = true;
  std::filesystem::path secret_file;               // empty = made and kept in the state directory
  milliseconds rollover{30ll * 24 * 3600 * 1000};  // of a secret that Atlas made; 0 = never
};

struct TlsSettings {
  std::vector<tls::CertificateFiles>
      certificates;  // empty = one that is made and kept in the state directory
  tls::ProtocolVersion version_min = tls::ProtocolVersion::kTls12;
  std::filesystem::path key_log_file;
  std::filesystem::path ticket_key_file;  // empty = keys are made at the start, and lost at the end
  milliseconds ticket_rotation{3'600'000};
  uint32_t handshakes_max = 1000;  // over all workers
  uint32_t handshakes_per_client_max = 50;
};

struct HttpsSettings {
  std::vector<std::string> paths{"/dns-query"};
  std::string json_path = "/resolve";
  std::string forwarded_field;
};

struct QuicSettings {
  uint32_t connections_max = 20'000;  // over all workers
  uint32_t connections_per_client_max = 200;
  milliseconds idle{30'000};
  milliseconds idle_when_busy{500};
  milliseconds setup_time_max{5'000};
  uint32_t streams_max = 100;
  bool early_data = true;
  bool always_validate = false;
};

struct TcpSettings {
  uint32_t connections_max = 0;  // 0 = from the descriptor limit
  uint32_t connections_per_client_max = 200;
  milliseconds idle{10'000};
  milliseconds idle_when_busy{500};
  milliseconds connection_time_max{3'600'000};
  milliseconds setup_time_max{5'000};
  uint32_t pending_max = 64;
};

struct AnswerSettings {
  bool minimal_responses = true;
  bool minimal_any = true;
  uint64_t udp_payload_size = 1232;
};

struct DnstapSettings {
  std::filesystem::path file;  // at most one of the two
  std::filesystem::path socket;
  bool queries = true;
  bool responses = true;

  bool enabled() const { return !file.empty() || !socket.empty(); }
  friend bool operator==(const DnstapSettings&, const DnstapSettings&) = default;
};

// Dynamic update (RFC 2136) and what is kept of changes.
struct UpdateSettings {
  milliseconds lease_min{30'000};  // RFC 9664: what a lease is raised or cut to
  milliseconds lease_max{24ll * 3600 * 1000};
};

struct HistorySettings {
  milliseconds keep{90ll * 24 * 3600 * 1000};
  milliseconds keep_deleted_zones{30ll * 24 * 3600 * 1000};
};

struct StoreSettings {
  std::filesystem::path folder;    // empty = store in the state directory
  std::filesystem::path key_file;  // empty = store.key in that folder
};

// A secret that signs transactions (RFC 8945), here or in a file.
struct KeySettings {
  dns::Name name;
  tsig::Algorithm algorithm = tsig::Algorithm::kHmacSha256;
  std::string secret;  // base64
  std::filesystem::path secret_file;
};

// Another DNS server: a primary or a secondary of zones here.
struct RemoteSettings {
  std::string name;
  std::vector<net::Endpoint> addresses;  // port 53, or 853 with TLS or QUIC, unless one is given
  query::Transport transport = query::Transport::kTcp;  // kTcp, kTls or kQuic
  std::optional<dns::Name> key;
  // Who it must be: a name, keys that are known, or, without either, whoever answers (RFC 9103 9.3.1).
  std::string tls_name;
  std::vector<std::string> pins;           // base64 of SHA-256
  std::filesystem::path authorities_file;  // empty = those of the system
  tls::CertificateFiles certificate;       // shown to it; empty = none
  std::vector<net::IpAddress> sources;     // to come from, at most one of each family
  std::filesystem::path configured_in = {};
  uint32_t line = 0;

  friend bool operator==(const RemoteSettings&, const RemoteSettings&) = default;
};

// Zone transfers, both ways.
struct TransferSettings {
  uint32_t out_max = 100;  // at once, over all workers
  uint32_t out_per_client_max = 20;
  milliseconds out_time_max{7'200'000};
  // Who may issue the certificates of clients over TLS and QUIC (RFC 9103 9.3.3). Empty = they are not asked.
  std::filesystem::path client_authorities_file;
  uint32_t in_max = 16;  // at once
  uint32_t in_per_primary_max = 4;
  uint64_t in_size_max = uint64_t{8} << 30;  // octets of one transfer
  uint64_t in_records_max = 200'000'000;
  milliseconds in_time_max{3'600'000};
  milliseconds refresh_min{30'000};  // what SOAs may ask for
  milliseconds refresh_max{7ll * 24 * 3600 * 1000};
  milliseconds retry_min{10'000};
  milliseconds retry_max{24ll * 3600 * 1000};
  milliseconds expire_min{300'000};
};

struct ZoneDefaults {
  std::string file = "zones/{zone}.zone";  // "{zone}" = the name without its final dot
  // Of zones that say nothing of them; primaries: and have no file and are not made here.
  std::vector<std::string> primaries;
  std::vector<std::string> secondaries;
  std::vector<std::string> allow_transfer;
};

struct ZoneFile {
  dns::Name apex;
  std::filesystem::path file;  // empty: the zone has primaries, or is a catalog that is made here
  zones::ZoneSettings settings = {};
  // Where it is named.
  std::filesystem::path configured_in = {};
  uint32_t line = 0;
};

struct Config {
  uint32_t format = 1;
  ServerSettings server;
  std::vector<ListenAddress> listen{{{net::IpAddress::v4(0), kDnsPort}, query::Transport::kUdp},
                                    {{net::IpAddress::v4(0), kDnsPort}, query::Transport::kTcp},
                                    {{net::IpAddress(), kDnsPort}, query::Transport::kUdp},
                                    {{net::IpAddress(), kDnsPort}, query::Transport::kTcp}};
  PathSettings paths;
  ImageSettings images;
  ControlSettings control;
  MetricsSettings metrics;
  LogSettings log;
  AccessSettings access;
  RateLimitSettings rate_limit;
  CookieSettings cookies;
  TcpSettings tcp;
  TlsSettings tls;
  HttpsSettings https;
  QuicSettings quic;
  ProxySettings proxy;
  AnswerSettings answers;
  DnstapSettings dnstap;
  StoreSettings store;
  UpdateSettings updates;
  HistorySettings history;
  std::vector<KeySettings> keys;
  std::vector<RemoteSettings> remotes;
  TransferSettings transfers;
  ZoneDefaults zone_defaults;
  std::vector<ZoneFile> zones;
};

struct Loaded {
  std::optional<Config> config;  // empty if there was an error
  base::Diagnostics diagnostics;
  size_t files = 0;  // that it was read from
};

// Reads `path` and what it includes. Relative paths count from the folder of the file that names them; the
// paths of the result are absolute. Reports as many errors as it finds in one run, kDiagnosticsMax at most.
Loaded load(const std::filesystem::path& path);

// The keys with their secrets, read from their files where they have some.
base::Result<std::vector<tsig::Key>> read_keys(const std::vector<KeySettings>& keys);

// The whole configuration, defaults included, as YAML that load() reads to the same, but for secrets, which
// it does not show.
std::string effective_yaml(const Config& config);

// JSON Schema (draft 2020-12) of the format; api/config.schema.json holds this text.
std::string json_schema();

// Dotted names of settings that differ and that only a restart changes: "server.workers".
std::vector<std::string> changes_that_need_a_restart(const Config& running, const Config& next);

}  // namespace atlas::control::config
