// Where zones of named come from and go to.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/import/named/reading.h"
#include "atlas/control/import/servers.h"

namespace atlas::control::import::named {

class Transfers {
 public:
  Transfers(Reading& reading, const Block* options) : reading_(reading) { collect(options); }

  // False, and a finding, if the zone has no primaries that can be taken.
  bool take_secondary(const Scope& scope, SourceZone& zone);
  // Whom it goes to.
  void take_others(const Scope& scope, SourceZone& zone);

 private:
  // What an entry of a list has beside an address.
  struct Words {
    uint16_t port = 0;  // 0: none is said
    std::string key;
    std::string tls;
  };

  void collect(const Block* options);
  void collect_catalogs(const Statement& statement);
  static const Statement* primaries_of(const Scope& scope);
  std::vector<std::string> servers(const Statement& statement);
  void add_servers(const Statement& statement, const Words& outer, size_t depth,
                   std::vector<std::string>& out);
  void add_server(const Statement& entry, const Words& words, const net::IpAddress& address,
                  std::vector<std::string>& out);
  Words words_of(const Statement& statement, size_t first, Words words);
  bool take_tls(const std::string& name, const Place& place, config::RemoteSettings& remote);
  std::vector<std::string> rules(const Scope& scope, std::string_view name);

  Reading& reading_;
  std::unordered_map<std::string, const Statement*> lists_;  // by name
  std::unordered_map<std::string, std::string> keys_;        // by the address of a server statement
  std::unordered_map<dns::Name, std::vector<std::string>, dns::NameHash, dns::NameEqual>
      catalogs_;  // to consume: the primaries of their members
};

}  // namespace atlas::control::import::named
