// Takes one transfer of one zone, on the courier's threads, and makes of it what Changes can take at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/changes/zone_texts.h"
#include "atlas/control/remotes/courier.h"
#include "atlas/control/store/store.h"
#include "atlas/transfer/incoming.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/given_zone.h"

namespace atlas::control::secondaries {

// A difference that is smaller is a change of the journal whatever the size of the zone.
inline constexpr size_t kDifferenceSmall = 1'000;

class ZoneReceiver : public remotes::Receiver {
 public:
  struct Task {
    dns::Name zone;
    std::shared_ptr<const zone::Zone> version;  // at hand; null: none
    bool incremental = false;                   // IXFR
    bool any_serial = false;                    // even one that is not above the version's
    store::ZoneId id{};                         // of a zone that has a row
    transfer::IncomingLimits limits;
  };
  // Texts of large zones are written here.
  ZoneReceiver(Task task, changes::ZoneTexts texts);
  // Removes a text that nobody wanted.
  ~ZoneReceiver() override;

  base::Result<State> take(base::Bytes message, uint16_t id) override;
  base::Result<void> finish() override;

  // Of a whole zone.
  struct Whole {
    zone::GivenZone given;
    // From the version at hand; empty: there is none, or so much differs that the zone begins anew, from
    // `text`.
    std::optional<zone::ZoneDiff> difference;
    std::optional<store::Basis> text;
  };
  using Result = std::variant<transfer::Steps, Whole, transfer::UpToDate>;
  // Once finish() is done. The text is the caller's then.
  Result release();
  const Task& task() const { return task_; }
  uint64_t octets() const { return octets_; }
  uint64_t records() const { return records_; }
  std::optional<uint32_t> expire() const { return expire_; }
  // From the first message to the end of finish().
  std::chrono::duration<double> took() const { return finished_ - begun_; }

 private:
  base::Result<Whole> build(transfer::Whole whole) const;
  base::Result<void> settle(Whole& whole) const;

  const Task task_;
  const changes::ZoneTexts texts_;
  std::optional<transfer::Incoming> incoming_;
  std::optional<Result> result_;
  uint64_t octets_ = 0;
  uint64_t records_ = 0;
  std::optional<uint32_t> expire_;
  base::MonotonicTime begun_{};
  base::MonotonicTime finished_{};
};

}  // namespace atlas::control::secondaries
