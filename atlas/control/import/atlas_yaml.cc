#include "atlas/control/import/atlas_yaml.h"

#include <algorithm>
#include <cstdio>

#include "atlas/base/quantity.h"

namespace atlas::control::import {
namespace {

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

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

  void write(std::span<const WrittenKey> keys, bool has_updates) {
    if (keys.empty()) return;
    const char* const margin = has_updates ? "" : "# ";
    out_.append("\n").append(margin).append("keys:\n");
    for (const WrittenKey& key : keys) {
      out_.append(margin).append("  - {name: " + in_quotes(dns::to_text(key.key->name)) + ", algorithm: " +
                                 key.key->algorithm + ", secret-file: " + in_quotes(key.file) + "}\n");
    }
  }

  void write(std::span<const WrittenZone> zones, bool has_updates) {
    out_ += zones.empty() ? "\nzones: []\n" : "\nzones:\n";
    for (const WrittenZone& zone : zones) {
      const std::string name = in_quotes(dns::to_text(zone.zone->apex));
      if (zone.zone->update_rules.empty()) {
        out_ += "  - {zone: " + name + ", file: " + in_quotes(zone.file) + "}\n";
        continue;
      }
      out_ += "  - zone: " + name + "\n    file: " + in_quotes(zone.file) + '\n';
      const char* const margin = has_updates ? "    " : "    # ";
      out_.append(margin).append("update-policy:\n");
      for (const std::string& rule : zone.zone->update_rules) {
        out_.append(margin).append("  - " + in_quotes(rule) + '\n');
      }
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
      lines += "    - {chain-file: " + in_quotes(files.chain.string()) +
               ", key-file: " + in_quotes(files.key.string());
      if (!files.ocsp_staple.empty()) lines += ", ocsp-staple-file: " + in_quotes(files.ocsp_staple.string());
      lines += "}\n";
    }
    if (!lines.empty()) out_ += "\ntls:\n  certificates:\n" + lines;
  }
};

}  // namespace

std::string to_yaml(const std::filesystem::path& source, const Settings& settings,
                    std::span<const WrittenKey> keys, std::span<const WrittenZone> zones, bool has_updates) {
  Writer writer;
  writer.out_ = std::string(kFirstLine) + plain(source.string()) + "\nconfig: 1\n";
  writer.write(settings);
  writer.write(keys, has_updates);
  writer.write(zones, has_updates);
  return std::move(writer.out_);
}

}  // namespace atlas::control::import
