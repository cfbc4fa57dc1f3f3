#include "atlas/control/propagation/journal_tail.h"

#include <algorithm>
#include <memory>

namespace atlas::control::propagation {
namespace {

using store::ChangeId;
using store::ChangeRow;

constexpr size_t kRowsAtOnce = 500;
// What a record takes at least where many stand in a row: more of them need not be read.
constexpr uint64_t kRecordOctetsMin = 4;

bool has_begin(const auto& steps, uint32_t serial) {
  return std::ranges::any_of(steps, [&](const auto& step) { return step.serial_before == serial; });
}

// Only what leaves one version and leads to another can be a step: that of a zone's beginning leaves none.
bool is_step(const ChangeRow& row) {
  return row.records_removed > 0 && row.records_added > 0 && row.serial_before != row.serial_after;
}

}  // namespace

base::Result<JournalTail::Found> JournalTail::steps(store::ZoneId zone, uint32_t serial, uint32_t newest,
                                                    size_t octets_max) {
  Tail& tail = tails_[static_cast<int64_t>(zone)];
  tail.asked = ++asked_;
  auto found = find(zone, tail, serial, newest, octets_max);
  if (tail.steps.empty()) tails_.erase(static_cast<int64_t>(zone));
  make_room(zone);
  return found;
}

base::Result<JournalTail::Found> JournalTail::find(store::ZoneId zone, Tail& tail, uint32_t serial,
                                                   uint32_t newest, size_t octets_max) {
  const auto reaches = [&] {
    return !tail.steps.empty() && tail.steps.back().serial_after == newest && has_begin(tail.steps, serial);
  };
  if (!reaches()) {
    const auto extended = extend(zone, tail, serial, newest, octets_max);
    if (!extended) return std::unexpected(extended.error());
    if (!*extended) return std::nullopt;
  }
  // Where a serial was there more than once, the shorter way.
  std::vector<transfer::EncodedDiff> steps;
  size_t octets = 0;
  for (auto step = tail.steps.rbegin(); step != tail.steps.rend(); ++step) {
    octets += step->diff->size();
    if (octets > octets_max) return std::nullopt;
    steps.push_back(step->diff);
    if (step->serial_before == serial) break;
  }
  std::ranges::reverse(steps);
  return steps;
}

// So that the tail goes from `serial`, or further back, to `newest`. False if the journal does not.
base::Result<bool> JournalTail::extend(store::ZoneId zone, Tail& tail, uint32_t serial, uint32_t newest,
                                       size_t octets_max) {
  const auto wanted = plan(zone, tail, serial, newest, octets_max);
  if (!wanted) return std::unexpected(wanted.error());
  if (wanted->changes.empty()) return false;
  if (!wanted->joins) clear(tail);
  const auto first = static_cast<int64_t>(wanted->changes.back());
  auto next = wanted->changes.rbegin();
  size_t octets = 0;
  const auto read = store_.replay(zone, static_cast<ChangeId>(first - 1), [&](const ChangeRow& row) {
    octets += row.diff.size();
    if (row.id != *next || octets > octets_max) return false;
    tail.steps.push_back({row.id, row.serial_before, row.serial_after,
                          std::make_shared<const std::vector<uint8_t>>(row.diff)});
    tail.octets += row.diff.size();
    octets_ += row.diff.size();
    // What has come behind the newest is none of it.
    return ++next != wanted->changes.rend();
  });
  if (read && next == wanted->changes.rend()) return true;
  clear(tail);
  if (!read) return std::unexpected(read.error());
  return false;
}

// Back from the newest, without the differences, to where the steps begin or the tail ends.
base::Result<JournalTail::Plan> JournalTail::plan(store::ZoneId zone, const Tail& tail, uint32_t serial,
                                                  uint32_t newest, size_t octets_max) {
  const bool is_known = has_begin(tail.steps, serial);
  Plan plan;
  std::optional<ChangeId> below;
  uint32_t at = newest;
  uint64_t records = 0;
  for (;;) {
    const auto rows = store_.changes({.zone = zone, .below = below, .limit = kRowsAtOnce});
    if (!rows) return std::unexpected(rows.error());
    for (const ChangeRow& row : *rows) {
      if (row.serial_after != at) return Plan{};
      if (is_known && row.id == tail.steps.back().change) {
        plan.joins = true;
        return plan;
      }
      records += uint64_t{row.records_removed} + row.records_added;
      if (!is_step(row) || plan.changes.size() == kStepsMax || records * kRecordOctetsMin > octets_max)
        return Plan{};
      plan.changes.push_back(row.id);
      at = row.serial_before;
      if (at == serial) return plan;
    }
    if (rows->size() < kRowsAtOnce) return Plan{};
    below = rows->back().id;
  }
}

void JournalTail::forget(store::ZoneId zone) {
  const auto found = tails_.find(static_cast<int64_t>(zone));
  if (found == tails_.end()) return;
  clear(found->second);
  tails_.erase(found);
}

void JournalTail::clear(Tail& tail) {
  octets_ -= tail.octets;
  tail.octets = 0;
  tail.steps.clear();
}

void JournalTail::make_room(store::ZoneId asked) {
  while (octets_ > octets_max_) {
    const auto oldest =
        std::ranges::min_element(tails_, {}, [](const auto& each) { return each.second.asked; });
    Tail& tail = oldest->second;
    if (oldest->first != static_cast<int64_t>(asked)) {
      clear(tail);
      tails_.erase(oldest);
      continue;
    }
    const size_t octets = tail.steps.front().diff->size();
    tail.octets -= octets;
    octets_ -= octets;
    tail.steps.pop_front();
    if (tail.steps.empty()) tails_.erase(oldest);
  }
}

}  // namespace atlas::control::propagation
