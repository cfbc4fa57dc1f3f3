#include <algorithm>

#include "atlas/control/config/keys.h"
#include "atlas/control/config/read_fields.h"

namespace atlas::control::config {
namespace {

constexpr size_t kSecretDigitsMax = 1024;

bool is_stream(query::Transport transport) {
  return transport != query::Transport::kUdp && !query::is_over_quic(transport);
}

uint16_t port_of(query::Transport transport) {
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

}  // namespace

void ReadFields::listeners(Key key, std::vector<ListenAddress>& value) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  for (const Node& item : list->children) read_listener(item, value);
  if (list->children.empty()) {
    wrong(*list, "names no address", "without the key, port 53 of every address is listened on");
  }
}

void ReadFields::read_listener(const Node& item, std::vector<ListenAddress>& value) {
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

std::vector<query::Transport> ReadFields::read_transports(const Node& list) {
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

void ReadFields::certificates(Key key, std::vector<tls::CertificateFiles>& value) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  for (const Node& item : list->children) {
    tls::CertificateFiles files;
    if (read_certificate(item, files)) value.push_back(std::move(files));
  }
}

bool ReadFields::read_certificate(const Node& item, tls::CertificateFiles& files) {
  if (!item.is_mapping()) {
    report(item, item.position, "a certificate is a mapping of chain-file and key-file");
    return false;
  }
  frames_.push_back({&item, {}});
  path({"chain-file", ""}, files.chain);
  path({"key-file", ""}, files.key);
  path({"ocsp-staple-file", ""}, files.ocsp_staple);
  close();
  if (!files.chain.empty() && !files.key.empty()) return true;
  report(item, item.position, "a certificate needs chain-file and key-file",
         "as in - {chain-file: dns.example.pem, key-file: dns.example.key}");
  return false;
}

void ReadFields::keys(Key key, std::vector<KeySettings>& value) {
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
    keys_.insert(one.name);
    value.push_back(std::move(one));
  }
}

bool ReadFields::read_key(const Node& item, KeySettings& key) {
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
    report(item, item.position, "a key needs a name", "as in - {name: ddns-key, secret-file: keys/ddns-key}");
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

}  // namespace atlas::control::config
