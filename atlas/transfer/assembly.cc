#include "atlas/transfer/assembly.h"

#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/dns/rdata.h"

namespace atlas::transfer {
namespace {

using dns::RRType;

std::unexpected<std::string> wrong(std::string what) {
  return std::unexpected(std::move(what));
}

std::string number(uint32_t serial) {
  return std::to_string(serial);
}

// The SOAs of a version are the same but for the case of names.
bool is_same_soa(base::Bytes a, base::Bytes b) {
  // Length octets of labels are below 'A'; the numbers behind the names must not lose bits.
  constexpr size_t kNumbersOctets = 20;
  if (a.size() != b.size() || !std::ranges::equal(a.last(kNumbersOctets), b.last(kNumbersOctets)))
    return false;
  return dns::equal_octets(a.data(), b.data(), a.size() - kNumbersOctets);
}

// In canonical order, without duplicates and with one TTL for each RRset; the list is empty then.
std::vector<zone::DiffRecord> take_records(zone::RecordList& list) {
  list.sort();
  list.level_ttls();
  std::vector<zone::DiffRecord> records;
  records.reserve(list.size());
  for (const zone::ListedRecord& record : list.records()) {
    const base::Bytes rdata = list.rdata(record);
    records.emplace_back(list.owner(record), record.type, record.ttl,
                         std::vector<uint8_t>(rdata.begin(), rdata.end()));
  }
  list.clear();
  return records;
}

}  // namespace

Assembly::Assembly(const Incoming::Wanted& wanted, const IncomingLimits& limits)
    : apex_(wanted.zone),
      present_(wanted.serial),
      any_serial_(wanted.any_serial),
      diffs_max_(limits.diffs_max) {}

bool Assembly::is_announced(base::Bytes rdata) const {
  return is_same_soa(rdata, announced_rdata_);
}

Assembly::Taken Assembly::take(const IncomingRecord& record) {
  if (phase_ == Phase::kDone) return wrong("stands behind the end");
  if (phase_ == Phase::kFirst) return take_first(record);
  if (phase_ == Phase::kSecond) {
    if (auto taken = take_second(record); !taken || phase_ != Phase::kWhole) return taken;
  }
  if (!record.is_inside) {
    ++ignored_;
    return {};
  }
  if (record.type == RRType::SOA) return take_soa(record);
  switch (phase_) {
    case Phase::kWhole:
      records_.add(record.owner, record.type, record.ttl, record.rdata);
      return {};
    case Phase::kRemoved:
    case Phase::kAdded:
      if (++diff_records_ > zone::kDiffRecordsMax)
        return wrong("is one more than the " + std::to_string(zone::kDiffRecordsMax) +
                     " that steps may have");
      (phase_ == Phase::kRemoved ? removed_ : added_)
          .add(record.owner, record.type, record.ttl, record.rdata);
      return {};
    default:
      ATLAS_ASSERT(false);
  }
}

Assembly::Taken Assembly::take_first(const IncomingRecord& record) {
  if (record.type != RRType::SOA || record.owner != apex_.view())
    return wrong("is not the zone's SOA, which a transfer begins with");
  // RDATA is valid.
  announced_ = read_soa(record.rdata).value_or(Soa{});
  announced_rdata_.assign(record.rdata.begin(), record.rdata.end());
  announced_ttl_ = record.ttl;
  phase_ = Phase::kSecond;
  return present_ ? Taken() : begin_whole();
}

Assembly::Taken Assembly::begin_whole() {
  if (present_ && !any_serial_ && !is_newer(announced_.serial, *present_)) {
    return wrong("begins a zone of serial " + number(announced_.serial) + ", which is not above " +
                 number(*present_));
  }
  records_.add(apex_, RRType::SOA, announced_ttl_, announced_rdata_);
  phase_ = Phase::kWhole;
  return {};
}

// RFC 1995 4: a SOA begins steps, unless it ends a zone that has nothing else.
Assembly::Taken Assembly::take_second(const IncomingRecord& record) {
  if (record.type != RRType::SOA || record.owner != apex_.view()) return begin_whole();
  const Soa soa = read_soa(record.rdata).value_or(Soa{});
  if (soa.serial == announced_.serial && is_announced(record.rdata)) return begin_whole();
  if (soa.serial != *present_) {
    return wrong("begins a step from serial " + number(soa.serial) + ", but " + number(*present_) +
                 " is there");
  }
  return begin_step(record, soa);
}

Assembly::Taken Assembly::take_soa(const IncomingRecord& record) {
  if (record.owner != apex_.view()) return wrong("is a SOA below the apex");
  const Soa soa = read_soa(record.rdata).value_or(Soa{});
  if (phase_ != Phase::kWhole) return take_soa_of_steps(record, soa);
  if (!is_announced(record.rdata)) {
    return wrong("is a second SOA, of serial " + number(soa.serial) + ", that differs from the first, of " +
                 number(announced_.serial));
  }
  phase_ = Phase::kDone;
  return {};
}

Assembly::Taken Assembly::begin_step(const IncomingRecord& record, const Soa& soa) {
  if (diffs_.size() == diffs_max_)
    return wrong("begins one more step than the " + number(diffs_max_) + " allowed");
  ++diff_records_;
  removed_.add(apex_, RRType::SOA, record.ttl, record.rdata);
  serial_ = soa.serial;
  phase_ = Phase::kRemoved;
  return {};
}

Assembly::Taken Assembly::take_soa_of_steps(const IncomingRecord& record, const Soa& soa) {
  if (phase_ == Phase::kRemoved) {
    // Serials rise up to the announced one, which also ends loops.
    if (!is_newer(soa.serial, serial_))
      return wrong("leads from serial " + number(serial_) + " to " + number(soa.serial) +
                   ", which is not above it");
    if (is_newer(soa.serial, announced_.serial) ||
        (soa.serial != announced_.serial && !is_newer(announced_.serial, soa.serial))) {
      return wrong("leads to serial " + number(soa.serial) + ", beyond " + number(announced_.serial) +
                   ", which was announced");
    }
    if (soa.serial == announced_.serial && !is_announced(record.rdata))
      return wrong("leads to another SOA than the one that was announced");
    ++diff_records_;
    added_.add(apex_, RRType::SOA, record.ttl, record.rdata);
    serial_ = soa.serial;
    phase_ = Phase::kAdded;
    return {};
  }
  if (soa.serial != serial_) {
    return wrong("is a SOA of serial " + number(soa.serial) + ", but the step before leads to " +
                 number(serial_));
  }
  if (!is_same_soa(record.rdata, added_.rdata(added_.records().front())))
    return wrong("is another SOA of serial " + number(serial_) +
                 " than the one that the step before leads to");
  diffs_.push_back({take_records(removed_), take_records(added_)});
  if (serial_ != announced_.serial) return begin_step(record, soa);
  phase_ = Phase::kDone;
  return {};
}

void Assembly::end_message() {
  // RFC 1995 2.
  if (phase_ == Phase::kSecond && !is_newer(announced_.serial, *present_)) phase_ = Phase::kDone;
}

std::variant<Steps, Whole, UpToDate> Assembly::release() {
  ATLAS_ASSERT(is_done());
  if (!diffs_.empty()) return Steps{std::move(diffs_)};
  if (records_.size() != 0) return Whole{std::move(records_), ignored_};
  return UpToDate{announced_};
}

}  // namespace atlas::transfer
