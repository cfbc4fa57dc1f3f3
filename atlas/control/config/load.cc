#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "atlas/base/quantity.h"
#include "atlas/control/config/fields.h"
#include "atlas/control/config/include.h"
#include "atlas/control/config/keys.h"

namespace atlas::control::config {
namespace {

constexpr size_t kSecretDigitsMax = 1024;

// More help nobody who reads them; the first ones usually explain the rest.
constexpr size_t kDiagnosticsMax = 100;

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string hint_for_unknown(std::string_view name, const std::vector<std::string_view>& known) {
  constexpr size_t kComparedOctetsMax = 64;
  std::string_view nearest;
  size_t least = name.size() / 3 + 2;
  for (const std::string_view candidate : known) {
    if (name.size() > kComparedOctetsMax) break;
    const size_t distance = edit_distance(name, candidate);
    if (distance < least) {
      least = distance;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return "did you mean \"" + std::string(nearest) + "\"?";
  std::string hint = "known here:";
  for (size_t i = 0; i < known.size(); ++i) hint += (i == 0 ? " " : ", ") + std::string(known[i]);
  return hint;
}

class ReadFields : public Fields {
 public:
  ReadFields(const Node& root, const Sources& sources, base::Diagnostics& diagnostics)
      : root_(root), sources_(sources), diagnostics_(diagnostics) {
    frames_.push_back({&root, {}});
  }

  // Call once, behind visit().
  void finish() { close(); }

  void open(Key key) override {
    const Node* node = find(key);
    if (node != nullptr && !node->is_mapping()) {
      if (node->kind != Node::Kind::kNull) wrong(*node, "is a section: a mapping of keys");
      node = nullptr;
    }
    frames_.push_back({node, {}});
  }

  void close() override {
    const Frame frame = std::move(frames_.back());
    frames_.pop_back();
    if (frame.mapping == nullptr) return;
    for (const Node& child : frame.mapping->children) {
      if (std::ranges::find(frame.known, child.key) != frame.known.end()) continue;
      report(child, child.key_position, "unknown key \"" + child.key + '"',
             hint_for_unknown(child.key, frame.known));
    }
  }

  void boolean(Key key, bool& value) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    if (node->text != "true" && node->text != "false") {
      wrong(*node, "is either true or false, not \"" + node->text + '"');
      return;
    }
    value = node->text == "true";
  }

  void integer(Key key, uint32_t& value, uint32_t least, uint32_t most) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    uint32_t number = 0;
    const char* end = node->text.data() + node->text.size();
    const auto [stop, error] = std::from_chars(node->text.data(), end, number);
    if (error != std::errc{} || stop != end || number < least || number > most) {
      const std::string range =
          least == most ? std::to_string(least)
                        : "a number from " + std::to_string(least) + " to " + std::to_string(most);
      wrong(*node, "is " + range + ", not \"" + node->text + '"');
      return;
    }
    value = number;
  }

  void size(Key key, uint64_t& octets, uint64_t least, uint64_t most) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    const auto parsed = base::parse_size(node->text);
    if (!parsed) {
      report(*node, node->position, parsed.error().message, parsed.error().hint);
    } else if (*parsed < least || *parsed > most) {
      wrong(*node,
            "is from " + base::size_text(least) + " to " + base::size_text(most) + ", not " + node->text);
    } else {
      octets = *parsed;
    }
  }

  void duration(Key key, milliseconds& value, milliseconds least, milliseconds most) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    const auto parsed = base::parse_duration(node->text);
    if (!parsed) {
      report(*node, node->position, parsed.error().message, parsed.error().hint);
    } else if (*parsed < least || *parsed > most) {
      wrong(*node, "is from " + base::duration_text(least) + " to " + base::duration_text(most) + ", not " +
                       node->text);
    } else {
      value = *parsed;
    }
  }

  void text(Key key, std::string& value, size_t octets_max) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    if (node->text.size() > octets_max) {
      wrong(*node, "is at most " + std::to_string(octets_max) + " octets long");
      return;
    }
    value = node->text;
  }

  void path(Key key, std::filesystem::path& value) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    value = node->text.empty() ? std::filesystem::path() : resolve(node->file, node->text);
  }

  void path_pattern(Key key, std::string& value) override {
    const Node* node = scalar(key);
    if (node != nullptr) value = node->text;
    value = resolve(node != nullptr ? node->file : uint16_t{0}, value).string();
  }

  void choice(Key key, uint8_t& value, std::span<const std::string_view> words) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    const auto found = std::ranges::find(words, node->text);
    if (found != words.end()) {
      value = static_cast<uint8_t>(found - words.begin());
      return;
    }
    std::string list;
    for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    wrong(*node, "is one of " + list + ", not \"" + node->text + '"');
  }

  void mode(Key key, uint32_t& value) override {
    const Node* node = scalar(key);
    if (node == nullptr) return;
    uint32_t number = 0;
    const char* end = node->text.data() + node->text.size();
    const auto [stop, error] = std::from_chars(node->text.data(), end, number, 8);
    if (error != std::errc{} || stop != end || number > 0777) {
      wrong(*node, "is an octal number up to 0777, not \"" + node->text + '"', "as in mode: \"0660\"");
    } else if ((number & 0002) != 0) {
      wrong(*node, "must not let everybody write", "give the socket a group, and mode \"0660\"");
    } else {
      value = number;
    }
  }

  void prefixes(Key key, std::vector<net::Prefix>& value) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.clear();
    for (const Node& item : list->children) {
      if (!is_text(item, "an address or a prefix")) continue;
      if (item.text == "any") {
        value.emplace_back(net::IpAddress::v4(0), 0);
        value.emplace_back(net::IpAddress(), 0);
      } else if (const auto prefix = net::Prefix::parse(item.text)) {
        value.push_back(*prefix);
      } else {
        report(item, item.position, prefix.error().message, prefix.error().hint);
      }
    }
  }

  void endpoints(Key key, std::vector<net::Endpoint>& value, uint16_t default_port) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.clear();
    for (const Node& item : list->children) {
      if (!is_text(item, "an address")) continue;
      if (const auto endpoint = read_endpoint(item, default_port)) value.push_back(*endpoint);
    }
  }

  void listeners(Key key, std::vector<ListenAddress>& value) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.clear();
    for (const Node& item : list->children) read_listener(item, value);
    if (list->children.empty()) {
      wrong(*list, "names no address", "without the key, port 53 of every address is listened on");
    }
  }

  void certificates(Key key, std::vector<tls::CertificateFiles>& value) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.clear();
    for (const Node& item : list->children) {
      if (!item.is_mapping()) {
        report(item, item.position, "a certificate is a mapping of chain-file and key-file");
        continue;
      }
      frames_.push_back({&item, {}});
      tls::CertificateFiles files;
      path({"chain-file", ""}, files.chain);
      path({"key-file", ""}, files.key);
      path({"ocsp-staple-file", ""}, files.ocsp_staple);
      close();
      if (files.chain.empty() || files.key.empty()) {
        report(item, item.position, "a certificate needs chain-file and key-file",
               "as in - {chain-file: dns.example.pem, key-file: dns.example.key}");
      } else {
        value.push_back(std::move(files));
      }
    }
  }

  void texts(Key key, std::vector<std::string>& value, size_t octets_max) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.clear();
    for (const Node& item : list->children) {
      if (!is_text(item, "a text")) continue;
      if (item.text.size() > octets_max) {
        report(item, item.position, "is at most " + std::to_string(octets_max) + " octets long");
      } else {
        value.push_back(item.text);
      }
    }
  }

  // Expanded already.
  void includes(Key key) override { frames_.back().known.push_back(key.name); }

  void keys(Key key, std::vector<KeySettings>& value) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.clear();
    for (const Node& item : list->children) {
      if (!item.is_mapping()) {
        report(item, item.position, "a key is a mapping of name, algorithm and secret or secret-file");
        continue;
      }
      KeySettings one;
      if (!read_key(item, one)) continue;
      if (std::ranges::any_of(value, [&](const KeySettings& other) { return other.name == one.name; })) {
        report(item, item.position, "key " + dns::to_text(one.name) + " is given twice");
        continue;
      }
      value.push_back(std::move(one));
    }
  }

  void zones(Key key, std::vector<ZoneFile>& value, const ZoneDefaults& defaults) override {
    const Node* list = sequence(key);
    if (list == nullptr) return;
    value.reserve(list->children.size());  // the keys of `first` lie in it
    std::unordered_map<dns::NameView, const Node*, dns::NameHash, dns::NameEqual> first;
    first.reserve(list->children.size());
    for (const Node& item : list->children) {
      if (full()) return;
      ZoneFile zone;
      if (!read_zone(item, zone, defaults)) continue;
      value.push_back(std::move(zone));
      const auto [known, added] = first.try_emplace(value.back().apex, &item);
      if (added) continue;
      value.pop_back();
      report(item, item.position,
             "zone " + dns::to_text(known->first) + " is given twice; first in " +
                 sources_.path(known->second->file).string() + ':' +
                 std::to_string(known->second->position.line));
    }
  }

  // Where the key stands, or the start of the first file.
  void report_at(std::string_view section, std::string_view name, std::string message, std::string hint) {
    const Node* node = root_.find(section);
    if (node != nullptr && !name.empty() && node->find(name) != nullptr) node = node->find(name);
    if (node == nullptr) {
      report(root_, {}, std::move(message), std::move(hint));
    } else {
      report(*node, node->key_position, std::move(message), std::move(hint));
    }
  }

 private:
  struct Frame {
    const Node* mapping;  // null: the section is absent
    std::vector<std::string_view> known;
  };

  const Node* find(Key key) {
    Frame& frame = frames_.back();
    frame.known.push_back(key.name);
    return frame.mapping == nullptr ? nullptr : frame.mapping->find(key.name);
  }

  const Node* scalar(Key key) {
    const Node* node = find(key);
    if (node == nullptr || node->is_scalar()) return node;
    if (node->kind == Node::Kind::kNull) {
      report(*node, node->key_position, '"' + node->key + "\" has no value",
             "take the key out to use the default");
    } else {
      wrong(*node, "is a single value");
    }
    return nullptr;
  }

  const Node* sequence(Key key) {
    const Node* node = find(key);
    if (node == nullptr || node->is_sequence()) return node;
    if (node->kind != Node::Kind::kNull)
      wrong(*node, "is a list", "as in " + std::string(key.name) + ": [one, another]");
    return nullptr;
  }

  bool is_text(const Node& item, const char* what) {
    if (item.is_scalar()) return true;
    report(item, item.position, std::string("expected ") + what);
    return false;
  }

  std::filesystem::path resolve(uint16_t file, const std::string& text) const {
    return (sources_.path(file).parent_path() / text).lexically_normal();
  }

  std::optional<net::Endpoint> read_endpoint(const Node& item, uint16_t default_port) {
    const auto endpoint = net::Endpoint::parse(item.text, default_port);
    if (endpoint) return *endpoint;
    report(item, item.position, endpoint.error().message, endpoint.error().hint);
    return {};
  }

  void read_listener(const Node& item, std::vector<ListenAddress>& value) {
    std::vector<query::Transport> transports;
    bool proxy = false;
    const Node* address = &item;
    if (item.is_mapping()) {
      frames_.push_back({&item, {}});
      address = scalar({"address", ""});
      if (const Node* list = sequence({"transports", ""})) transports = read_transports(*list);
      boolean({"proxy", ""}, proxy);
      close();
      if (item.find("address") == nullptr) report(item, item.position, "a listener needs an address");
    } else if (!is_text(item, "an address, or a mapping of address, transports and proxy")) {
      return;
    }
    if (address == nullptr) return;
    if (transports.empty()) transports = {query::Transport::kUdp, query::Transport::kTcp};
    for (const query::Transport transport : transports) {
      const auto endpoint = read_endpoint(*address, port_of(transport));
      if (!endpoint) return;
      for (const ListenAddress& other : value) {
        if (other.endpoint != *endpoint || is_stream(other.transport) != is_stream(transport)) continue;
        report(*address, address->position, endpoint->to_text() + " is listened on twice",
               other.transport == transport ? ""
               : is_stream(transport)       ? "give each of tcp, tls and https a port of its own"
                                            : "give each of udp, quic and http3 a port of its own");
        return;
      }
      if (proxy && query::is_over_quic(transport)) {
        report(*address, address->position, "PROXY headers are not taken over QUIC",
               "leave quic and http3 to a listener without proxy: true");
        return;
      }
      value.push_back({*endpoint, transport, proxy});
    }
  }

  std::vector<query::Transport> read_transports(const Node& list) {
    std::vector<query::Transport> transports;
    for (const Node& item : list.children) {
      const auto* const name = std::ranges::find(query::kTransportNames, item.text);
      if (name != std::end(query::kTransportNames)) {
        transports.push_back(static_cast<query::Transport>(name - std::begin(query::kTransportNames)));
      } else {
        report(item, item.position, "a transport is udp, tcp, tls, https, quic or http3");
      }
    }
    return transports;
  }

  static bool is_stream(query::Transport transport) {
    return transport != query::Transport::kUdp && !query::is_over_quic(transport);
  }

  static uint16_t port_of(query::Transport transport) {
    switch (transport) {
      case query::Transport::kTls:
      case query::Transport::kQuic:
        return kDnsOverTlsPort;
      case query::Transport::kHttps:
      case query::Transport::kHttp3:
        return kHttpsPort;
      default:
        return kDnsPort;
    }
  }

  bool read_key(const Node& item, KeySettings& key) {
    frames_.push_back({&item, {}});
    const Node* name = scalar({"name", ""});
    const Node* algorithm = scalar({"algorithm", ""});
    text({"secret", ""}, key.secret, kSecretDigitsMax);
    if (item.find("secret-file") != nullptr)
      path({"secret-file", ""}, key.secret_file);
    else
      frames_.back().known.push_back("secret-file");
    close();
    if (name == nullptr) {
      report(item, item.position, "a key needs a name",
             "as in - {name: ddns-key, secret-file: keys/ddns-key}");
      return false;
    }
    const auto parsed = dns::parse_name(name->text);
    if (!parsed) {
      report(*name, name->position, parsed.error().message, parsed.error().hint);
      return false;
    }
    key.name = *parsed;
    if (algorithm != nullptr) {
      const auto known = tsig::parse_algorithm(algorithm->text);
      if (!known) {
        report(*algorithm, algorithm->position, "unknown algorithm \"" + algorithm->text + '"',
               "as in hmac-sha256 or hmac-sha512");
        return false;
      }
      key.algorithm = *known;
    }
    if (key.secret.empty() == key.secret_file.empty()) {
      report(item, item.position, "a key has either secret or secret-file");
      return false;
    }
    if (key.secret_file.empty()) {
      if (const auto octets = decode_secret(key.secret); !octets) {
        report(*item.find("secret"), item.find("secret")->position, octets.error().message,
               octets.error().hint);
        return false;
      }
    }
    return true;
  }

  void read_settings(const Node* rules, const Node* zonemd, ZoneFile& zone) {
    if (rules != nullptr) {
      for (const Node& rule : rules->children) {
        if (!is_text(rule, "a rule, as in \"grant ddns-key zonesub ANY\"")) continue;
        if (const auto parsed = policy::update::parse_rule(rule.text, zone.apex); !parsed) {
          report(rule, rule.position, parsed.error().message, parsed.error().hint);
        } else {
          zone.settings.update_policy.push_back(rule.text);
        }
      }
    }
    if (zonemd == nullptr) return;
    zone.settings.zonemd = zone::parse_zonemd_hash(zonemd->text);
    if (!zone.settings.zonemd) wrong(*zonemd, "is sha384 or sha512, not \"" + zonemd->text + '"');
  }

  bool read_zone(const Node& item, ZoneFile& zone, const ZoneDefaults& defaults) {
    const Node* name = &item;
    const Node* file = nullptr;
    const Node* rules = nullptr;
    const Node* zonemd = nullptr;
    zone.configured_in = sources_.path(item.file);
    zone.line = item.position.line;
    if (item.is_mapping()) {
      frames_.push_back({&item, {}});
      name = scalar({"zone", ""});
      file = scalar({"file", ""});
      rules = sequence({"update-policy", ""});
      zonemd = scalar({"zonemd", ""});
      close();
      if (item.find("zone") == nullptr) {
        report(item, item.position, "an entry needs the name of its zone",
               "as in - {zone: example.com, file: zones/example.com.zone}");
      }
      if (name == nullptr) return false;
    } else if (!is_text(item, "the name of a zone, or a mapping of zone and file")) {
      return false;
    }
    const auto apex = dns::parse_name(name->text);
    if (!apex) {
      report(*name, name->position, apex.error().message, apex.error().hint);
      return false;
    }
    zone.apex = *apex;
    zone.apex.make_lower();
    read_settings(rules, zonemd, zone);
    if (file != nullptr) {
      zone.file = resolve(file->file, file->text);
    } else {
      zone.file = default_file(zone.apex, defaults.file);
    }
    return true;
  }

  static std::string default_file(dns::NameView apex, std::string pattern) {
    std::string name = apex.is_root() ? "root" : dns::to_text(apex);
    if (!apex.is_root()) name.pop_back();
    // RFC 2317 names hold a slash.
    std::ranges::replace(name, '/', '_');
    constexpr std::string_view kPlaceholder = "{zone}";
    for (size_t at = pattern.find(kPlaceholder); at != std::string::npos;
         at = pattern.find(kPlaceholder, at)) {
      pattern.replace(at, kPlaceholder.size(), name);
      at += name.size();
    }
    return pattern;
  }

  void wrong(const Node& node, const std::string& what, std::string hint = {}) {
    report(node, node.position, '"' + node.key + "\" " + what, std::move(hint));
  }

  bool full() const { return diagnostics_.size() >= kDiagnosticsMax; }

  void report(const Node& node, base::TextPosition position, std::string message, std::string hint = {}) {
    if (full()) return;
    diagnostics_.push_back(sources_.diagnostic(node.file, position, std::move(message), std::move(hint)));
  }

  const Node& root_;
  const Sources& sources_;
  base::Diagnostics& diagnostics_;
  std::vector<Frame> frames_;
};

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
