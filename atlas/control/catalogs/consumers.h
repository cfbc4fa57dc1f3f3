// Catalogs that this server takes from others: their members become secondaries here.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "atlas/base/clock.h"
#include "atlas/control/catalogs/catalog_zone.h"
#include "atlas/control/changes/changes.h"
#include "atlas/handoff/event.h"

namespace atlas::control::catalogs {

inline constexpr size_t kMembersPerTurn = 500;             // made, changed or removed, in one transaction
inline constexpr size_t kMembersLookedAtPerTurn = 50'000;  // those that are as they should be

// Control's thread.
class Consumers {
 public:
  Consumers(changes::Changes& changes, zones::ZoneSet& zones, handoff::EventQueue& events)
      : changes_(changes), zones_(zones), events_(events) {}

  void zone_changed(const zones::ZoneState& zone);
  void zone_removed(dns::NameView apex);
  // True if the directory of zones has to be published.
  bool turn(base::MonotonicTime now);
  base::MonotonicTime deadline() const { return due_; }

 private:
  template <class Value>
  using ByName = std::unordered_map<dns::Name, Value, dns::NameHash, dns::NameEqual>;
  using Names = std::unordered_set<dns::Name, dns::NameHash, dns::NameEqual>;

  struct Catalog {
    std::shared_ptr<const zones::ZoneSettings> settings;
    std::weak_ptr<const zone::Zone> read;  // the version that was read last
    uint32_t serial = 0;                   // of that
    bool was_read = false;                 // any version, since the start
    bool is_broken = false;                // the last version; what it wanted before stays
    std::string error;                     // of it, as it was reported
    std::vector<Member> members;           // as the last version that was not broken has them, by zone
    bool is_due = false;                   // another version or other settings
    // What is still to be done for the last version.
    std::vector<dns::Name> leaving;  // zones of this catalog that are no members any more
    std::vector<dns::Name> again;    // members that something happened to
    size_t next = 0;                 // of the members
    size_t added = 0, removed = 0, changed = 0;
    Names clashes;  // that were reported

    bool has_work() const { return !leaving.empty() || !again.empty() || next < members.size(); }
  };
  // What a turn may still do.
  struct Budget {
    size_t changes = kMembersPerTurn;
    size_t looks = kMembersLookedAtPerTurn;
    Names touched;  // staged in this turn

    void spend(const dns::Name& zone) {
      changes -= changes == 0 ? 0 : 1;
      touched.insert(zone);
    }
    bool is_used_up() const { return changes == 0 || looks == 0; }
  };

  static const Member* find_member(const Catalog& catalog, dns::NameView zone);
  void read(const dns::Name& apex, Catalog& catalog);
  void begin_again(const dns::Name& apex, Catalog& catalog);
  void work(const dns::Name& apex, Catalog& catalog, Budget& budget);
  void remove_leaving(const dns::Name& apex, Catalog& catalog, Budget& budget);
  void follow(const dns::Name& apex, Catalog& catalog, const Member& member, Budget& budget);
  void create(const dns::Name& apex, Catalog& catalog, const Member& member, Budget& budget);
  void begin_anew(const dns::Name& apex, Catalog& catalog, const Member& member, Budget& budget);
  void set_settings(const dns::Name& apex, Catalog& catalog, const Member& member,
                    const zones::ZoneState& state, Budget& budget);
  // Why a member that somebody else has here stays theirs; empty: this catalog may take it over.
  std::string clash_with(const dns::Name& apex, const zones::ZoneState& state) const;
  void report_clash(const dns::Name& apex, Catalog& catalog, const Member& member, std::string reason);
  void report_done(const dns::Name& apex, Catalog& catalog);
  void wait_for_load(Catalog& catalog, const dns::Name& zone);

  changes::Changes& changes_;
  zones::ZoneSet& zones_;
  handoff::EventQueue& events_;
  ByName<Catalog> catalogs_;
  ByName<Names> made_;            // zones by the catalog that made them, whether it is here or not
  ByName<dns::Name> catalog_of_;  // the same by zone
  base::MonotonicTime due_ = base::MonotonicTime::max();
  bool is_waiting_ = false;  // for a zone that is loading, or has expired
};

}  // namespace atlas::control::catalogs
