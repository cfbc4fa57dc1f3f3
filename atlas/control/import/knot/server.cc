#include "atlas/control/import/knot/server.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "atlas/base/encoding.h"
#include "atlas/control/config/config.h"
#include "atlas/control/import/addresses.h"
#include "atlas/control/import/knot/update_rules.h"

namespace atlas::control::import::knot {
namespace {

constexpr std::string_view kNotNeeded[] = {"rundir",
                                           "user",
                                           "pidfile",
                                           "udp-workers",
                                           "tcp-workers",
                                           "background-workers",
                                           "async-start",
                                           "tcp-io-timeout",
                                           "tcp-remote-io-timeout",
                                           "tcp-reuseport",
                                           "tcp-fastopen",
                                           "quic-max-clients",
                                           "quic-outbuf-max-size",
                                           "quic-idle-close-timeout",
                                           "remote-pool-limit",
                                           "remote-pool-timeout",
                                           "remote-retry-delay",
                                           "socket-affinity",
                                           "dbus-event",
                                           "dbus-init-delay",
                                           "comment",
                                           "automatic-acl",
                                           "tcp-remote-fastopen"};

// "1232", "4K".
std::optional<uint32_t> size_of(const std::string& text) {
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, text.data() + text.size());
  if (error != std::errc{} || value > 65535) return {};
  if (unit.empty() || unit == "B") return value;
  if (unit == "K") return value * 1024;
  return {};
}

class Server {
 public:
  Server(Settings& settings, Findings& findings) : settings_(settings), findings_(findings) {}

  void take(const Item& item) {
    const std::string& name = item.name;
    const std::string value = item.values.empty() ? std::string() : item.values.back();
    if (name == "listen") {
      for (const std::string& text : item.values) add_listener(item, text, query::Transport::kUdp);
    } else if (name == "listen-tls") {
      for (const std::string& text : item.values) add_listener(item, text, query::Transport::kTls);
    } else if (name == "listen-quic") {
      for (const std::string& text : item.values) add_listener(item, text, query::Transport::kQuic);
    } else if (name == "identity") {
      settings_.id = value;
    } else if (name == "nsid") {
      take_nsid(item, value);
    } else if (name == "version") {
      settings_.version = value;
    } else if (name == "tcp-max-clients") {
      const auto clients = seconds_of(value);
      if (clients) settings_.tcp_connections_max = std::min<uint32_t>(*clients, 10'000'000);
    } else if (name == "tcp-idle-timeout") {
      if (const auto seconds = seconds_of(value)) {
        settings_.tcp_idle = std::chrono::seconds(std::clamp<uint32_t>(*seconds, 1, 3600));
      }
    } else if (name.starts_with("udp-max-payload")) {
      if (const auto octets = size_of(value)) {
        const uint64_t kept = std::clamp<uint32_t>(*octets, 512, 4096);
        settings_.udp_payload_size = std::min(settings_.udp_payload_size.value_or(kept), kept);
      }
    } else if (name == "proxy-allowlist") {
      findings_.lose(Group::kSettings, item.place,
                     "proxy-allowlist is not taken: in Atlas a listener is for "
                     "proxies or for clients",
                     "give a listener proxy: true, and name the proxies in \"proxy: allow\"");
    } else if (name == "key-file" || name == "cert-file") {
      take_certificate(name, value);
    } else if (name == "answer-rotation" || name == "edns-client-subnet") {
      if (is_on(value)) findings_.lose(Group::kSettings, item.place, name + " has no equal");
    } else if (name == "listen-xdp") {
      findings_.lose(Group::kSettings, item.place, "listen-xdp has no equal");
    } else if (std::ranges::find(kNotNeeded, name) != std::end(kNotNeeded)) {
      findings_.note(Group::kProcess, item.place, name + " is not needed");
    } else {
      findings_.lose(Group::kUnknown, item.place, '"' + name + "\" is unknown inside of server");
    }
  }

 private:
  void add_listener(const Item& item, const std::string& text, query::Transport transport) {
    const size_t at = text.find('@');
    const auto address = net::IpAddress::parse(text.substr(0, at));
    uint32_t port = transport == query::Transport::kUdp ? config::kDnsPort : config::kDnsOverTlsPort;
    bool good = address.has_value();
    if (at != std::string::npos) {
      const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + text.size(), port);
      good &= error == std::errc{} && end == text.data() + text.size() && port <= 65535;
    }
    if (!good) {
      findings_.lose(Group::kSettings, item.place, '"' + text + "\" is no address to listen on",
                     "Atlas listens on IP addresses");
      return;
    }
    Listener listener{{*address, static_cast<uint16_t>(port)}};
    if (transport != query::Transport::kUdp) listener.transports = {transport};
    settings_.listen.push_back(std::move(listener));
  }

  void take_nsid(const Item& item, const std::string& value) {
    if (!value.starts_with("0x")) {
      settings_.id = value;
      return;
    }
    std::vector<uint8_t> octets;
    base::HexDecoder decoder;
    const bool good = decoder.decode(std::string_view(value).substr(2), octets) && decoder.finish();
    const bool is_text =
        std::ranges::all_of(octets, [](uint8_t octet) { return octet >= 0x20 && octet < 0x7f; });
    if (good && is_text) {
      settings_.id = std::string(octets.begin(), octets.end());
    } else {
      findings_.lose(Group::kSettings, item.place, "nsid is no text: Atlas' \"server: id\" is one");
    }
  }

  void take_certificate(const std::string& name, const std::string& value) {
    if (settings_.certificates.empty()) settings_.certificates.emplace_back();
    (name == "key-file" ? settings_.certificates[0].key : settings_.certificates[0].chain) = value;
  }

  Settings& settings_;
  Findings& findings_;
};

}  // namespace

void take_server(const Block& block, Settings& settings, Findings& findings) {
  Server server(settings, findings);
  for (const Item& item : block.items) server.take(item);
}

void take_rate_limit(const Block& module, Settings& settings, Findings& findings) {
  for (const Item& item : module.items) {
    const std::string value = item.values.empty() ? std::string() : item.values.back();
    const auto number = seconds_of(value);
    if (item.name == "rate-limit" && number) {
      settings.rate_limit = *number != 0;
      if (*number != 0) settings.responses_per_second = std::min<uint32_t>(*number, 1'000'000);
      findings.note(Group::kSettings, item.place,
                    "mod-rrl: Knot counts like answers of a network, Atlas all that it gets",
                    "a higher \"rate-limit: responses-per-second\" may be wanted");
    } else if (item.name == "slip" && number) {
      settings.slip = std::min<uint32_t>(*number, 100);
    } else if (item.name == "whitelist") {
      std::vector<net::Prefix> exempt;
      for (const std::string& text : item.values) {
        if (const auto prefix = parse_prefix(text)) {
          exempt.push_back(*prefix);
        } else {
          findings.lose(Group::kSettings, item.place, '"' + text + "\" has no equal in a list of prefixes");
        }
      }
      settings.rate_limit_exempt = std::move(exempt);
    } else if (item.name == "id" || item.name == "table-size" || item.name == "comment") {
      continue;
    } else {
      findings.lose(Group::kSettings, item.place, "mod-rrl: " + item.name + " has no equal");
    }
  }
}

}  // namespace atlas::control::import::knot
