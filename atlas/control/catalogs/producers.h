// Catalogs that this server makes: each lists the zones whose member_of it is.
#pragma once

#include <unordered_map>

#include "atlas/base/clock.h"
#include "atlas/control/catalogs/catalog_zone.h"
#include "atlas/control/changes/changes.h"
#include "atlas/handoff/event.h"

namespace atlas::control::catalogs {

inline constexpr std::chrono::milliseconds kListingDelay{200};  // zones that come together are one change
inline constexpr std::chrono::seconds kRetry{10};               // what could not be written

// Control's thread.
class Producers {
 public:
  Producers(changes::Changes& changes, zones::ZoneSet& zones, handoff::EventQueue& events)
      : changes_(changes), zones_(zones), events_(events) {}

  void zone_changed(const zones::ZoneState& zone);
  void zone_removed(dns::NameView apex);
  // True if the directory of zones has to be published.
  bool turn(base::MonotonicTime now);
  base::MonotonicTime deadline() const;

 private:
  template <class Value>
  using ByName = std::unordered_map<dns::Name, Value, dns::NameHash, dns::NameEqual>;

  struct Catalog {
    std::weak_ptr<const zone::Zone> checked;  // the version that lists what it should
    bool is_marked = false;
    std::optional<base::MonotonicTime> due;  // of one that is marked, once the time is known
  };

  void mark(const dns::Name& catalog);
  void set_member(const dns::Name& catalog, const Member& member);
  void remove_member(dns::NameView zone);
  std::vector<Member> members_of(const dns::Name& catalog) const;
  // Stages what makes the catalog right. False if that is not possible.
  bool update(const dns::Name& apex, Catalog& catalog);

  changes::Changes& changes_;
  zones::ZoneSet& zones_;
  handoff::EventQueue& events_;
  ByName<Catalog> catalogs_;
  ByName<ByName<Member>> members_;  // by catalog, whether it is here or not, and zone
  ByName<dns::Name> catalog_of_;    // by zone
};

}  // namespace atlas::control::catalogs
