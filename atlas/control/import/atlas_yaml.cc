#include "atlas/control/import/atlas_yaml.h"

#include <algorithm>

#include "atlas/base/quantity.h"
#include "atlas/control/config/entry_text.h"

namespace atlas::control::import {
namespace {

using config::in_quotes;

// In a comment: no line may end.
std::string plain(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

class Writer {
 public:
  void write(const Settings& settings) {
    section("server", {line("version", settings.version), line("id", settings.id)});
    write_listeners(settings);
    if (settings.allow_query) section("access", {list("allow-query", *settings.allow_query)});
    section("rate-limit",
            {line("enabled", settings.rate_limit),
             line("responses-per-second", settings.responses_per_second), line("slip", settings.slip),
             line("ipv4-prefix", settings.ipv4_prefix), line("ipv6-prefix", settings.ipv6_prefix),
             settings.rate_limit_exempt ? list("exempt", *settings.rate_limit_exempt) : ""});
    section("cookies", {line("enabled", settings.cookies)});
    section("tcp", {line("connections-max", settings.tcp_connections_max),
                    settings.tcp_idle ? line("idle", base::duration_text(*settings.tcp_idle)) : ""});
    write_certificates(settings);
    if (!settings.https_paths.empty()) {
      std::string paths;
      for (const std::string& path : settings.https_paths)
        paths += (paths.empty() ? "" : ", ") + in_quotes(path);
      section("https", {"paths: [" + paths + "]"});
    }
    section("answers",
            {line("minimal-responses", settings.minimal_responses), line("minimal-any", settings.minimal_any),
             settings.udp_payload_size ? line("udp-payload-size", base::size_text(*settings.udp_payload_size))
                                       : ""});
  }

  void write(std::span<const WrittenKey> keys) {
    if (keys.empty()) return;
    out_ += "\nkeys:\n";
    for (const WrittenKey& key : keys) {
      out_ += "  - {name: " + in_quotes(dns::to_text(key.key->name)) + ", algorithm: " + key.key->algorithm +
              ", secret-file: " + in_quotes(key.file) + "}\n";
    }
  }

  void write(std::span<const config::RemoteSettings> remotes) {
    if (remotes.empty()) return;
    out_ += "\nremotes:\n";
    for (const config::RemoteSettings& remote : remotes) out_ += "  - " + config::entry_text(remote) + '\n';
  }

  void write(std::span<const WrittenZone> zones) {
    out_ += zones.empty() ? "\nzones: []\n" : "\nzones:\n";
    for (const WrittenZone& zone : zones) {
      const config::ZoneFile entry{
          .apex = zone.zone->apex, .file = zone.file, .settings = zone.zone->settings};
      if (zone.zone->update_rules.empty()) {
        out_ += "  - " + config::entry_text(entry, {}) + '\n';
        continue;
      }
      // Rules are long: each has a line.
      const char* front = "  - ";
      for (const std::string& line : config::entry_lines(entry, {})) {
        out_ += front + line + '\n';
        front = "    ";
      }
      out_ += "    update-policy:\n";
      for (const std::string& rule : zone.zone->update_rules) out_ += "      - " + in_quotes(rule) + '\n';
    }
  }

  std::string out_;

 private:
  static std::string line(std::string_view key, const std::string& value) {
    return std::string(key) + ": " + value;
  }
  static std::string line(std::string_view key, const std::optional<std::string>& value) {
    return value ? line(key, in_quotes(*value)) : std::string();
  }
  static std::string line(std::string_view key, const std::optional<bool>& value) {
    return value ? line(key, std::string(*value ? "true" : "false")) : std::string();
  }
  static std::string line(std::string_view key, const std::optional<uint32_t>& value) {
    return value ? line(key, std::to_string(*value)) : std::string();
  }
  static std::string list(std::string_view key, const std::vector<net::Prefix>& prefixes) {
    std::string out = std::string(key) + ": [";
    for (size_t i = 0; i < prefixes.size(); ++i)
      out += (i == 0 ? "" : ", ") + in_quotes(prefixes[i].to_text());
    return out + ']';
  }

  // Lines that are empty are not there; nor is a section without lines.
  void section(std::string_view name, std::initializer_list<std::string> lines) {
    bool open = false;
    for (const std::string& text : lines) {
      if (text.empty()) continue;
      if (!std::exchange(open, true)) out_.append("\n").append(name).append(":\n");
      out_ += "  " + text + '\n';
    }
  }

  void write_listeners(const Settings& settings) {
    if (settings.listen.empty()) return;
    out_ += "\nlisten:\n";
    for (const Listener& listener : settings.listen) {
      out_ += "  - {address: " + in_quotes(listener.endpoint.to_text());
      const bool is_plain = listener.transports ==
                            std::vector<query::Transport>{query::Transport::kUdp, query::Transport::kTcp};
      if (!is_plain) {
        out_ += ", transports: [";
        for (size_t i = 0; i < listener.transports.size(); ++i) {
          out_ += std::string(i == 0 ? "" : ", ") +
                  query::kTransportNames[static_cast<size_t>(listener.transports[i])];
        }
        out_ += ']';
      }
      out_ += "}\n";
    }
  }

  void write_certificates(const Settings& settings) {
    std::string lines;
    for (const tls::CertificateFiles& files : settings.certificates) {
      if (files.chain.empty() || files.key.empty()) continue;
      lines += "    - " + config::entry_text(files) + '\n';
    }
    if (!lines.empty()) out_ += "\ntls:\n  certificates:\n" + lines;
  }
};

}  // namespace

std::string to_yaml(const std::filesystem::path& source, const Settings& settings,
                    std::span<const WrittenKey> keys, std::span<const config::RemoteSettings> remotes,
                    std::span<const WrittenZone> zones) {
  Writer writer;
  writer.out_ = std::string(kFirstLine) + plain(source.string()) + "\nconfig: 1\n";
  writer.write(settings);
  writer.write(keys);
  writer.write(remotes);
  writer.write(zones);
  return std::move(writer.out_);
}

}  // namespace atlas::control::import
