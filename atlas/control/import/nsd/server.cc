#include "atlas/control/import/nsd/server.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "atlas/base/encoding.h"
#include "atlas/control/config/config.h"

namespace atlas::control::import::nsd {
namespace {

// Settings of the process, or of what only secondaries do.
constexpr std::string_view kNotNeeded[] = {"ip-transparent",
                                           "ip-freebind",
                                           "reuseport",
                                           "send-buffer-size",
                                           "receive-buffer-size",
                                           "debug-mode",
                                           "database",
                                           "zonelistfile",
                                           "logfile",
                                           "log-only-syslog",
                                           "server-count",
                                           "cpu-affinity",
                                           "xfrd-cpu-affinity",
                                           "tcp-mss",
                                           "outgoing-tcp-mss",
                                           "xfrd-tcp-max",
                                           "xfrd-tcp-pipeline",
                                           "pidfile",
                                           "statistics",
                                           "chroot",
                                           "username",
                                           "zonesdir",
                                           "difffile",
                                           "xfrdfile",
                                           "xfrdir",
                                           "xfrd-reload-timeout",
                                           "verbosity",
                                           "use-systemd",
                                           "log-time-ascii",
                                           "zonefiles-check",
                                           "zonefiles-write",
                                           "rrl-size",
                                           "tls-cert-bundle",
                                           "tcp-reject-overflow",
                                           "tcp-query-count",
                                           "cookie-secret",
                                           "cookie-secret-file",
                                           "drop-updates",
                                           "log-time-iso",
                                           "cookie-staging-secret",
                                           "bindtodevice",
                                           "setfib",
                                           "rrl-whitelist-ratelimit"};

std::string_view first(const Attribute& attribute) {
  return attribute.values.empty() ? std::string_view() : std::string_view(attribute.values[0]);
}

class Server {
 public:
  Server(Settings& settings, Findings& findings) : settings_(settings), findings_(findings) {}

  void take(std::span<const Attribute> attributes) {
    for (const Attribute& attribute : attributes) take_one(attribute);
    take_addresses(attributes);
    if (hide_version_) settings_.version = std::string();
    if (hide_identity_) settings_.id = std::string();
    if (!key_.empty() && !pem_.empty()) settings_.certificates.push_back({pem_, key_, ocsp_});
  }

 private:
  std::optional<uint32_t> number(const Attribute& attribute, uint32_t most) {
    const std::string_view text = first(attribute);
    uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value <= most && !text.empty())
      return value;
    findings_.lose(Group::kSettings, attribute.place,
                   attribute.name + " is no number up to " + std::to_string(most));
    return {};
  }

  // Whether the attribute is one of those that are numbers and taken.
  bool take_number(const Attribute& attribute) {
    const std::string& name = attribute.name;
    const auto between = [&](uint32_t least, uint32_t most) -> std::optional<uint32_t> {
      const auto value = number(attribute, 10'000'000);
      if (!value) return {};
      return std::clamp(*value, least, most);
    };
    if (name == "port") {
      port_ = static_cast<uint16_t>(number(attribute, 65535).value_or(port_));
    } else if (name == "tls-port") {
      tls_port_ = static_cast<uint16_t>(number(attribute, 65535).value_or(tls_port_));
    } else if (name == "tcp-count") {
      settings_.tcp_connections_max = between(1, 10'000'000);
    } else if (name == "tcp-timeout") {
      if (const auto seconds = between(1, 3600)) settings_.tcp_idle = std::chrono::seconds(*seconds);
    } else if (name == "ipv4-edns-size" || name == "ipv6-edns-size") {
      if (const auto octets = between(512, 4096)) {
        settings_.udp_payload_size =
            std::min<uint64_t>(settings_.udp_payload_size.value_or(*octets), *octets);
      }
    } else if (name == "rrl-ratelimit") {
      const auto rate = number(attribute, 1'000'000);
      if (rate) settings_.rate_limit = *rate != 0;
      if (rate && *rate != 0) settings_.responses_per_second = *rate;
      if (rate && *rate != 0) {
        findings_.note(Group::kSettings, attribute.place,
                       "rrl-ratelimit: NSD counts like queries of a network, Atlas all that it gets",
                       "a higher \"rate-limit: responses-per-second\" may be wanted");
      }
    } else if (name == "rrl-slip") {
      settings_.slip = between(0, 100);
    } else if (name == "rrl-ipv4-prefix-length") {
      settings_.ipv4_prefix = between(8, 32);
    } else if (name == "rrl-ipv6-prefix-length") {
      settings_.ipv6_prefix = between(16, 128);
    } else {
      return false;
    }
    return true;
  }

  void take_one(const Attribute& attribute) {
    const std::string& name = attribute.name;
    const std::string value(first(attribute));
    if (take_number(attribute)) return;
    if (name == "ip-address" || name == "interface") {
      return;  // when the ports are known
    } else if (name == "do-ip4") {
      ip4_ = is_yes(attribute);
    } else if (name == "do-ip6") {
      ip6_ = is_yes(attribute);
    } else if (name == "identity") {
      settings_.id = value;
    } else if (name == "nsid") {
      take_nsid(attribute, value);
    } else if (name == "version") {
      settings_.version = value;
    } else if (name == "hide-version") {
      hide_version_ = is_yes(attribute);
    } else if (name == "hide-identity") {
      hide_identity_ = is_yes(attribute);
    } else if (name == "minimal-responses") {
      settings_.minimal_responses = is_yes(attribute);
    } else if (name == "refuse-any") {
      settings_.minimal_any = is_yes(attribute);
    } else if (name == "answer-cookie") {
      settings_.cookies = is_yes(attribute);
    } else if (name == "tls-service-key") {
      key_ = value;
    } else if (name == "tls-service-pem") {
      pem_ = value;
    } else if (name == "tls-service-ocsp") {
      ocsp_ = value;
    } else if (name == "round-robin") {
      if (is_yes(attribute)) findings_.lose(Group::kSettings, attribute.place, "round-robin has no equal");
    } else if (name == "confine-to-zone") {
      if (is_yes(attribute)) {
        findings_.note(Group::kSettings, attribute.place,
                       "confine-to-zone: Atlas follows aliases into other zones that it serves");
      }
    } else if (name == "proxy-protocol-port") {
      findings_.lose(Group::kSettings, attribute.place, name + " is not taken",
                     "give a listener proxy: true, and name the proxies in \"proxy: allow\"");
    } else if (std::ranges::find(kNotNeeded, name) != std::end(kNotNeeded)) {
      findings_.note(Group::kProcess, attribute.place, name + " is not needed");
    } else {
      findings_.lose(Group::kUnknown, attribute.place, '"' + name + "\" is unknown inside of server");
    }
  }

  void take_nsid(const Attribute& attribute, const std::string& value) {
    if (value.starts_with("ascii_")) {
      settings_.id = value.substr(6);
      return;
    }
    std::vector<uint8_t> octets;
    base::HexDecoder decoder;
    const bool good = decoder.decode(value, octets) && decoder.finish();
    const std::string text(octets.begin(), octets.end());
    const bool printable = std::ranges::all_of(text, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (good && printable) {
      settings_.id = text;
    } else {
      findings_.lose(Group::kSettings, attribute.place, "nsid is no text: Atlas' \"server: id\" is one");
    }
  }

  void take_addresses(std::span<const Attribute> attributes) {
    bool any = false;
    for (const Attribute& attribute : attributes) {
      if (attribute.name != "ip-address" && attribute.name != "interface") continue;
      any = true;
      const std::string_view text = first(attribute);
      const size_t at = text.find('@');
      const auto address = net::IpAddress::parse(text.substr(0, at));
      uint32_t port = port_;
      bool good = address.has_value();
      if (at != std::string_view::npos) {
        const std::string_view digits = text.substr(at + 1);
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
        good &= error == std::errc{} && end == digits.data() + digits.size() && port <= 65535;
      }
      if (!good) {
        findings_.lose(Group::kSettings, attribute.place,
                       '"' + std::string(text) + "\" is no address: Atlas listens on addresses",
                       "name the addresses of the interface in the key \"listen\"");
        continue;
      }
      if (attribute.values.size() > 1) {
        findings_.note(Group::kProcess, attribute.place, "words behind an address are not needed");
      }
      add({*address, static_cast<uint16_t>(port)});
    }
    if (any) return;
    if (ip4_) add({net::IpAddress::v4(0), port_});
    if (ip6_) add({net::IpAddress(), port_});
  }

  void add(const net::Endpoint& endpoint) {
    if (endpoint.address.is_v4() ? !ip4_ : !ip6_) return;
    const bool is_tls = endpoint.port == tls_port_ && !key_.empty();
    Listener listener{endpoint};
    if (is_tls) listener.transports = {query::Transport::kTls};
    const bool known = std::ranges::any_of(settings_.listen,
                                           [&](const Listener& other) { return other.endpoint == endpoint; });
    if (!known) settings_.listen.push_back(std::move(listener));
  }

  Settings& settings_;
  Findings& findings_;
  uint16_t port_ = config::kDnsPort;
  uint16_t tls_port_ = config::kDnsOverTlsPort;
  bool ip4_ = true;
  bool ip6_ = true;
  bool hide_version_ = false;
  bool hide_identity_ = false;
  std::string key_, pem_, ocsp_;
};

}  // namespace

bool is_yes(const Attribute& attribute) {
  return first(attribute) == "yes";
}

void take_server(std::span<const Attribute> attributes, Settings& settings, Findings& findings) {
  Server(settings, findings).take(attributes);
}

}  // namespace atlas::control::import::nsd
