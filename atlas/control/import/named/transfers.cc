#include "atlas/control/import/named/transfers.h"

#include <algorithm>

#include "atlas/control/import/rules.h"

namespace atlas::control::import::named {
namespace {

constexpr uint32_t kPortMax = 65535;
constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kDnsOverTlsPort = 853;

bool is_list(const Statement& statement) {
  return is_named(statement, "primaries") || is_named(statement, "masters") ||
         is_named(statement, "remote-servers");
}

bool is_nobody(const Statement* statement) {
  const Block* const list = statement == nullptr ? nullptr : statement->block();
  return list == nullptr || list->empty() || is_named(list->front(), "none");
}

}  // namespace

void Transfers::collect(const Block* options) {
  const auto collect_block = [&](const Block& block) {
    for (const Statement& statement : block) {
      if (is_list(statement) && !statement.word(1).empty() && statement.block() != nullptr)
        lists_.insert_or_assign(std::string(statement.word(1)), &statement);
      if (is_named(statement, "catalog-zones") && statement.block() != nullptr) collect_catalogs(statement);
      if (!is_named(statement, "server") || statement.block() == nullptr) continue;
      const Statement* const keys = find(*statement.block(), "keys");
      if (keys == nullptr) continue;
      const Block* const list = keys->block();
      keys_[std::string(statement.word(1))] =
          list != nullptr && !list->empty() ? list->front().name() : std::string(keys->word(1));
    }
  };
  collect_block(reading_.top);
  if (options != nullptr) collect_block(*options);
  for (const Statement& statement : reading_.top) {
    if (is_named(statement, "view") && statement.block() != nullptr) collect_block(*statement.block());
  }
}

// { zone "catalog.example" default-primaries { 192.0.2.1; } in-memory yes; };
void Transfers::collect_catalogs(const Statement& statement) {
  for (const Statement& one : *statement.block()) {
    if (!is_named(one, "zone")) continue;
    auto apex = dns::parse_name(one.word(1));
    if (!apex) continue;
    apex->make_lower();
    std::vector<std::string>& primaries = catalogs_[*apex];
    for (size_t i = 2; i < one.values.size(); ++i) {
      if (!equal(one.word(i), "default-primaries") && !equal(one.word(i), "default-masters")) continue;
      primaries = servers({{one.values.begin() + static_cast<ptrdiff_t>(i), one.values.end()}});
    }
  }
}

const Statement* Transfers::primaries_of(const Scope& scope) {
  const Statement* const primaries = find(*scope.zone, "primaries");
  return primaries != nullptr ? primaries : find(*scope.zone, "masters");
}

// "port 5353", "key xfr", "tls local": pairs behind the value `first`, up to a block.
Transfers::Words Transfers::words_of(const Statement& statement, size_t first, Words words) {
  for (size_t i = first; i + 1 < statement.values.size() && !statement.values[i].is_block(); i += 2) {
    const std::string_view name = statement.word(i);
    if (equal(name, "port")) {
      const Statement port{{statement.values[i], statement.values[i + 1]}};
      words.port = static_cast<uint16_t>(number(reading_, port, kPortMax).value_or(0));
    } else if (equal(name, "key")) {
      words.key = statement.word(i + 1);
    } else if (equal(name, "tls")) {
      words.tls = statement.word(i + 1);
    } else {
      reading_.findings.lose(Group::kTransfers, statement.values[i].place,
                             '"' + std::string(name) + "\" of a server has no equal here",
                             "remotes have the key \"source\"");
    }
  }
  return words;
}

std::vector<std::string> Transfers::servers(const Statement& statement) {
  std::vector<std::string> found;
  add_servers(statement, {}, 0, found);
  return found;
}

void Transfers::add_servers(const Statement& statement, const Words& outer, size_t depth,
                            std::vector<std::string>& out) {
  const Block* const block = statement.block();
  if (block == nullptr || depth == kNestingMax) return;
  // A list that is named has its name in front.
  const bool has_name = is_list(statement) && lists_.contains(std::string(statement.word(1)));
  const Words common = words_of(statement, has_name ? 2 : 1, outer);
  for (const Statement& entry : *block) {
    if (out.size() > zones::kServersMax) return;
    const std::string& name = entry.name();
    const Words words = words_of(entry, 1, common);
    if (const auto address = net::IpAddress::parse(name)) {
      add_server(entry, words, *address, out);
    } else if (const auto list = lists_.find(name); list != lists_.end()) {
      add_servers(*list->second, words, depth + 1, out);
    } else {
      reading_.findings.lose(Group::kTransfers, entry.place(),
                             '"' + name + "\" is neither an address nor a list of servers");
    }
  }
}

void Transfers::add_server(const Statement& entry, const Words& words, const net::IpAddress& address,
                           std::vector<std::string>& out) {
  config::RemoteSettings remote;
  const uint16_t port = words.port != 0 ? words.port : words.tls.empty() ? kDnsPort : kDnsOverTlsPort;
  remote.addresses = {{address, port}};
  std::string key = words.key;
  if (const auto known = keys_.find(entry.name()); key.empty() && known != keys_.end()) key = known->second;
  if (!key.empty()) {
    const auto name = dns::parse_name(key);
    if (!name || !has_key(reading_.setup.keys, *name)) {
      reading_.findings.lose(Group::kTransfers, entry.place(), "there is no key \"" + key + '"');
    } else {
      remote.key = *name;
      remote.key->make_lower();
    }
  }
  if (!words.tls.empty() && !take_tls(words.tls, entry.place(), remote)) return;
  out.push_back(refer(reading_.setup.remotes, std::move(remote), entry.name()));
}

// RFC 9103: without remote-hostname and ca-file, whoever answers will do. False if the server cannot be
// taken.
bool Transfers::take_tls(const std::string& name, const Place& place, config::RemoteSettings& remote) {
  remote.transport = query::Transport::kTls;
  if (equal(name, "ephemeral")) return true;
  for (const Statement& statement : reading_.top) {
    if (!is_named(statement, "tls") || statement.word(1) != name || statement.block() == nullptr) continue;
    const auto text = [&](std::string_view key) {
      const Statement* const found = find(*statement.block(), key);
      return found == nullptr ? std::string() : std::string(found->word(1));
    };
    const std::string hostname = text("remote-hostname");
    if (!take_identity(remote, hostname, {}) || (hostname.empty() && !text("ca-file").empty())) {
      reading_.findings.lose(
          Group::kTransfers, statement.place(),
          "tls \"" + name + "\" has no remote-hostname that is one: its servers are left out",
          "the key \"tls-name\" of a remote has it");
      return false;
    }
    remote.authorities_file = text("ca-file");
    if (!text("cert-file").empty() && !text("key-file").empty())
      remote.certificate = {text("cert-file"), text("key-file")};
    return true;
  }
  reading_.findings.lose(Group::kTransfers, place, "there is no tls \"" + name + '"');
  return false;
}

std::vector<std::string> Transfers::rules(const Scope& scope, std::string_view name) {
  const Statement* const statement = scope.find(name);
  if (is_nobody(statement)) return {};
  const auto elements = reading_.acls.elements(*statement->block(), Group::kTransfers);
  if (!elements) return {};
  std::vector<Peer> peers;
  for (const Element& element : *elements) {
    Peer peer{.allowed = element.allowed, .prefix = element.prefix, .key = {}};
    if (!element.prefix) {
      const auto key = dns::parse_name(element.key);
      if (!key || !has_key(reading_.setup.keys, *key)) {
        reading_.findings.lose(Group::kTransfers, element.place, "there is no key \"" + element.key + '"');
        if (!element.allowed) return transfer_rules(peers);  // what is behind it would let in others
        continue;
      }
      peer.key = dns::to_text(*key);
    }
    peers.push_back(std::move(peer));
  }
  return transfer_rules(peers);
}

bool Transfers::take_secondary(const Scope& scope, SourceZone& zone) {
  const Statement* const primaries = primaries_of(scope);
  std::vector<std::string> found;
  if (primaries != nullptr) found = servers(*primaries);
  if (found.empty()) return false;
  make_secondary(zone, std::move(found));
  zone.settings.allow_notify = rules(scope, "allow-notify");
  zone.settings.forward_updates = rules(scope, "allow-update-forwarding");
  if (const auto catalog = catalogs_.find(zone.apex); catalog != catalogs_.end()) {
    zone.settings.catalog = zones::CatalogRole::kConsume;
    zone.settings.members.primaries = catalog->second;
    // Members have what named gives all zones.
    const Scope members{nullptr, scope.view, scope.options};
    zone.settings.members.allow_transfer = rules(members, "allow-transfer");
  }
  return true;
}

void Transfers::take_others(const Scope& scope, SourceZone& zone) {
  zone.settings.allow_transfer = rules(scope, "allow-transfer");
  const Statement* const notify = scope.find("notify");
  const bool notifies = notify == nullptr || is_yes(notify->word(1)) || equal(notify->word(1), "explicit") ||
                        equal(notify->word(1), "primary-only") || equal(notify->word(1), "master-only");
  const Statement* const also = scope.find("also-notify");
  if (notifies && also != nullptr) zone.settings.secondaries = servers(*also);
}

}  // namespace atlas::control::import::named
