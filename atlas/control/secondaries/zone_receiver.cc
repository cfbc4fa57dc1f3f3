#include "atlas/control/secondaries/zone_receiver.h"

#include <algorithm>
#include <utility>

#include "atlas/zone/zonemd.h"

namespace atlas::control::secondaries {
namespace {

// In the name of a text whose zone has no change that could tell it from others.
store::ChangeId unique_number() {
  return static_cast<store::ChangeId>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(base::wall_now().time_since_epoch()).count());
}

// A difference that is so large is not worth being journalled.
bool begins_anew(const zone::Zone& before, const zone::Zone& after, const zone::ZoneDiff& difference) {
  // Without a change between them, history and secondaries would take two versions of one serial for one.
  if (before.serial() == after.serial()) return false;
  const size_t records = std::max(before.record_count(), after.record_count());
  return difference.removed.size() + difference.added.size() > std::max(kDifferenceSmall, records / 4);
}

}  // namespace

ZoneReceiver::ZoneReceiver(Task task, changes::ZoneTexts texts)
    : task_(std::move(task)), texts_(std::move(texts)) {
  transfer::Incoming::Wanted wanted{.zone = task_.zone, .serial = {}, .any_serial = task_.any_serial};
  if (task_.incremental) wanted.serial = task_.version->serial();
  incoming_.emplace(std::move(wanted), task_.limits);
}

ZoneReceiver::~ZoneReceiver() {
  if (!result_) return;
  if (const Whole* const whole = std::get_if<Whole>(&*result_); whole != nullptr && whole->text)
    texts_.remove(*whole->text);
}

base::Result<remotes::Receiver::State> ZoneReceiver::take(base::Bytes message, uint16_t id) {
  if (octets_ == 0) begun_ = base::monotonic_now();
  const auto state = incoming_->take(message, id);
  octets_ = incoming_->octets();
  records_ = incoming_->records();
  if (!state) return std::unexpected(state.error());
  return *state == transfer::Incoming::State::kDone ? State::kDone : State::kMore;
}

base::Result<void> ZoneReceiver::finish() {
  expire_ = incoming_->expire();
  auto released = incoming_->release();
  incoming_.reset();
  if (auto* const whole = std::get_if<transfer::Whole>(&released)) {
    auto built = build(std::move(*whole));
    if (!built) return std::unexpected(std::move(built.error()));
    result_.emplace(std::move(*built));
  } else if (auto* const steps = std::get_if<transfer::Steps>(&released)) {
    result_.emplace(std::move(*steps));
  } else {
    result_.emplace(std::get<transfer::UpToDate>(released));
  }
  finished_ = base::monotonic_now();
  return {};
}

base::Result<ZoneReceiver::Whole> ZoneReceiver::build(transfer::Whole given) const {
  auto built = zone::build_given_zone(std::move(given.records), task_.zone, base::wall_now());
  if (!built) return std::unexpected(std::move(built.error()));
  Whole whole{.given = std::move(*built), .difference = {}, .text = {}};
  whole.given.findings += given.ignored;
  if (given.ignored != 0 && whole.given.first_finding.empty())
    whole.given.first_finding = "records that do not belong to the zone were left out";
  const zone::Zone& version = *whole.given.version;
  if (task_.version != nullptr && !task_.any_serial &&
      !transfer::is_newer(version.serial(), task_.version->serial())) {
    return base::fail("serial " + std::to_string(version.serial()) + " is not above " +
                      std::to_string(task_.version->serial()));
  }
  // RFC 8976 4: what its publisher did not make is not served.
  if (const auto digest = zone::check_zonemd(version); digest.verdict == zone::ZonemdVerdict::kBad)
    return base::fail("its ZONEMD record is not that of the zone: " + digest.reason);
  if (auto settled = settle(whole); !settled) return std::unexpected(std::move(settled.error()));
  return whole;
}

// How it will be kept.
base::Result<void> ZoneReceiver::settle(Whole& whole) const {
  const zone::Zone& version = *whole.given.version;
  if (task_.version != nullptr) {
    whole.difference = zone::diff_between(*task_.version, version);
    if (!begins_anew(*task_.version, version, *whole.difference)) return {};
    whole.difference.reset();
  }
  whole.text = changes::small_basis(version);
  if (whole.text) return {};
  auto written = texts_.write(task_.id, unique_number(), version);
  if (!written) return std::unexpected(std::move(written.error()));
  whole.text = std::move(*written);
  return {};
}

ZoneReceiver::Result ZoneReceiver::release() {
  return *std::exchange(result_, std::nullopt);
}

}  // namespace atlas::control::secondaries
