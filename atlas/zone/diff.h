// The difference between two versions of a zone, record by record, as IXFR has it (RFC 1995): what goes and
// what comes, with the SOAs among them. What the journal keeps, history shows and undo turns round.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

struct DiffRecord {
  dns::Name owner;
  dns::RRType type;
  uint32_t ttl = 0;
  std::vector<uint8_t> rdata;

  friend bool operator==(const DiffRecord&, const DiffRecord&) = default;
};

// Names that differ in case only are the same, in owners and where RDATA in canonical form has them in lower
// case (RFC 4034 6.2): such a change of spelling is none. Owners are spelled as the zone spells them, or
// will.
//
// A changed TTL removes every record of the RRset and adds it again. Both lists are in canonical order, SOA
// first in each.
struct ZoneDiff {
  std::vector<DiffRecord> removed;
  std::vector<DiffRecord> added;

  bool empty() const { return removed.empty() && added.empty(); }
};

// What `edits` change in `zone`. Records that stay do not appear; edits that change nothing give nothing.
ZoneDiff diff_of(const Zone& zone, std::span<const RRsetEdit> edits);
// From one version to another, both walked side by side. They need not share memory.
ZoneDiff diff_between(const Zone& from, const Zone& to);
// Every record of the zone as added, and the version that a difference from nothing makes: fails if one that
// removes something, has records outside of the zone, or not exactly one SOA, at the apex.
ZoneDiff whole_of(const Zone& zone);
base::Result<std::shared_ptr<const Zone>> zone_of(const ZoneDiff& whole, dns::NameView apex);
// RRsets as the diff leaves them, for edit_zone(). Fails, naming the record, where a removed record is not in
// `zone` or an added one is there already, or TTLs do not fit: the diff does not belong to this version.
// Leniently such records are passed over, removed ones are taken whatever their TTL, and an RRset has the TTL
// of what was added to it last.
enum class Fit : uint8_t { kExact, kLenient };
base::Result<std::vector<RRsetEdit>> edits_of(const ZoneDiff& diff, const Zone& zone, Fit fit = Fit::kExact);

ZoneDiff inverse_of(ZoneDiff diff);
// `second` behind `first`: what was added and removed again cancels out.
ZoneDiff compose(const ZoneDiff& first, const ZoneDiff& second);
// The records of one RRset only, or of all but the SOA.
ZoneDiff only(const ZoneDiff& diff, dns::NameView owner, dns::RRType type);
ZoneDiff without_soa(ZoneDiff diff);

// As the store keeps it: a format version, lengths, records in wire form with owners that share suffixes
// written once; a checksum at the end. RDATA that its type does not allow is refused. Limits:
// kDiffRecordsMax.
inline constexpr size_t kDiffRecordsMax = 16'000'000;
std::vector<uint8_t> encode(const ZoneDiff& diff);
base::Result<ZoneDiff> decode_diff(base::Bytes octets);

// The same record by record, in no more memory than one needs.
class DiffReader {
 public:
  // `octets` must stay. Fails as decode_diff() does for what is wrong with the whole of them.
  static base::Result<DiffReader> open(base::Bytes octets);
  DiffReader(DiffReader&&) noexcept;
  DiffReader& operator=(DiffReader&&) noexcept;
  ~DiffReader();

  // How many there are, they say.
  size_t removed() const;
  size_t added() const;
  // The next one, those removed first; stays until the next call. Null behind the last, or where what follows
  // is malformed.
  const DiffRecord* next();
  // All were good, and nothing is behind them.
  bool is_whole() const;

 private:
  struct State;
  explicit DiffReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// "- owner TTL IN type rdata" and "+ ..." lines in canonical order, a removed record directly in front of
// what takes its place.
std::string to_text(const ZoneDiff& diff);

}  // namespace atlas::zone
