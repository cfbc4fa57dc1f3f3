// A diff applied to a version: RRsets as edit_zone() wants them.
#include <algorithm>
#include <optional>
#include <set>

#include "atlas/dns/rdata.h"
#include "atlas/zone/canonical_rdatas.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/diff_order.h"
#include "atlas/zone/diff_text.h"

namespace atlas::zone {
namespace {

using dns::RRType;

struct Change {
  const DiffRecord* record;
  bool added;
};

std::unexpected<base::Error> misfit(const Change& change, const std::string& why) {
  return base::fail(text_of(*change.record, change.added) + ": " + why);
}

// Applies the changes of one RRset after the other. Keeps its memory.
class RRsetChanges {
 public:
  RRsetChanges(const Zone& zone, Fit fit) : zone_(zone), is_exact_(fit == Fit::kExact) {}

  // Empty if the RRset stays.
  base::Result<std::optional<RRsetEdit>> apply(std::span<const Change> changes) {
    const DiffRecord& first = *changes.front().record;
    const RRType covered = covered_type(first);
    const auto node = zone_.owner_of(first.owner, first.type, covered);
    const dns::RRsetView before = node ? node->rrset(first.type, covered) : dns::RRsetView{};
    before_.assign(first.type, before);
    states_.assign(before_.size(), State::kStays);
    added_.clear();
    added_canonical_.clear();
    std::optional<uint32_t> ttl;  // of what comes
    for (const Change& change : changes) {
      const DiffRecord& record = *change.record;
      canonical_.assign(record.rdata.begin(), record.rdata.end());
      dns::make_canonical(record.type, canonical_);
      const size_t at = find();
      const bool was_there = at != before_.size();
      const bool is_there = was_there && states_[at] != State::kGone;
      if (!change.added) {
        if (is_exact_ && !is_there) return misfit(change, "is not in the zone");
        if (is_exact_ && record.ttl != before.ttl)
          return misfit(change, "is in the zone with a TTL of " + std::to_string(before.ttl));
        if (!is_there) continue;
        states_[at] = State::kGone;
      } else {
        if (is_there || (!was_there && !added_canonical_.insert(canonical_).second)) {
          if (is_exact_) return misfit(change, "is in the zone already");
          continue;
        }
        if (is_exact_ && ttl.value_or(record.ttl) != record.ttl)
          return misfit(change, "comes with a record whose TTL is " + std::to_string(*ttl));
        ttl = record.ttl;
        if (was_there) {
          states_[at] = State::kBack;
        } else {
          added_.push_back(record.rdata);
        }
      }
    }
    const bool all_there = std::ranges::find(states_, State::kGone) == states_.end();
    if (all_there && added_.empty() && ttl.value_or(before.ttl) == before.ttl) return std::nullopt;
    RRsetEdit edit{first.owner, first.type, covered, ttl.value_or(before.ttl), {}};
    for (size_t i = 0; i < before_.size(); ++i) {
      if (states_[i] != State::kGone)
        edit.rdatas.emplace_back(before_.written(i).begin(), before_.written(i).end());
    }
    if (is_exact_ && edit.ttl != before.ttl && std::ranges::find(states_, State::kStays) != states_.end())
      return misfit(changes.back(), "the records that stay have a TTL of " + std::to_string(before.ttl));
    for (const base::Bytes each : added_) edit.rdatas.emplace_back(each.begin(), each.end());
    return edit;
  }

 private:
  enum class State : uint8_t { kStays, kGone, kBack };

  // The record that is canonical_, or size().
  size_t find() const {
    size_t begin = 0, end = before_.size();
    while (begin != end) {
      const size_t middle = begin + (end - begin) / 2;
      const int order = compare_rdatas(before_.canonical(middle), canonical_);
      if (order == 0) return middle;
      (order < 0 ? begin : end) = order < 0 ? middle + 1 : middle;
    }
    return before_.size();
  }

  const Zone& zone_;
  const bool is_exact_;
  CanonicalRdatas before_;
  std::vector<State> states_;  // of before_
  std::vector<base::Bytes> added_;
  std::set<std::vector<uint8_t>> added_canonical_;
  std::vector<uint8_t> canonical_;  // the RDATA at hand
};

}  // namespace

base::Result<std::vector<RRsetEdit>> edits_of(const ZoneDiff& diff, const Zone& zone, Fit fit) {
  std::vector<Change> changes;
  changes.reserve(diff.removed.size() + diff.added.size());
  for (const DiffRecord& record : diff.removed) changes.push_back({&record, false});
  for (const DiffRecord& record : diff.added) changes.push_back({&record, true});
  for (const Change& change : changes) {
    if (change.record->type == RRType::RRSIG && change.record->rdata.size() < 2)
      return misfit(change, "does not say what it covers");
  }
  // What goes stays in front of what comes.
  std::ranges::stable_sort(
      changes, [](const Change& a, const Change& b) { return compare_rrsets(*a.record, *b.record) < 0; });
  std::vector<RRsetEdit> edits;
  RRsetChanges rrset(zone, fit);
  for (size_t first = 0; first < changes.size();) {
    size_t end = first + 1;
    while (end < changes.size() && compare_rrsets(*changes[first].record, *changes[end].record) == 0) ++end;
    auto edit = rrset.apply(std::span(changes).subspan(first, end - first));
    if (!edit) return std::unexpected(std::move(edit.error()));
    if (*edit) edits.push_back(std::move(**edit));
    first = end;
  }
  return edits;
}

}  // namespace atlas::zone
