#include "atlas/control/import/pdns/settings.h"

#include <algorithm>
#include <charconv>

#include "atlas/control/config/config.h"

namespace atlas::control::import::pdns {
namespace {

// Read elsewhere: launch, backends, and what they do with zones.
constexpr std::string_view kTaken[] = {
    "launch",     "include-dir", "local-port",   "dnsupdate",  "allow-dnsupdate-from",  "default-ttl",
    "config-dir", "config-name", "load-modules", "module-dir", "experimental-dnsupdate"};
constexpr std::string_view kProcess[] = {"daemon",
                                         "guardian",
                                         "setuid",
                                         "setgid",
                                         "chroot",
                                         "socket-dir",
                                         "write-pid",
                                         "disable-syslog",
                                         "logging-facility",
                                         "loglevel",
                                         "loglevel-show",
                                         "log-dns-details",
                                         "log-dns-queries",
                                         "log-timestamp",
                                         "query-logging",
                                         "receiver-threads",
                                         "distributor-threads",
                                         "retrieval-threads",
                                         "signing-threads",
                                         "reuseport",
                                         "queue-limit",
                                         "overload-queue-length",
                                         "max-queue-length",
                                         "cache-ttl",
                                         "negquery-cache-ttl",
                                         "query-cache-ttl",
                                         "max-cache-entries",
                                         "max-packet-cache-entries",
                                         "zone-cache-refresh-interval",
                                         "zone-metadata-cache-ttl",
                                         "domain-metadata-cache-ttl",
                                         "dnssec-key-cache-ttl",
                                         "control-console",
                                         "tcp-control-address",
                                         "tcp-control-port",
                                         "tcp-control-range",
                                         "tcp-control-secret",
                                         "entropy-source",
                                         "rng",
                                         "traceback-handler",
                                         "non-local-bind",
                                         "local-address-nonexist-fail",
                                         "tcp-fast-open",
                                         "security-poll-suffix",
                                         "consistent-backends",
                                         "max-ent-entries",
                                         "max-generate-steps",
                                         "max-include-depth",
                                         "no-config",
                                         "carbon-instance",
                                         "carbon-interval",
                                         "carbon-namespace",
                                         "carbon-ourname",
                                         "carbon-server",
                                         "ignore-unknown-settings",
                                         "max-tcp-transactions-per-conn",
                                         "max-tcp-connection-duration",
                                         "webserver",
                                         "webserver-address",
                                         "webserver-allow-from",
                                         "webserver-hash-plaintext-credentials",
                                         "webserver-loglevel",
                                         "webserver-max-bodysize",
                                         "webserver-password",
                                         "webserver-port",
                                         "webserver-print-arguments",
                                         "api",
                                         "api-key",
                                         "upgrade-unknown-types",
                                         "8bit-dns",
                                         "default-soa-content",
                                         "default-soa-mail",
                                         "default-soa-name",
                                         "edns-cookie-secret",
                                         "workaround-11804"};
constexpr std::string_view kTransfer[] = {"allow-notify-from",
                                          "allow-unsigned-autoprimary",
                                          "allow-unsigned-notify",
                                          "allow-unsigned-supermaster",
                                          "autosecondary",
                                          "axfr-fetch-timeout",
                                          "axfr-lower-serial",
                                          "disable-axfr-rectify",
                                          "forward-notify",
                                          "max-signature-cache-entries",
                                          "only-notify",
                                          "outgoing-axfr-expand-alias",
                                          "prevent-self-notification",
                                          "query-local-address",
                                          "secondary",
                                          "secondary-check-signature-freshness",
                                          "secondary-do-renotify",
                                          "send-signed-notify",
                                          "slave",
                                          "slave-cycle-interval",
                                          "slave-renotify",
                                          "superslave",
                                          "trusted-notification-proxy",
                                          "xfr-cycle-interval",
                                          "xfr-max-received-mbytes"};
constexpr std::string_view kSigning[] = {
    "default-api-rectify", "default-ksk-algorithm", "default-ksk-size",        "default-publish-cdnskey",
    "default-publish-cds", "default-soa-edit",      "default-soa-edit-signed", "default-zsk-algorithm",
    "default-zsk-size",    "direct-dnskey",         "max-nsec3-iterations",    "default-catalog-zone"};
// Changes answers only where it is on.
constexpr std::string_view kAnswerIfOn[] = {"any-to-tcp",
                                            "edns-subnet-processing",
                                            "enable-lua-records",
                                            "expand-alias",
                                            "svc-autohints",
                                            "forward-dnsupdate",
                                            "proxy-protocol-from",
                                            "lua-axfr-script",
                                            "lua-dnsupdate-policy-script",
                                            "lua-prequery-script",
                                            "resolver",
                                            "enable-gss-tsig",
                                            "primary",
                                            "master"};
constexpr std::string_view kAnswerIfOff[] = {"dname-processing", "no-shuffle"};
constexpr std::string_view kTuning[] = {"lua-health-checks-expire-delay",
                                        "lua-health-checks-interval",
                                        "lua-records-exec-limit",
                                        "lua-consistent-hashes-cleanup-interval",
                                        "lua-consistent-hashes-expire-delay",
                                        "lua-global-include-dir",
                                        "proxy-protocol-maximum-size"};

template <class Names>
bool is_in(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

// Settings of a backend: its name, perhaps that of an instance, and a dash.
bool is_of_backend(std::string_view name) {
  static constexpr std::string_view kBackends[] = {"bind-", "gsqlite3-", "gmysql-", "gpgsql-", "godbc-",
                                                   "lmdb-", "ldap-",     "geoip-",  "pipe-",   "remote-",
                                                   "lua2-", "tinydns-",  "odbc-",   "random-"};
  return std::ranges::any_of(kBackends, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

void take_addresses(const Arguments& arguments, Settings& settings, Findings& findings) {
  const auto found = arguments.find("local-address");
  const std::string text = found == arguments.end() ? "0.0.0.0, ::" : found->second.value;
  const uint32_t port = number(value_of(arguments, "local-port")).value_or(config::kDnsPort);
  for (const std::string& word : split(text)) {
    const auto endpoint = net::Endpoint::parse(word, static_cast<uint16_t>(std::min<uint32_t>(port, 65535)));
    const auto address = net::IpAddress::parse(word);
    if (address) {
      settings.listen.push_back({{*address, static_cast<uint16_t>(port)}});
    } else if (endpoint) {
      settings.listen.push_back({*endpoint});
    } else {
      findings.lose(Group::kSettings, found->second.place, '"' + word + "\" is no address to listen on",
                    endpoint.error().hint);
    }
  }
}

// Whether the setting has an equal.
bool take_one(const std::string& name, const Argument& argument, Settings& settings, Findings& findings) {
  const std::string& value = argument.value;
  if (name == "version-string") {
    if (value == "anonymous") {
      settings.version = std::string();
    } else if (value != "full" && value != "powerdns") {
      settings.version = value;
    }
  } else if (name == "server-id") {
    settings.id = value == "disabled" ? std::string() : value;
  } else if (name == "max-tcp-connections") {
    if (const auto count = number(value)) settings.tcp_connections_max = std::clamp(*count, 1u, 10'000'000u);
  } else if (name == "tcp-idle-timeout") {
    if (const auto seconds = number(value))
      settings.tcp_idle = std::chrono::seconds(std::clamp(*seconds, 1u, 3600u));
  } else if (name == "udp-truncation-threshold") {
    if (const auto octets = number(value)) settings.udp_payload_size = std::clamp(*octets, 512u, 4096u);
  } else if (name == "max-tcp-connections-per-client") {
    findings.note(Group::kSettings, argument.place,
                  name + ": Atlas has a limit of its own, see \"tcp: connections-per-client-max\"");
  } else {
    return name == "local-address";
  }
  return true;
}

}  // namespace

std::string value_of(const Arguments& arguments, std::string_view name, std::string_view otherwise) {
  const auto found = arguments.find(name);
  return found == arguments.end() ? std::string(otherwise) : found->second.value;
}

bool is_yes(std::string_view value) {
  return value == "yes" || value == "true" || value == "on" || value == "1";
}

void take_settings(const Arguments& arguments, Settings& settings, Findings& findings) {
  take_addresses(arguments, settings, findings);
  for (const auto& [name, argument] : arguments) {
    const Place& place = argument.place;
    const bool is_off = argument.value.empty() || argument.value == "no" || argument.value == "off";
    if (take_one(name, argument, settings, findings) || is_in(kTaken, name) || is_of_backend(name)) continue;
    if (is_in(kProcess, name) || is_in(kTuning, name)) {
      findings.note(Group::kProcess, place, name + " is not needed");
    } else if (is_in(kTransfer, name)) {
      findings.note(Group::kTransfers, place, name + " is not taken: Atlas has limits and times of its own",
                    "see the section \"transfers\"");
    } else if (is_in(kSigning, name)) {
      findings.note(Group::kSigning, place, name + ": Atlas does not sign");
    } else if (name == "primary" || name == "master") {
      if (!is_off) {
        findings.lose(Group::kTransfers, place,
                      name + ": PowerDNS notifies the servers of NS records, Atlas does not",
                      "name them in the key \"secondaries\"");
      }
    } else if (is_in(kAnswerIfOn, name)) {
      if (!is_off) findings.lose(Group::kSettings, place, name + " changes answers, and has no equal");
    } else if (is_in(kAnswerIfOff, name)) {
      if (name == "no-shuffle" ? !is_off : is_off) {
        findings.note(Group::kSettings, place, name + ": Atlas answers as the RFCs say, in a fixed order");
      }
    } else {
      findings.lose(Group::kUnknown, place, '"' + name + "\" is no setting of PowerDNS Authoritative");
    }
  }
}

}  // namespace atlas::control::import::pdns
