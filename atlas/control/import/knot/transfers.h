// Where zones of Knot come from and go to.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "atlas/control/import/knot/update_rules.h"
#include "atlas/control/import/servers.h"

namespace atlas::control::import::knot {

// The sections that zones refer to.
struct Sections {
  Ids acls, templates, remotes, groups;  // groups: "remotes"
  bool automatic_acl = false;            // of the server
};

class Transfers {
 public:
  Transfers(const Sections& sections, Setup& setup, Findings& findings)
      : sections_(sections), setup_(setup), findings_(findings) {}

  // What the zone says, or its template.
  void take(const Block& zone, const Block* base, SourceZone& into);

 private:
  static std::vector<std::string> values_of(const Block& zone, const Block* base, std::string_view name);
  // The remotes of these ids and groups.
  std::vector<const Block*> remotes_of(const std::vector<std::string>& ids, const Place& place);
  std::vector<std::string> servers(const std::vector<std::string>& ids, const Place& place);
  std::string server(const Block& remote);
  std::vector<std::string> rules(const Block& zone, const Block* base, std::string_view action);
  // False if the acl has no equal; that is reported.
  bool add_peers(const Block& acl, std::vector<Peer>& out);
  bool add_remote(const Block& remote, bool allowed, std::vector<Peer>& out);
  bool add_prefixes(const std::string& text, std::vector<net::Prefix>& out) const;
  std::optional<std::string> key_of(const std::string& text) const;
  bool lose(const Block& block, const std::string& what);
  void take_catalog(const Block& zone, const Block* base, zones::ZoneSettings& settings);

  const Sections& sections_;
  Setup& setup_;
  Findings& findings_;
  std::unordered_map<const Block*, std::string> servers_;  // that were made of remotes
  std::unordered_set<const Block*> lost_;                  // acls that were reported
};

}  // namespace atlas::control::import::knot
