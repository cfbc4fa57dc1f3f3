// What control remembers: zones, keys, the journal of every change. All that is written together is written
// in one transaction, and is on the disk when commit() returns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/base/result.h"
#include "atlas/base/strong.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::control::store {

// Numbers that are never used again.
enum class TenantId : int64_t { kDefault = 1 };
enum class ZoneId : int64_t {};
enum class ChangeId : int64_t {};  // grows with time, over all zones

// Who did it, from where and why. Every object and every change has one.
struct Origin {
  TenantId tenant = TenantId::kDefault;
  std::string actor;   // "user:root", "key:ddns.example.", "lease", "file"
  std::string source;  // "192.0.2.7:5353 over udp", "control socket"
  std::string reason;  // in the words of whoever did it; may be empty
};

// Of a file zone the store keeps what was changed beside its file; of a primary, all; of a secondary, what
// its primary gave, be the zone one of the configuration or the store's own.
enum class ZoneKind : uint8_t { kFile, kPrimary, kSecondary };

// Where a start begins: a zone text, what differs from it, and the changes of the journal behind.
struct Basis {
  // Of a primary or secondary: its text's name in the store's folder; empty: there is none, and the overlay
  // is the whole zone, or empty too where nothing has come yet.
  std::string file;
  std::string look;  // what the text was like: of a file zone its stamps, of a primary its checksum
  std::vector<uint8_t> overlay;  // zone::encode(ZoneDiff): what differs from the text
  ChangeId change{};             // the last one that text and overlay hold; 0 = none
  uint32_t serial = 0;           // with all that
};

struct ZoneRow {
  ZoneId id{};
  ZoneKind kind = ZoneKind::kPrimary;
  dns::Name apex;
  Origin created_by;
  base::WallTime created{};
  std::optional<base::WallTime> deleted;  // in the recycle bin since then
  Origin deleted_by;
  std::string settings;  // JSON, control's own
  Basis basis;
  // Of a secondary: when a primary confirmed the version last. Written now and then.
  std::optional<base::WallTime> refreshed;
  // Of a zone that a catalog made: which, and its label there (RFC 9432 4.1).
  std::optional<dns::Name> catalog;
  std::string catalog_label;
};

struct KeyRow {
  dns::Name name;
  std::string algorithm;
  std::vector<uint8_t> secret;
  Origin created_by;
  base::WallTime created{};
};

// One entry of the journal.
struct ChangeRow {
  ChangeId id{};
  ZoneId zone{};
  Origin origin;
  base::WallTime time{};
  uint32_t serial_before = 0;
  uint32_t serial_after = 0;
  uint32_t records_removed = 0;
  uint32_t records_added = 0;
  std::optional<ChangeId> undoes;  // the first, if it undoes several
  std::vector<uint8_t> diff;       // zone::encode(ZoneDiff)
};

// An RR that goes at its time unless its owner comes back (RFC 9664).
struct LeaseRow {
  ZoneId zone{};
  dns::Name owner;
  dns::RRType type;
  std::vector<uint8_t> rdata;
  base::WallTime expires{};
  Origin registered_by{};
};

// When a primary confirmed a secondary.
struct Refreshed {
  ZoneId zone{};
  base::WallTime time{};
};

// What is to be written together. In this order; what a later part names may have been made by an earlier
// one. New ids are chosen by the caller, above the store's highest (see next_zone(), next_change()).
struct Batch {
  std::vector<ZoneRow> zones;        // new, or in place of those with the same id
  std::vector<ZoneId> purged;        // gone for good, with their changes and leases
  std::vector<Refreshed> refreshed;  // of zones that stay what they are otherwise
  std::vector<KeyRow> keys;          // new, or in place of those with the same name
  std::vector<dns::Name> keys_removed;
  std::vector<ChangeRow> changes;
  std::vector<LeaseRow> leases;        // new, or with another time
  std::vector<LeaseRow> leases_ended;  // their time does not matter
  std::optional<ChangeId>
      forget_before;  // those of lower ids: history's end. Each zone's basis must hold them

  bool empty() const;
};

// Which changes to list, newest first.
struct ChangeFilter {
  std::optional<ZoneId> zone{};
  std::optional<base::WallTime> since{};  // at or after
  std::optional<std::string> actor{};
  std::optional<ChangeId> below{};  // older than this one: the next page
  size_t limit = 100;
  bool with_diff = false;
};

// What was wrong with a store when it was opened, and what was done about it.
struct Repair {
  std::string what;           // for people: "table changes: 3 rows of page 17 cannot be read"
  std::vector<ZoneId> zones;  // whose changes are not whole
};

// Implemented by each kind of store; every one passes the tests of store_battery.h. One thread.
class Store {
 public:
  virtual ~Store() = default;

  // All or nothing, and on the disk when it returns. After an error nothing of the batch is there, and later
  // calls may succeed: a disk may have room again.
  virtual base::Result<void> commit(const Batch& batch) = 0;

  virtual ZoneId next_zone() const = 0;  // not used so far
  virtual ChangeId next_change() const = 0;
  // Deleted ones included, by id.
  virtual base::Result<std::vector<ZoneRow>> zones() = 0;
  virtual base::Result<std::vector<KeyRow>> keys() = 0;
  virtual base::Result<std::vector<ChangeRow>> changes(const ChangeFilter& filter) = 0;
  virtual base::Result<std::optional<ChangeRow>> change(ChangeId id) = 0;
  // The changes of a zone behind `after`, oldest first, with their diffs, until `visit` says false.
  virtual base::Result<void> replay(ZoneId zone, ChangeId after,
                                    const std::function<bool(const ChangeRow&)>& visit) = 0;
  // The oldest change made at that time or later; next_change() if there is none.
  virtual base::Result<ChangeId> first_change_since(base::WallTime time) = 0;
  // Those that expire first, at most `limit`.
  virtual base::Result<std::vector<LeaseRow>> leases(base::WallTime expiring_until, size_t limit) = 0;
  // When the first lease expires.
  virtual base::Result<std::optional<base::WallTime>> next_expiry() = 0;
  // A whole copy that can be opened, made while the store is in use.
  virtual base::Result<void> back_up(const std::filesystem::path& target) = 0;

  virtual const std::vector<Repair>& repairs() const = 0;
};

}  // namespace atlas::control::store
