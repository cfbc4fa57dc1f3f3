#include <cstdio>

#include "atlas/base/quantity.h"
#include "atlas/control/config/entry_text.h"
#include "atlas/control/config/fields.h"

namespace atlas::control::config {
namespace {

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
  void count(Key key, uint64_t& value, uint64_t, uint64_t) override { line(key, std::to_string(value)); }
  void size(Key key, uint64_t& octets, uint64_t, uint64_t) override { line(key, base::size_text(octets)); }
  void duration(Key key, milliseconds& value, milliseconds, milliseconds) override {
    line(key, base::duration_text(value));
  }
  void text(Key key, std::string& value, size_t) override { line(key, in_quotes(value)); }
  void path(Key key, std::filesystem::path& value) override { line(key, in_quotes(value.string())); }
  void path_pattern(Key key, std::string& value) override { line(key, in_quotes(value)); }
  void choice(Key key, uint8_t& value, std::span<const std::string_view> words) override {
    line(key, std::string(words[value]));
  }
  void mode(Key key, uint32_t& value) override {
    char octal[16];
    std::snprintf(octal, sizeof octal, "\"%04o\"", value);
    line(key, octal);
  }
  void prefixes(Key key, std::vector<net::Prefix>& value) override {
    list(key, value, [](const net::Prefix& prefix) { return in_quotes(prefix.to_text()); });
  }
  void endpoints(Key key, std::vector<net::Endpoint>& value, uint16_t) override {
    list(key, value, [](const net::Endpoint& endpoint) { return in_quotes(endpoint.to_text()); });
  }
  void listeners(Key key, std::vector<ListenAddress>& value) override {
    list(key, value, [](const ListenAddress& listener) {
      return "{address: " + in_quotes(listener.endpoint.to_text()) + ", transports: [" +
             query::kTransportNames[static_cast<size_t>(listener.transport)] + "]" +
             (listener.proxy ? ", proxy: true" : "") + "}";
    });
  }
  void certificates(Key key, std::vector<tls::CertificateFiles>& value) override {
    list(key, value, [](const tls::CertificateFiles& files) { return entry_text(files); });
  }
  void texts(Key key, std::vector<std::string>& value, size_t) override {
    list(key, value, [](const std::string& text) { return in_quotes(text); });
  }
  // What was included stands here already.
  void includes(Key) override {}
  void keys(Key key, std::vector<KeySettings>& value) override {
    list(key, value, [](const KeySettings& one) {
      return "{name: " + in_quotes(dns::to_text(one.name)) +
             ", algorithm: " + std::string(tsig::to_text(one.algorithm)) +
             (one.secret_file.empty() ? ", secret: hidden"
                                      : ", secret-file: " + in_quotes(one.secret_file.string())) +
             "}";
    });
  }
  void remotes(Key key, std::vector<RemoteSettings>& value) override {
    list(key, value, [](const RemoteSettings& remote) { return entry_text(remote); });
  }
  void zones(Key key, std::vector<ZoneFile>& value, const ZoneDefaults& defaults) override {
    list(key, value, [&](const ZoneFile& zone) { return entry_text(zone, defaults); });
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
  // What the courier was made with.
  compare("transfers.in-max", running.transfers.in_max == next.transfers.in_max);
  compare("transfers.in-per-primary-max",
          running.transfers.in_per_primary_max == next.transfers.in_per_primary_max);
  compare("transfers.in-time-max", running.transfers.in_time_max == next.transfers.in_time_max);
  compare("rate-limit.table-size", running.rate_limit.table_size == next.rate_limit.table_size);
  return names;
}

}  // namespace atlas::control::config
