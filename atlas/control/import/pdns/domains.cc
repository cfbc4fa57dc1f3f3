#include "atlas/control/import/pdns/domains.h"

#include <algorithm>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::pdns {
namespace {

class DomainReader {
 public:
  DomainReader(Domain& domain, Place place, const DomainDefaults& defaults, Setup& setup, Findings& findings)
      : domain_(domain), place_(place), defaults_(defaults), setup_(setup), findings_(findings) {}

  void take() {
    auto apex = dns::parse_name(domain_.name);
    if (!apex || domain_.name.empty()) return lose(Group::kZones, "has no name that is one");
    const auto is = [&](std::string_view type) { return domain_.type == type; };
    const bool is_secondary = is("SLAVE") || is("SECONDARY") || is("CONSUMER");
    if (!is_secondary && !is("NATIVE") && !is("MASTER") && !is("PRIMARY") && !is("PRODUCER"))
      return lose(Group::kZones, "is of the unknown type " + domain_.type);
    if (is_secondary && !domain_.catalog.empty()) {
      findings_.note(
          Group::kTransfers, place_,
          "zone " + domain_.name + " comes from the catalog " + domain_.catalog + ", and is not listed");
      return;
    }
    SourceZone zone;
    zone.apex = *apex;
    zone.apex.make_lower();
    zone.place = place_;
    Transfers transfers(domain_, place_, defaults_.transfers, setup_, findings_);
    if (is_secondary && !transfers.take_primaries(zone))
      return lose(Group::kZones, "is a secondary without primaries that could be taken");
    transfers.take_others(zone);
    transfers.take_catalog(zone);
    if (!zone.is_secondary() && !zone.is_made_here()) {
      add_rows(zone);
      add_rules(zone);
    }
    report(zone);
    setup_.zones.push_back(std::move(zone));
  }

 private:
  void lose(Group group, const std::string& what, std::string hint = {}) {
    findings_.lose(group, place_, "zone \"" + domain_.name + "\" " + what, std::move(hint));
  }

  void add_rows(SourceZone& zone) {
    zone.text = "$ORIGIN .\n";
    zone.rows.push_back(0);
    for (const Row& row : domain_.rows) {
      const auto line = record_line(row, defaults_.ttl);
      if (line) {
        zone.text += *line;
        zone.rows.push_back(row.id);
      } else {
        findings_.lose(Group::kRecords, place_,
                       "record " + std::to_string(row.id) + " of " + domain_.name + " (" + row.name + ' ' +
                           row.type + ") is left out: " + line.error().message,
                       line.error().hint);
      }
    }
    if (domain_.disabled != 0) {
      findings_.note(
          Group::kRecords, place_,
          std::to_string(domain_.disabled) + " disabled records of " + domain_.name + " are left out");
    }
  }

  // PowerDNS wants both a good address and, where keys are named, a good key.
  void add_rules(SourceZone& zone) {
    if (!defaults_.updates) return;
    std::vector<std::string> addresses = metadata(domain_, "ALLOW-DNSUPDATE-FROM");
    addresses.insert(addresses.end(), defaults_.update_addresses.begin(), defaults_.update_addresses.end());
    std::vector<net::Prefix> prefixes;
    for (const std::string& text : addresses) {
      if (const auto prefix = parse_prefix(text)) {
        if (std::ranges::find(prefixes, *prefix) == prefixes.end()) prefixes.push_back(*prefix);
      } else {
        lose(Group::kUpdates, "lets \"" + text + "\" change it, which is no prefix: it is left out");
      }
    }
    const auto& names = metadata(domain_, "TSIG-ALLOW-DNSUPDATE");
    if (names.empty()) {
      for (const net::Prefix& prefix : prefixes) {
        zone.update_rules.push_back(rule_text(true, prefix.to_text(), "zonesub", "", "ANY"));
      }
      return;
    }
    for (const std::string& name : names) {
      const auto key = dns::parse_name(name);
      if (!key || !has_key(setup_.keys, *key)) {
        lose(Group::kUpdates, "names the key \"" + name + "\", which is not there");
        continue;
      }
      std::string rule = rule_text(true, dns::to_text(*key), "zonesub", "", "ANY");
      if (is_everybody(prefixes)) {
        zone.update_rules.push_back(std::move(rule));
      } else {
        lose(Group::kUpdates, "wants an address and a key for changes: a rule of Atlas has one of the two",
             "to take the key alone: " + rule);
      }
    }
  }

  void report(const SourceZone& zone) {
    const bool is_presigned = !metadata(domain_, "PRESIGNED").empty();
    if (zone.is_secondary()) {
      // Signatures come with it.
    } else if (is_presigned) {
      lose(Group::kSigning, "is signed elsewhere: its NSEC and NSEC3 records are not in the database",
           "let the signer write the file that Atlas reads");
    } else if (domain_.is_signed) {
      lose(Group::kSigning, "is signed by PowerDNS: Atlas does not sign",
           "take its DS records out of the parent zone first, or it cannot be validated");
    }
    for (const auto& [kind, values] : domain_.metadata) {
      static constexpr std::string_view kTaken[] = {
          "PRESIGNED",       "ALLOW-DNSUPDATE-FROM", "TSIG-ALLOW-DNSUPDATE", "ALLOW-AXFR-FROM",
          "TSIG-ALLOW-AXFR", "AXFR-MASTER-TSIG",     "ALSO-NOTIFY"};
      static constexpr std::string_view kSigning[] = {"NSEC3PARAM",  "NSEC3NARROW",
                                                      "PUBLISH-CDS", "PUBLISH-CDNSKEY",
                                                      "SOA-EDIT",    "GSS-ALLOW-AXFR-PRINCIPAL"};
      const auto is_in = [&](const auto& kinds) { return std::ranges::find(kinds, kind) != std::end(kinds); };
      const std::string what = "metadata " + kind + " of " + domain_.name;
      if (is_in(kTaken)) continue;
      if (kind == "AXFR-SOURCE") {
        findings_.lose(Group::kTransfers, place_, what + " is not taken", "remotes have the key \"source\"");
      } else if (is_in(kSigning)) {
        findings_.note(Group::kSigning, place_, what + ": Atlas does not sign");
      } else if (kind.starts_with("SOA-EDIT") || kind == "NOTIFY-DNSUPDATE" || kind == "FORWARD-DNSUPDATE") {
        findings_.note(Group::kUpdates, place_, what + " has no equal");
      } else if (kind.starts_with("X-") || kind == "API-RECTIFY") {
        findings_.note(Group::kProcess, place_, what + " is not needed");
      } else {
        findings_.lose(Group::kUnknown, place_, what + " has no equal");
      }
    }
  }

  Domain& domain_;
  Place place_;
  const DomainDefaults& defaults_;
  Setup& setup_;
  Findings& findings_;
};

}  // namespace

void take_keys(const Database& database, Place place, Setup& setup, Findings& findings) {
  for (const TsigKey& row : database.keys) {
    auto key = make_key(row.name, row.algorithm, row.secret, place);
    if (!key) {
      findings.lose(Group::kUpdates, place, "key \"" + row.name + "\": " + key.error().message,
                    key.error().hint);
    } else if (!has_key(setup.keys, key->name)) {
      setup.keys.push_back(std::move(*key));
    }
  }
}

void take_domain(Domain& domain, Place place, const DomainDefaults& defaults, Setup& setup,
                 Findings& findings) {
  DomainReader(domain, place, defaults, setup, findings).take();
}

}  // namespace atlas::control::import::pdns
