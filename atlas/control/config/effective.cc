#include <cstdio>

#include "atlas/base/quantity.h"
#include "atlas/control/config/fields.h"

namespace atlas::control::config {
namespace {

std::string yaml_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
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

class PrintFields : public Fields {
 public:
  std::string take() { return std::move(out_); }

  void open(Key key) override {
    start(key);
    out_ += '\n';
    indent_ += 2;
  }
  void close() override { indent_ -= 2; }
  void boolean(Key key, bool& value) override { line(key, value ? "true" : "false"); }
  void integer(Key key, uint32_t& value, uint32_t, uint32_t) override { line(key, std::to_string(value)); }
  void size(Key key, uint64_t& octets, uint64_t, uint64_t) override { line(key, base::size_text(octets)); }
  void duration(Key key, milliseconds& value, milliseconds, milliseconds) override {
    line(key, base::duration_text(value));
  }
  void text(Key key, std::string& value, size_t) override { line(key, yaml_text(value)); }
  void path(Key key, std::filesystem::path& value) override { line(key, yaml_text(value.string())); }
  void path_pattern(Key key, std::string& value) override { line(key, yaml_text(value)); }
  void choice(Key key, uint8_t& value, std::span<const std::string_view> words) override {
    line(key, std::string(words[value]));
  }
  void mode(Key key, uint32_t& value) override {
    char octal[16];
    std::snprintf(octal, sizeof octal, "\"%04o\"", value);
    line(key, octal);
  }
  void prefixes(Key key, std::vector<net::Prefix>& value) override {
    list(key, value, [](const net::Prefix& prefix) { return yaml_text(prefix.to_text()); });
  }
  void endpoints(Key key, std::vector<net::Endpoint>& value, uint16_t) override {
    list(key, value, [](const net::Endpoint& endpoint) { return yaml_text(endpoint.to_text()); });
  }
  void listeners(Key key, std::vector<ListenAddress>& value) override {
    list(key, value, [](const ListenAddress& listener) {
      return "{address: " + yaml_text(listener.endpoint.to_text()) + ", transports: [" +
             query::kTransportNames[static_cast<size_t>(listener.transport)] + "]" +
             (listener.proxy ? ", proxy: true" : "") + "}";
    });
  }
  void certificates(Key key, std::vector<tls::CertificateFiles>& value) override {
    list(key, value, [](const tls::CertificateFiles& files) {
      std::string text =
          "{chain-file: " + yaml_text(files.chain.string()) + ", key-file: " + yaml_text(files.key.string());
      if (!files.ocsp_staple.empty()) text += ", ocsp-staple-file: " + yaml_text(files.ocsp_staple.string());
      return text + "}";
    });
  }
  void texts(Key key, std::vector<std::string>& value, size_t) override {
    list(key, value, [](const std::string& text) { return yaml_text(text); });
  }
  // What was included stands here already.
  void includes(Key) override {}
  void keys(Key key, std::vector<KeySettings>& value) override {
    list(key, value, [](const KeySettings& one) {
      return "{name: " + yaml_text(dns::to_text(one.name)) +
             ", algorithm: " + std::string(tsig::to_text(one.algorithm)) +
             (one.secret_file.empty() ? ", secret: hidden"
                                      : ", secret-file: " + yaml_text(one.secret_file.string())) +
             "}";
    });
  }
  void zones(Key key, std::vector<ZoneFile>& value, const ZoneDefaults&) override {
    list(key, value, [](const ZoneFile& zone) {
      std::string text =
          "{zone: " + yaml_text(dns::to_text(zone.apex)) + ", file: " + yaml_text(zone.file.string());
      if (!zone.settings.update_policy.empty()) {
        std::string rules;
        for (const std::string& rule : zone.settings.update_policy)
          rules += (rules.empty() ? "" : ", ") + yaml_text(rule);
        text += ", update-policy: [" + rules + "]";
      }
      if (zone.settings.zonemd) text += ", zonemd: " + std::string(zone::to_text(*zone.settings.zonemd));
      return text + "}";
    });
  }

 private:
  void start(Key key) {
    out_.append(indent_, ' ');
    out_ += key.name;
    out_ += ':';
  }
  void line(Key key, const std::string& value) {
    start(key);
    out_ += ' ' + value + '\n';
  }
  template <class T, class Text>
  void list(Key key, const std::vector<T>& values, Text text) {
    start(key);
    out_ += values.empty() ? " []\n" : "\n";
    for (const T& value : values) {
      out_.append(indent_ + 2, ' ');
      out_ += "- " + text(value) + '\n';
    }
  }

  std::string out_;
  size_t indent_ = 0;
};

}  // namespace

std::string effective_yaml(const Config& config) {
  PrintFields fields;
  Config copy = config;
  visit(fields, copy);
  return fields.take();
}

std::vector<std::string> changes_that_need_a_restart(const Config& running, const Config& next) {
  std::vector<std::string> names;
  const auto compare = [&](const char* name, bool same) {
    if (!same) names.emplace_back(name);
  };
  compare("server.user", running.server.user == next.server.user);
  compare("server.group", running.server.group == next.server.group);
  compare("server.workers", running.server.workers == next.server.workers);
  compare("server.zone-loaders", running.server.zone_loaders == next.server.zone_loaders);
  compare("server.pid-file", running.server.pid_file == next.server.pid_file);
  compare("paths.state", running.paths.state == next.paths.state);
  compare("store",
          running.store.folder == next.store.folder && running.store.key_file == next.store.key_file);
  compare("control", running.control == next.control);
  compare("metrics.listen", running.metrics.listen == next.metrics.listen);
  compare("dnstap", running.dnstap == next.dnstap);
  compare("https.forwarded-field", running.https.forwarded_field == next.https.forwarded_field);
  compare("rate-limit.table-size", running.rate_limit.table_size == next.rate_limit.table_size);
  return names;
}

}  // namespace atlas::control::config
