// The one way in for every change of a zone, whoever makes it: checked, staged, journalled, served.
//
// Changes are staged one after the other, each upon what the ones before it made. commit() writes all of them
// in one transaction; only then do they count. If the store cannot take them, none of them happened.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/changes/zone_texts.h"
#include "atlas/control/store/store.h"
#include "atlas/control/zones/zone_set.h"
#include "atlas/handoff/event.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/edit.h"

namespace atlas::control::changes {

// Why something is not done.
struct Refused {
  enum class Kind : uint8_t {
    kUnknown,   // no such zone, change or key
    kExists,    // there is one of this name
    kReadOnly,  // the configuration owns it, or it cannot be changed as it is
    kConflict,  // it is not any more what the caller thinks it is
    kInvalid,   // it would not be a zone
    kStore,     // it cannot be written down
  };
  Kind kind = Kind::kInvalid;
  std::string message;
  std::string hint = {};
};
template <class T>
using Outcome = std::expected<T, Refused>;

// What someone wants of one zone.
struct ZoneEdit {
  dns::Name zone;
  // As they are to be. A SOA among them counts if it differs in more than a serial that is not higher; the
  // serial is raised in any case.
  std::vector<zone::RRsetEdit> rrsets;
  std::optional<uint32_t> if_serial = {};  // what the zone's must be, or somebody else was faster
  store::Origin origin;
  std::optional<store::ChangeId> undoes = {};
  // Dynamic updates and their undo change what stands beside a zone's file; others must change the file.
  bool beside_file = false;
};

// What came of it. `change` is 0 if nothing was to be changed.
struct Made {
  store::ChangeId change{};
  store::ZoneId zone{};
  uint32_t serial = 0;
  size_t records_removed = 0;
  size_t records_added = 0;
};

// A zone to be made.
struct NewZone {
  dns::Name apex;
  std::shared_ptr<const zone::Zone> content;  // checked; of a secondary null: it will come
  zones::ZoneSettings settings;
  store::Origin origin;
  // Of a secondary that a catalog lists.
  std::optional<dns::Name> catalog = {};
  std::string catalog_label = {};
};

// What a primary gave of a secondary.
struct Transferred {
  dns::Name zone;
  // Steps from the version that is there, as IXFR has them; or the zone as it is to be.
  std::vector<zone::ZoneDiff> steps;
  std::shared_ptr<const zone::Zone> content;
  // What `content` differs by from `from`, worked out elsewhere. Without: it is not journalled step by step,
  // and becomes the zone's new basis, of which `text` was written already, unless the zone is small.
  std::shared_ptr<const zone::Zone> from;
  std::optional<zone::ZoneDiff> difference;
  std::optional<store::Basis> text;
  std::optional<size_t> warnings;  // of the checks of zone files; empty: they were not made
  base::WallTime refreshed{};      // when it was asked for
  store::Origin origin;            // "primary:hidden", "192.0.2.1:53 over tls"
};

// Control's thread only.
class Changes {
 public:
  // Texts of zones go to `folder`.
  Changes(store::Store& store, std::filesystem::path folder, zones::ZoneSet& zones,
          handoff::EventQueue& events);

  // Gives the zones of the store to the ZoneSet, whose file zones are configured. Again after each
  // configure(), for file zones that have come. Fails, naming it, if a zone is in both.
  base::Result<void> attach();

  store::Store& store() { return store_; }
  const ZoneTexts& texts() const { return texts_; }
  const zones::ZoneSet& zones() const { return zones_; }

  // Staging. A refusal leaves what was staged before as it is.
  Outcome<Made> edit(const ZoneEdit& edit);
  // What edit() would do, without doing it.
  Outcome<zone::ZoneDiff> preview(const ZoneEdit& edit) const;
  Outcome<Made> create(const NewZone& zone);
  // Gives a zone the ZONEMD record that its settings want, if it has not got it (RFC 8976).
  Outcome<Made> renew_digest(dns::NameView zone, const store::Origin& origin);
  void set_digest_seen(dns::NameView zone);
  Outcome<void> set_settings(dns::NameView zone, const zones::ZoneSettings& settings);
  // Of a zone that a catalog made: another one has it by now.
  Outcome<void> set_catalog(dns::NameView zone, dns::NameView catalog, const std::string& label);
  // Into the recycle bin, and back under its name, which must be free.
  Outcome<void> remove(dns::NameView zone, const store::Origin& origin);
  Outcome<Made> restore(store::ZoneId zone, const store::Origin& origin);
  Outcome<void> purge(store::ZoneId zone);
  void add_key(store::KeyRow key);
  void remove_key(dns::NameView name);
  // Whether any RR has a lease.
  bool has_leases() const { return has_leases_; }
  void add_leases(std::vector<store::LeaseRow> leases, std::vector<store::LeaseRow> ended);
  // Where the next start begins, with `changes` more of the journal than before.
  void set_basis(dns::NameView zone, store::Basis basis, size_t changes);
  // Of the text that a zone's basis names by now.
  void keep_image(dns::NameView zone, std::shared_ptr<const zone::Zone> image);
  // The zone becomes what somebody made of its file: journalled as one change, unless there is no version
  // yet.
  Made take_file(dns::NameView zone, const std::shared_ptr<const zone::Zone>& version, store::Basis basis);
  // A secondary becomes what its primary gave, serials included. Refused, and nothing happens, if steps do
  // not fit the version that is there.
  Outcome<Made> take_transfer(const Transferred& transferred);
  // When a primary confirmed the version, for the next start.
  void set_refreshed(dns::NameView zone, base::WallTime refreshed);
  void forget_before(store::ChangeId id) { batch_.forget_before = id; }

  // The version that the next edit of a zone builds on: the staged one, else the one that is served. Null:
  // unknown zone, or not loaded.
  std::shared_ptr<const zone::Zone> newest(dns::NameView zone) const;

  // Whether anything is staged.
  bool pending() const { return !batch_.empty(); }
  // Writes what is staged and gives it to the ZoneSet, whose directory has to be published then: true if it
  // changed. After an error all that was staged is gone.
  base::Result<bool> commit();
  void give_up();

 private:
  // A zone that will be, or will not be any more.
  struct StagedZone {
    std::optional<zones::ZoneState> state;  // empty: it goes
    // Versions since the one that is served, the newest last: given up from behind.
    std::vector<std::shared_ptr<const zone::Zone>> versions;
  };

  const zones::ZoneState* find(dns::NameView zone) const;
  // The staged state of a zone that there is.
  StagedZone& stage(dns::NameView zone);
  store::ZoneRow row_of(const zones::ZoneState& state);
  void put_row(zones::ZoneState& state, store::ZoneRow row);
  Outcome<std::vector<zone::RRsetEdit>> prepare(const ZoneEdit& edit, const zones::ZoneState& state,
                                                const zone::Zone& version) const;
  // Stages the version of these edits, whose serial is raised, with its digest.
  Outcome<Made> make_version(dns::NameView zone, std::vector<zone::RRsetEdit> edits,
                             const store::Origin& origin, std::optional<store::ChangeId> undoes);
  Made journal(StagedZone& staged, const zone::Zone& before, const zone::ZoneDiff& diff,
               uint32_t serial_after, const store::Origin& origin, std::optional<store::ChangeId> undoes);
  store::ZoneId new_zone_id();
  base::Result<void> attach(const store::ZoneRow& row);
  void attach_configured(const zones::ZoneState& present, const store::ZoneRow& row);
  zones::ZoneState with_row(zones::ZoneState state, const store::ZoneRow& row);
  // What another zone of that name has left goes into the recycle bin.
  void give_up_name(dns::NameView apex);
  void use_text(zones::ZoneState& state, const store::Basis& basis) const;
  Outcome<Made> take_steps(const Transferred& transferred);
  Outcome<Made> take_whole(const Transferred& transferred);
  Outcome<store::ZoneRow> find_deleted(store::ZoneId zone) const;

  void clear();

  store::Store& store_;
  const ZoneTexts texts_;
  zones::ZoneSet& zones_;
  handoff::EventQueue& events_;
  store::Batch batch_;
  std::unordered_map<dns::Name, StagedZone, dns::NameHash, dns::NameEqual> staged_;
  std::vector<store::Basis> texts_gone_;   // that nobody needs once the batch is written
  std::vector<store::Basis> texts_given_;  // that nobody needs if it is not
  // Living rows of zones that the configuration named once: their names are free, and what they hold is there
  // when it names them again.
  std::unordered_map<dns::Name, store::ZoneRow, dns::NameHash, dns::NameEqual> dormant_;
  std::vector<dns::Name> names_given_up_;  // of these, in this batch
  bool is_attached_ = false;
  int64_t zone_ids_ = 0;  // of this batch
  bool has_leases_ = false;
  base::MonotonicTime next_report_{};  // of a store that cannot write
};

// Who changes what primaries give: nobody.
Refused read_only_secondary(const zones::ZoneState& zone);

// The actor of rows that a zone of the configuration has.
inline constexpr std::string_view kConfiguration = "configuration";

// "2 records removed, 1 added": for people.
std::string to_text(const Made& made);

}  // namespace atlas::control::changes
