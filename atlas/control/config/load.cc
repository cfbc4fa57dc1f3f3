#include <algorithm>

#include "atlas/control/config/include.h"
#include "atlas/control/config/read_fields.h"

namespace atlas::control::config {
namespace {

void check_together(const Config& config, ReadFields& fields) {
  if (config.log.destination == LogDestination::kFile && config.log.file.empty()) {
    fields.report_at("log", "destination", "destination file needs the key \"file\"",
                     "as in file: /var/log/atlas.log");
  }
  if (!config.dnstap.file.empty() && !config.dnstap.socket.empty()) {
    fields.report_at("dnstap", "socket", "dnstap goes to a file or to a socket, not to both", "");
  }
  if (config.tcp.idle_when_busy > config.tcp.idle) {
    fields.report_at("tcp", "idle-when-busy", "is longer than \"idle\"", "");
  }
  if (config.updates.lease_min > config.updates.lease_max) {
    fields.report_at("updates", "lease-min", "is longer than \"lease-max\"", "");
  }
  if (config.transfers.client_authorities_file.empty()) fields.report_rule_with_tls();
  if (config.transfers.refresh_min > config.transfers.refresh_max) {
    fields.report_at("transfers", "refresh-min", "is longer than \"refresh-max\"", "");
  }
  if (config.transfers.retry_min > config.transfers.retry_max) {
    fields.report_at("transfers", "retry-min", "is longer than \"retry-max\"", "");
  }
  if (config.quic.idle_when_busy > config.quic.idle) {
    fields.report_at("quic", "idle-when-busy", "is longer than \"idle\"", "");
  }
  const bool takes_proxies = std::ranges::any_of(config.listen, &ListenAddress::proxy);
  if (takes_proxies && config.proxy.allow.empty()) {
    fields.report_at("listen", "", "a listener has proxy: true, but nobody may be a proxy",
                     "name the proxies, as in proxy: {allow: [192.0.2.1]}");
  }
  for (const std::string& path : config.https.paths) {
    if (!path.starts_with('/')) fields.report_at("https", "paths", "a path begins with /", "");
  }
  if (!config.https.json_path.empty() && !config.https.json_path.starts_with('/')) {
    fields.report_at("https", "json-path", "a path begins with /", "");
  }
  if (config.zone_defaults.file.find("{zone}") == std::string::npos) {
    fields.report_at("zone-defaults", "file", "all zones would share one file",
                     "put {zone} where the zone's name belongs, as in zones/{zone}.zone");
  }
}

}  // namespace

Loaded load(const std::filesystem::path& path) {
  Loaded loaded;
  Sources sources;
  std::error_code ignored;
  const Node root = read_with_includes(std::filesystem::absolute(path, ignored).lexically_normal(), sources,
                                       loaded.diagnostics);
  loaded.files = sources.size();
  if (sources.size() == 0) return loaded;
  // Behind a file that is not YAML, half the keys would be missing.
  if (root.kind == Node::Kind::kNull && base::has_errors(loaded.diagnostics)) return loaded;

  Config config;
  ReadFields fields(root, sources, loaded.diagnostics);
  if (root.find("config") == nullptr) {
    loaded.diagnostics.push_back(sources.diagnostic(0, {1, 1}, "the version of the format is missing",
                                                    "begin the file with the line \"config: 1\""));
  }
  visit(fields, config);
  fields.finish();
  check_together(config, fields);
  if (!base::has_errors(loaded.diagnostics)) loaded.config = std::move(config);
  return loaded;
}

}  // namespace atlas::control::config
