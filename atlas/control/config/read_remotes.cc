#include <algorithm>

#include "atlas/base/encoding.h"
#include "atlas/control/config/read_fields.h"
#include "atlas/control/zones/remote_reference.h"

namespace atlas::control::config {
namespace {

constexpr size_t kAddressesMax = 16;  // of one remote
constexpr size_t kPinOctets = 32;
constexpr std::string_view kTransports[] = {"tcp", "tls", "quic"};
constexpr query::Transport kTransportValues[] = {query::Transport::kTcp, query::Transport::kTls,
                                                 query::Transport::kQuic};
// What says nothing without TLS.
constexpr std::string_view kIdentityKeys[] = {"tls-name", "pins", "authorities-file", "certificate"};

bool is_pin(std::string_view text) {
  std::vector<uint8_t> octets;
  base::Base64Decoder decoder;
  return decoder.decode(text, octets) && decoder.finish() && octets.size() == kPinOctets;
}

// A list, or one value in its place.
std::vector<const Node*> items_of(const Node& node) {
  std::vector<const Node*> items;
  if (node.is_scalar()) items.push_back(&node);
  if (node.is_sequence())
    for (const Node& child : node.children) items.push_back(&child);
  return items;
}

}  // namespace

void ReadFields::remotes(Key key, std::vector<RemoteSettings>& value) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  for (const Node& item : list->children) {
    if (!item.is_mapping()) {
      report(item, item.position, "a remote is a mapping of name, address and what else there is to say",
             "as in - {name: hidden, address: 192.0.2.1, key: xfr.example.}");
      continue;
    }
    RemoteSettings remote;
    remote.configured_in = sources_.path(item.file);
    remote.line = item.position.line;
    if (!read_remote(item, remote)) continue;
    if (!remotes_.insert(remote.name).second) {
      report(item, item.position, "remote \"" + remote.name + "\" is given twice");
      continue;
    }
    value.push_back(std::move(remote));
  }
}

// False if it has no name: others with faults are still known to the zones that name them.
bool ReadFields::read_remote(const Node& item, RemoteSettings& remote) {
  frames_.push_back({&item, {}});
  const Node* name = scalar(remote_keys::kName);
  const Node* addresses = find(remote_keys::kAddress);
  auto transport = uint8_t{0};
  choice(remote_keys::kTransport, transport, kTransports);
  remote.transport = kTransportValues[transport];
  if (const Node* key = scalar(remote_keys::kKey)) {
    remote.key = read_name(*key);
    if (remote.key) check_key(*key, *remote.key);
  }
  read_identity(remote);
  if (const Node* sources = find(remote_keys::kSource)) read_sources(*sources, remote);
  close();

  if (addresses == nullptr) {
    report(item, item.position, "a remote needs an address", "as in - {name: hidden, address: 192.0.2.1}");
  } else {
    read_addresses(*addresses, remote);
  }
  check_remote(item, remote);
  if (name == nullptr) {
    if (item.find("name") == nullptr)
      report(item, item.position, "a remote needs a name", "as in - {name: hidden, address: 192.0.2.1}");
    return false;
  }
  if (!zones::is_remote_name(name->text)) {
    report(*name, name->position, '"' + name->text + "\" is no name for a remote",
           "letters, digits and any of -_. and at most " + std::to_string(zones::kRemoteNameOctetsMax) +
               " of them; not an address");
    return false;
  }
  remote.name = name->text;
  return true;
}

void ReadFields::read_identity(RemoteSettings& remote) {
  if (const Node* name = scalar(remote_keys::kTlsName)) {
    if (const auto read = read_name(*name)) {
      remote.tls_name = dns::to_text(*read);
      if (remote.tls_name.size() > 1) remote.tls_name.pop_back();  // certificates have no final dot
    }
  }
  if (const Node* pins = sequence(remote_keys::kPins)) {
    for (const Node& pin : pins->children) {
      if (!is_text(pin, "a pin")) continue;
      if (is_pin(pin.text)) {
        remote.pins.push_back(pin.text);
      } else {
        report(pin, pin.position, '"' + pin.text + "\" is no pin of a public key",
               "a pin is a SHA-256 digest in base64, 44 characters");
      }
    }
  }
  path(remote_keys::kAuthoritiesFile, remote.authorities_file);
  if (const Node* certificate = find(remote_keys::kCertificate))
    read_certificate(*certificate, remote.certificate);
}

void ReadFields::read_addresses(const Node& list, RemoteSettings& remote) {
  const uint16_t port = remote.transport == query::Transport::kTcp ? kDnsPort : kDnsOverTlsPort;
  const std::vector<const Node*> items = items_of(list);
  if (items.empty())
    wrong(list, "is an address or a list of some", "as in address: [192.0.2.1, \"2001:db8::1\"]");
  if (items.size() > kAddressesMax)
    wrong(list, "has more than " + std::to_string(kAddressesMax) + " addresses");
  for (const Node* item : items) {
    if (!is_text(*item, "an address")) continue;
    const auto endpoint = net::Endpoint::parse(item->text, port);
    if (!endpoint) {
      report(*item, item->position, endpoint.error().message,
             "a remote has addresses, not the name of a host: 192.0.2.1, \"[2001:db8::1]:5353\"");
    } else if (endpoint->port == 0 || endpoint->address.is_unspecified()) {
      report(*item, item->position, '"' + item->text + "\" is no address of a server");
    } else {
      remote.addresses.push_back(*endpoint);
    }
  }
}

void ReadFields::read_sources(const Node& list, RemoteSettings& remote) {
  for (const Node* item : items_of(list)) {
    if (!is_text(*item, "an address")) continue;
    const auto address = net::IpAddress::parse(item->text);
    if (!address) {
      report(*item, item->position, '"' + item->text + "\" is not an IP address", "without a port");
    } else if (std::ranges::any_of(remote.sources, [&](const net::IpAddress& other) {
                 return other.is_v4() == address->is_v4();
               })) {
      report(*item, item->position, "a remote has at most one source of each family");
    } else {
      remote.sources.push_back(*address);
    }
  }
}

void ReadFields::check_remote(const Node& item, const RemoteSettings& remote) {
  if (remote.transport == query::Transport::kTcp) {
    for (const std::string_view key : kIdentityKeys) {
      if (const Node* node = item.find(key))
        report(*node, node->key_position, "\"" + std::string(key) + "\" says nothing without TLS",
               "add transport: tls or transport: quic");
    }
    return;
  }
  if (!remote.pins.empty() && !remote.tls_name.empty())
    report(item, item.find("pins")->key_position, "a remote is known by tls-name or by pins, not by both");
  if (!remote.authorities_file.empty() && remote.tls_name.empty())
    report(item, item.find("authorities-file")->key_position,
           "\"authorities-file\" says nothing without the name that they vouch for", "add tls-name");
}

void ReadFields::check_key(const Node& node, const dns::Name& key) {
  if (keys_.contains(key)) return;
  warn(node, "there is no key " + dns::to_text(key) + " in this configuration",
       "it stands under keys, or atlasctl key create makes it");
}

void ReadFields::servers(Key key, std::vector<std::string>& value) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  if (list->children.size() > zones::kServersMax)
    wrong(*list, "has more than " + std::to_string(zones::kServersMax) + " entries");
  for (const Node& item : list->children) {
    if (!is_text(item, "the name of a remote, or an address")) continue;
    const auto reference = zones::parse_remote_reference(item.text);
    if (!reference) {
      report(item, item.position, reference.error().message, reference.error().hint);
    } else if (!reference->name.empty() && !remotes_.contains(reference->name)) {
      std::vector<std::string_view> known(remotes_.begin(), remotes_.end());
      std::ranges::sort(known);
      report(item, item.position, "there is no remote \"" + reference->name + '"',
             known.empty() ? "as in remotes: [{name: " + reference->name + ", address: 192.0.2.1}]"
                           : hint_for_unknown(reference->name, known));
    } else {
      if (reference->key) check_key(item, *reference->key);
      value.push_back(item.text);
    }
  }
}

void ReadFields::transfer_rules(Key key, std::vector<std::string>& value) {
  const Node* list = sequence(key);
  if (list == nullptr) return;
  value.clear();
  if (list->children.size() > policy::transfer::kRulesMax)
    wrong(*list, "has more than " + std::to_string(policy::transfer::kRulesMax) + " rules");
  for (const Node& item : list->children) {
    if (!is_text(item, "a rule, as in \"192.0.2.0/24 key xfr.example.\"")) continue;
    const auto rule = policy::transfer::parse_rule(item.text);
    if (!rule) {
      report(item, item.position, rule.error().message, rule.error().hint);
      continue;
    }
    if (rule->key) check_key(item, *rule->key);
    if (rule->tls_name && rule_with_tls_ == nullptr) rule_with_tls_ = &item;
    value.push_back(item.text);
  }
}

void ReadFields::report_rule_with_tls() {
  if (rule_with_tls_ == nullptr) return;
  report(*rule_with_tls_, rule_with_tls_->position,
         "clients are not asked for the certificate that the rule is about",
         "add transfers: {client-authorities-file: FILE}");
}

}  // namespace atlas::control::config
