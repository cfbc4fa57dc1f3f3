// options and view as settings of Atlas.
#include <algorithm>
#include <array>

#include "atlas/control/config/config.h"
#include "atlas/control/import/named/reading.h"

namespace atlas::control::import::named {
namespace {

constexpr uint16_t kTlsPort = config::kDnsOverTlsPort;
constexpr uint32_t kPortMax = 65535;

void take_rate_limit(Reading& reading, const Statement& statement) {
  Settings& settings = reading.setup.settings;
  Findings& findings = reading.findings;
  if (statement.block() == nullptr) return;
  settings.rate_limit = true;
  for (const Statement& part : *statement.block()) {
    const auto take = [&](std::optional<uint32_t>& setting, uint32_t least, uint32_t most) {
      const auto value = number(reading, part, most);
      if (value) setting = std::max(*value, least);
    };
    if (is_named(part, "slip")) {
      take(settings.slip, 0, 100);
    } else if (is_named(part, "ipv4-prefix-length")) {
      take(settings.ipv4_prefix, 8, 32);
    } else if (is_named(part, "ipv6-prefix-length")) {
      take(settings.ipv6_prefix, 16, 128);
    } else if (is_named(part, "exempt-clients")) {
      if (part.block() != nullptr) {
        settings.rate_limit_exempt = reading.acls.clients(*part.block(), Group::kSettings);
      }
    } else if (is_named(part, "all-per-second")) {
      const auto value = number(reading, part, 1'000'000);
      if (value && *value > 0) settings.responses_per_second = *value;
    } else if (is_named(part, "log-only")) {
      if (is_yes(part.word(1))) settings.rate_limit = false;
    } else if (is_named(part, "max-table-size") || is_named(part, "min-table-size")) {
      findings.note(Group::kSettings, part.place(), part.name() + ": the table of Atlas has a fixed size",
                    "see the key \"rate-limit: table-size\"");
    } else {
      findings.lose(Group::kSettings, part.place(),
                    part.name() + ": named counts like responses, Atlas all that one network gets",
                    "the key \"rate-limit: responses-per-second\" is 200 unless all-per-second was given");
    }
  }
}

void take_text(Reading& reading, const Statement& statement, std::optional<std::string>& setting) {
  if (equal(statement.word(1), "hostname") && statement.values[1].kind == Value::Kind::kWord) {
    reading.findings.lose(Group::kSettings, statement.place(), "the machine's name is not asked for",
                          "write it to the key \"server: id\"");
    return;
  }
  const bool none = equal(statement.word(1), "none") && statement.values[1].kind == Value::Kind::kWord;
  setting = none ? std::string() : std::string(statement.word(1));
}

void take_minimal_responses(Reading& reading, const Statement& statement) {
  const bool full = equal(statement.word(1), "no") || equal(statement.word(1), "false");
  if (!full && !is_yes(statement.word(1))) {
    reading.findings.note(Group::kSettings, statement.place(),
                          "minimal-responses " + std::string(statement.word(1)) + " is taken as yes");
  }
  reading.setup.settings.minimal_responses = !full;
}

void take_recursion(Reading& reading, const Block& block) {
  for (const Statement& statement : block) {
    if (is_named(statement, "recursion") && is_yes(statement.word(1))) {
      reading.findings.lose(Group::kRecursion, statement.place(),
                            "named resolves names for clients: Atlas answers for its zones alone",
                            "leave resolving to a resolver, such as Unbound, at an address of its own");
    } else if (is_named(statement, "forwarders")) {
      if (statement.block() != nullptr && !statement.block()->empty()) {
        reading.findings.lose(Group::kRecursion, statement.place(), "forwarders: Atlas asks no other server");
      }
    }
  }
}

}  // namespace

void take_settings(Reading& reading, const Block& block) {
  Settings& settings = reading.setup.settings;
  Findings& findings = reading.findings;
  for (const Statement& statement : block) {
    const auto is = [&](std::string_view name) { return is_named(statement, name); };
    if (statement.values.size() < 2) continue;
    if (is("version")) {
      take_text(reading, statement, settings.version);
    } else if (is("server-id") || is("hostname")) {
      take_text(reading, statement, settings.id);
    } else if (is("minimal-responses")) {
      take_minimal_responses(reading, statement);
    } else if (is("minimal-any")) {
      settings.minimal_any = is_yes(statement.word(1));
    } else if (is("answer-cookie")) {
      settings.cookies = is_yes(statement.word(1));
    } else if (is("rate-limit")) {
      take_rate_limit(reading, statement);
    } else if (is("tcp-clients")) {
      if (const auto value = number(reading, statement, 10'000'000)) settings.tcp_connections_max = *value;
    } else if (is("tcp-idle-timeout")) {
      // In tenths of a second.
      const auto value = number(reading, statement, 36'000);
      if (value) settings.tcp_idle = std::chrono::milliseconds(std::max<uint32_t>(*value, 5) * 100);
    } else if (is("max-udp-size") || is("edns-udp-size")) {
      if (const auto value = number(reading, statement, 4096)) {
        const uint64_t octets = std::max<uint32_t>(*value, 512);
        settings.udp_payload_size = std::min(settings.udp_payload_size.value_or(octets), octets);
      }
    } else if (is("response-policy")) {
      findings.lose(Group::kRecursion, statement.place(), "response-policy: Atlas does not rewrite answers");
    } else if (is("allow-new-zones") && is_yes(statement.word(1))) {
      findings.lose(
          Group::kZones, statement.place(),
          "allow-new-zones: zones that rndc addzone has added stand in another file, and are not read",
          "named-nzd2nzf prints them as zone statements; put them into named.conf first");
    } else if (is("zero-no-soa-ttl") && is_yes(statement.word(1))) {
      findings.note(Group::kSettings, statement.place(), "zero-no-soa-ttl: Atlas gives the SOA's own TTL");
    }
  }
  take_recursion(reading, block);
}

namespace {

// The port and the transports that a listen-on statement asks for.
struct ListenWords {
  uint32_t port = 0;
  std::string tls;
  std::string http;
};

ListenWords listen_words(Reading& reading, const Statement& statement) {
  ListenWords words;
  for (size_t i = 1; i + 1 < statement.values.size(); ++i) {
    const std::string value(statement.word(i + 1));
    if (equal(statement.word(i), "tls")) words.tls = value;
    if (equal(statement.word(i), "http")) words.http = value;
    if (equal(statement.word(i), "port")) {
      const Statement port{{statement.values[i], statement.values[i + 1]}};
      words.port = number(reading, port, kPortMax).value_or(0);
    }
  }
  return words;
}

const Statement* find_named(const Block& top, std::string_view kind, std::string_view name) {
  for (const Statement& statement : top) {
    if (is_named(statement, kind) && statement.word(1) == name) return &statement;
  }
  return nullptr;
}

void take_certificate(Reading& reading, const std::string& name, const Place& place) {
  if (name == "ephemeral") return;  // Atlas makes one, too
  const Statement* const tls = find_named(reading.top, "tls", name);
  const Block* const block = tls == nullptr ? nullptr : tls->block();
  const Statement* const cert = block == nullptr ? nullptr : find(*block, "cert-file");
  const Statement* const key = block == nullptr ? nullptr : find(*block, "key-file");
  if (cert == nullptr || key == nullptr) {
    reading.findings.lose(Group::kSettings, place, "tls \"" + name + "\" names no certificate",
                          "name one in the key \"tls: certificates\"");
    return;
  }
  const tls::CertificateFiles files{(reading.directory / cert->word(1)).lexically_normal(),
                                    (reading.directory / key->word(1)).lexically_normal(),
                                    {}};
  auto& all = reading.setup.settings.certificates;
  const bool known = std::ranges::any_of(
      all, [&](const tls::CertificateFiles& other) { return other.chain == files.chain; });
  if (!known) all.push_back(files);
}

void take_https_paths(Reading& reading, const std::string& name) {
  const Statement* const http = find_named(reading.top, "http", name);
  const Statement* const endpoints =
      http == nullptr || http->block() == nullptr ? nullptr : find(*http->block(), "endpoints");
  if (endpoints == nullptr || endpoints->block() == nullptr) return;
  auto& paths = reading.setup.settings.https_paths;
  for (const Statement& path : *endpoints->block()) {
    if (std::ranges::find(paths, path.name()) == paths.end()) paths.push_back(path.name());
  }
}

void add_listener(Reading& reading, const net::Endpoint& endpoint,
                  const std::vector<query::Transport>& transports) {
  auto& all = reading.setup.settings.listen;
  const bool known = std::ranges::any_of(all, [&](const Listener& other) {
    return other.endpoint == endpoint && other.transports == transports;
  });
  if (!known) all.push_back({endpoint, transports});
}

void take_listen_on(Reading& reading, const Statement& statement, bool v6, uint16_t default_port) {
  Findings& findings = reading.findings;
  if (statement.block() == nullptr) return;
  const ListenWords words = listen_words(reading, statement);
  std::vector<query::Transport> transports{query::Transport::kUdp, query::Transport::kTcp};
  uint16_t port = default_port;
  if (!words.http.empty()) {
    if (words.tls.empty() || words.tls == "none") {
      findings.lose(Group::kSettings, statement.place(), "HTTP without TLS has no equal",
                    "give it a certificate");
      return;
    }
    transports = {query::Transport::kHttps};
    port = config::kHttpsPort;
    take_certificate(reading, words.tls, statement.place());
    take_https_paths(reading, words.http);
  } else if (!words.tls.empty() && words.tls != "none") {
    transports = {query::Transport::kTls};
    port = kTlsPort;
    take_certificate(reading, words.tls, statement.place());
  }
  if (words.port != 0) port = static_cast<uint16_t>(words.port);
  const auto elements = reading.acls.elements(*statement.block(), Group::kSettings);
  if (!elements) return;
  for (const Element& element : *elements) {
    if (!element.prefix) continue;
    const net::Prefix& prefix = *element.prefix;
    if (prefix.is_v4() == v6) continue;
    const bool all = prefix.length() == 0;
    if (!element.allowed) {
      // "none" is the exception of everything, behind which nothing counts.
      if (all) break;
      findings.lose(Group::kSettings, element.place, "an exception of listen-on has no equal",
                    "name the addresses to listen on");
    } else if (all) {
      add_listener(reading, {prefix.first(), port}, transports);
    } else if (prefix.first() == prefix.last()) {
      add_listener(reading, {prefix.first(), port}, transports);
    } else if (prefix.first().is_loopback()) {
      add_listener(reading, {net::IpAddress::v4(0x7f000001), port}, transports);
    } else {
      findings.lose(Group::kSettings, element.place,
                    "listen-on " + prefix.to_text() + ": Atlas listens on addresses, not on networks",
                    "name the machine's addresses in the key \"listen\"");
    }
  }
}

}  // namespace

void take_listeners(Reading& reading, const Block* options) {
  uint16_t port = config::kDnsPort;
  bool has_v4 = false;
  bool has_v6 = false;
  if (options != nullptr) {
    if (const Statement* const statement = find(*options, "port")) {
      port = static_cast<uint16_t>(number(reading, *statement, kPortMax).value_or(port));
    }
    for (const Statement& statement : *options) {
      if (is_named(statement, "listen-on")) {
        has_v4 = true;
        take_listen_on(reading, statement, false, port);
      } else if (is_named(statement, "listen-on-v6")) {
        has_v6 = true;
        take_listen_on(reading, statement, true, port);
      }
    }
  }
  const std::vector<query::Transport> plain{query::Transport::kUdp, query::Transport::kTcp};
  if (!has_v4) add_listener(reading, {net::IpAddress::v4(0), port}, plain);
  if (!has_v6) add_listener(reading, {net::IpAddress(), port}, plain);
}

}  // namespace atlas::control::import::named
