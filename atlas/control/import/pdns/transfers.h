// Where domains of a database come from and go to.
#pragma once

#include <string>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/pdns/database.h"
#include "atlas/control/import/servers.h"

namespace atlas::control::import::pdns {

// What pdns.conf says about transfers.
struct TransferDefaults {
  bool disabled = false;                   // disable-axfr
  std::vector<std::string> allowed;        // allow-axfr-ips
  std::vector<std::string> also_notified;  // also-notify
};

const std::vector<std::string>& metadata(const Domain& domain, const std::string& kind);

class Transfers {
 public:
  Transfers(const Domain& domain, Place place, const TransferDefaults& defaults, Setup& setup,
            Findings& findings)
      : domain_(domain), place_(place), defaults_(defaults), setup_(setup), findings_(findings) {}

  // False if it is a secondary without primaries that could be taken.
  bool take_primaries(SourceZone& zone);
  void take_others(SourceZone& zone);
  void take_catalog(SourceZone& zone);

 private:
  void lose(const std::string& what);
  std::vector<std::string> servers(const std::vector<std::string>& texts, const std::string& key);

  const Domain& domain_;
  Place place_;
  const TransferDefaults& defaults_;
  Setup& setup_;
  Findings& findings_;
};

}  // namespace atlas::control::import::pdns
