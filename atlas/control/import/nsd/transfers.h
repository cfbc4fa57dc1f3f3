// Where zones of NSD come from and go to.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/nsd/scanner.h"
#include "atlas/control/import/servers.h"

namespace atlas::control::import::nsd {

// Of a zone or a pattern, its patterns put in.
using Options = std::vector<Attribute>;
std::string value_of(const Options& options, std::string_view name);

class Transfers {
 public:
  Transfers(Setup& setup, Findings& findings) : setup_(setup), findings_(findings) {}

  // A tls-auth clause.
  void add_tls(Options options) { tls_.push_back(std::move(options)); }
  // What a zone's options say; `patterns` are those that members of catalogs may have. Whether it is a
  // secondary, the settings say then.
  void take(const Options& options, const std::unordered_map<std::string, Options>& patterns,
            SourceZone& zone);

 private:
  void add_primary(const Attribute& option, std::vector<std::string>& out);
  void add_server(const Attribute& option, size_t first, std::vector<std::string>& out);
  void add_peer(const Attribute& option, std::vector<Peer>& out);
  bool take_key(const Attribute& option, const std::string& name, std::optional<dns::Name>& key);
  bool take_tls(const Attribute& option, const std::string& name, config::RemoteSettings& remote);
  std::vector<std::string> rules(const Options& options, std::string_view name);

  Setup& setup_;
  Findings& findings_;
  std::vector<Options> tls_;
};

}  // namespace atlas::control::import::nsd
