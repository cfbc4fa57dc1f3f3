// Domains of a database as zones.
#pragma once

#include "atlas/control/import/findings.h"
#include "atlas/control/import/pdns/database.h"
#include "atlas/control/import/pdns/transfers.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::pdns {

// What pdns.conf says about dynamic updates and records.
struct DomainDefaults {
  bool updates = false;                       // dnsupdate
  std::vector<std::string> update_addresses;  // allow-dnsupdate-from
  uint32_t ttl = 3600;                        // default-ttl
  TransferDefaults transfers;
};

void take_keys(const Database& database, Place place, Setup& setup, Findings& findings);
// `place` is the database.
void take_domain(Domain& domain, Place place, const DomainDefaults& defaults, Setup& setup,
                 Findings& findings);

}  // namespace atlas::control::import::pdns
