#include "atlas/control/changes/undo.h"

#include <algorithm>
#include <map>

#include "atlas/base/time_text.h"
#include "atlas/zone/soa.h"

namespace atlas::control::changes {
namespace {

using store::ChangeRow;
using store::ZoneKind;
using zone::DiffRecord;
using zone::ZoneDiff;
using zones::ZoneState;

// RRsets named in a message.
constexpr size_t kNamedMax = 3;
// Changes looked at to say which one came behind.
constexpr size_t kLaterChangesMax = 10'000;
// Of the changes that are undone together.
constexpr size_t kRecordsMax = 4'000'000;
constexpr size_t kPage = 1'000;
constexpr std::string_view kFileActor = "file";

std::unexpected<Refused> refuse(Refused::Kind kind, std::string message, std::string hint = {}) {
  return std::unexpected(Refused{kind, std::move(message), std::move(hint)});
}

std::unexpected<Refused> refuse_store(const base::Error& error) {
  return refuse(Refused::Kind::kStore, error.message, error.hint);
}

std::string text_of(store::ChangeId id) {
  return std::to_string(static_cast<int64_t>(id));
}

std::string text_of(dns::NameView owner, dns::RRType type) {
  return dns::to_text(owner) + ' ' + dns::to_text(type);
}

// The zone that a change or an undo is about, with its newest version.
struct Subject {
  const ZoneState* state;
  std::shared_ptr<const zone::Zone> version;
};

Outcome<Subject> subject_of(const Changes& changes, const ZoneState& state) {
  if (state.kind == ZoneKind::kSecondary) return std::unexpected(read_only_secondary(state));
  auto version = changes.newest(state.apex);
  if (version != nullptr) return Subject{&state, std::move(version)};
  return refuse(Refused::Kind::kReadOnly, "zone " + dns::to_text(state.apex) + " is not loaded");
}

Outcome<Subject> subject_of(const Changes& changes, dns::NameView apex) {
  if (const ZoneState* state = changes.zones().find(apex)) return subject_of(changes, *state);
  return refuse(Refused::Kind::kUnknown, "there is no zone " + dns::to_text(apex));
}

Outcome<Subject> subject_of(const Changes& changes, const ChangeRow& change) {
  for (const ZoneState& state : changes.zones().zones()) {
    if (state.row && state.row->id == change.zone) return subject_of(changes, state);
  }
  return refuse(Refused::Kind::kUnknown, "the zone of change " + text_of(change.id) + " is not served",
                "what is in the recycle bin can be restored");
}

Outcome<ZoneDiff> diff_of(const ChangeRow& change) {
  auto diff = zone::decode_diff(change.diff);
  if (diff) return std::move(*diff);
  return refuse(Refused::Kind::kStore, "change " + text_of(change.id) + ": " + diff.error().message,
                diff.error().hint);
}

const DiffRecord* soa_in(const std::vector<DiffRecord>& records) {
  return records.empty() || records.front().type != dns::RRType::SOA ? nullptr : &records.front();
}

// SOAs but for their serials, which every change raises.
bool is_same_soa(const DiffRecord& soa, uint32_t ttl, base::Bytes rdata) {
  constexpr size_t kBehindSerial = 16;
  return soa.ttl == ttl && soa.rdata.size() == rdata.size() && rdata.size() >= zone::kSoaOctetsMin &&
         std::ranges::equal(base::Bytes(soa.rdata).first(rdata.size() - kBehindSerial - 4),
                            rdata.first(rdata.size() - kBehindSerial - 4)) &&
         std::ranges::equal(base::Bytes(soa.rdata).last(kBehindSerial), rdata.last(kBehindSerial));
}

// The SOA of before, if the diff changes more of it than its serial.
const DiffRecord* changed_soa(const ZoneDiff& diff) {
  const DiffRecord* const before = soa_in(diff.removed);
  const DiffRecord* const after = soa_in(diff.added);
  if (before == nullptr || after == nullptr || is_same_soa(*before, after->ttl, after->rdata)) return nullptr;
  return before;
}

// What an undo is to take back: digests are of one version only, and every version has a serial of its own.
ZoneDiff without_digest(ZoneDiff diff, dns::NameView apex) {
  const auto is_digest = [apex](const DiffRecord& record) {
    return record.type == dns::RRType::ZONEMD && record.owner == apex;
  };
  std::erase_if(diff.removed, is_digest);
  std::erase_if(diff.added, is_digest);
  return diff;
}

struct RRsetName {
  dns::Name owner;
  dns::RRType type;

  friend bool operator<(const RRsetName& a, const RRsetName& b) {
    const auto order = dns::compare_canonical(a.owner, b.owner);
    return order != 0 ? order < 0 : a.type < b.type;
  }
};

std::map<RRsetName, ZoneDiff> by_rrset(const ZoneDiff& diff) {
  std::map<RRsetName, ZoneDiff> parts;
  for (const DiffRecord& record : diff.removed) parts[{record.owner, record.type}].removed.push_back(record);
  for (const DiffRecord& record : diff.added) parts[{record.owner, record.type}].added.push_back(record);
  return parts;
}

// The first change behind `id` that has touched one of the RRsets; empty if it is not in the journal.
std::optional<store::ChangeId> later_change(Changes& changes, const ZoneState& state, store::ChangeId id,
                                            const std::vector<RRsetName>& rrsets) {
  if (!state.row) return {};
  std::optional<store::ChangeId> found;
  size_t looked_at = 0;
  const auto touches = [&](const DiffRecord& record) {
    return std::ranges::any_of(rrsets, [&](const RRsetName& one) {
      return one.type == record.type && one.owner.view() == record.owner.view();
    });
  };
  // What cannot be read costs the hint only.
  (void)changes.store().replay(state.row->id, id, [&](const ChangeRow& later) {
    const auto diff = zone::decode_diff(later.diff);
    if (diff && (std::ranges::any_of(diff->removed, touches) || std::ranges::any_of(diff->added, touches)))
      found = later.id;
    return !found && ++looked_at < kLaterChangesMax;
  });
  return found;
}

std::unexpected<Refused> refuse_conflict(Changes& changes, const Subject& subject, store::ChangeId id,
                                         const ZoneDiff& inverse, bool soa_differs) {
  std::vector<RRsetName> rrsets;
  if (soa_differs) rrsets.push_back({subject.version->apex(), dns::RRType::SOA});
  for (const auto& [name, part] : by_rrset(inverse)) {
    if (!zone::edits_of(part, *subject.version)) rrsets.push_back(name);
  }
  std::string list;
  for (size_t i = 0; i < std::min(rrsets.size(), kNamedMax); ++i)
    list += (list.empty() ? "" : ", ") + text_of(rrsets[i].owner, rrsets[i].type);
  if (rrsets.size() > kNamedMax) list += " and " + std::to_string(rrsets.size() - kNamedMax) + " more";
  const auto later = later_change(changes, *subject.state, id, rrsets);
  return refuse(Refused::Kind::kConflict,
                "change " + text_of(id) + " cannot be taken back: " + list +
                    (rrsets.size() == 1 ? " has" : " have") + " been changed since",
                later ? "change " + text_of(*later) + " was the first; undo it before, or overwrite it" : "");
}

// What came of a zone's file is there again with the next look at it.
Outcome<void> check_not_of_file(const ZoneState& state, const ChangeRow& change) {
  if (state.kind != ZoneKind::kFile || change.origin.actor != kFileActor) return {};
  return refuse(Refused::Kind::kReadOnly,
                "change " + text_of(change.id) + " came of the file of zone " + dns::to_text(state.apex),
                "change " + state.file.string());
}

ZoneEdit edit_of(const Subject& subject, const store::Origin& origin, store::ChangeId undoes) {
  return {.zone = subject.state->apex,
          .rrsets = {},
          .origin = origin,
          .undoes = undoes,
          .beside_file = subject.state->kind == ZoneKind::kFile};
}

// `diff` is what was done, by `change` or since it.
Outcome<ZoneEdit> turn_round(Changes& changes, const Subject& subject, const ChangeRow& change, ZoneDiff diff,
                             const store::Origin& origin, Later later) {
  ZoneEdit edit = edit_of(subject, origin, change.id);
  const DiffRecord* const soa = changed_soa(diff);
  bool soa_differs = false;
  if (soa != nullptr) {
    const auto present = subject.version->apex_node().find(dns::RRType::SOA);
    soa_differs = !is_same_soa(*soa_in(diff.added), present->view().ttl, present->view().first());
    edit.rrsets.push_back({subject.version->apex(), dns::RRType::SOA, {}, soa->ttl, {soa->rdata}});
  }
  const ZoneDiff inverse =
      zone::inverse_of(without_digest(zone::without_soa(std::move(diff)), subject.version->apex()));
  const auto fit = later == Later::kOverwrite ? zone::Fit::kLenient : zone::Fit::kExact;
  auto edits = zone::edits_of(inverse, *subject.version, fit);
  if (!edits || (soa_differs && later == Later::kRefuse))
    return refuse_conflict(changes, subject, change.id, inverse, soa_differs);
  std::ranges::move(*edits, std::back_inserter(edit.rrsets));
  return edit;
}

// Both halves are composed by themselves, so that a record is not moved once for each change.
ZoneDiff compose_all(std::span<const ZoneDiff> diffs) {
  if (diffs.size() == 1) return diffs.front();
  const size_t half = diffs.size() / 2;
  return zone::compose(compose_all(diffs.first(half)), compose_all(diffs.subspan(half)));
}

// The first change of a zone at or after a time; none: there is none.
Outcome<std::optional<ChangeRow>> first_since(Changes& changes, store::ZoneId zone, base::WallTime since) {
  std::optional<ChangeRow> first;
  for (;;) {
    store::ChangeFilter filter{.zone = zone, .since = since, .actor = {}, .below = {}, .limit = kPage};
    if (first) filter.below = first->id;
    auto page = changes.store().changes(filter);
    if (!page) return refuse_store(page.error());
    if (!page->empty()) first = std::move(page->back());
    if (page->size() < kPage) return first;
  }
}

}  // namespace

Outcome<ZoneEdit> undo_change(Changes& changes, store::ChangeId id, const store::Origin& origin,
                              Later later) {
  const auto change = changes.store().change(id);
  if (!change) return refuse_store(change.error());
  if (!*change) return refuse(Refused::Kind::kUnknown, "there is no change " + text_of(id));
  const auto subject = subject_of(changes, **change);
  if (!subject) return std::unexpected(subject.error());
  if (auto fits = check_not_of_file(*subject->state, **change); !fits) return std::unexpected(fits.error());
  auto diff = diff_of(**change);
  if (!diff) return std::unexpected(diff.error());
  return turn_round(changes, *subject, **change, std::move(*diff), origin, later);
}

Outcome<ZoneEdit> undo_rrset(Changes& changes, dns::NameView apex, dns::NameView owner, dns::RRType type,
                             const store::Origin& origin) {
  const auto subject = subject_of(changes, apex);
  if (!subject) return std::unexpected(subject.error());
  const ZoneState& state = *subject->state;
  if (!state.row) {
    return refuse(Refused::Kind::kUnknown, "zone " + dns::to_text(state.apex) + " has never been changed");
  }
  store::ChangeFilter filter{
      .zone = state.row->id, .since = {}, .actor = {}, .below = {}, .limit = 1, .with_diff = true};
  // One after the other: the last is most often the one, and diffs may be large.
  for (;;) {
    const auto page = changes.store().changes(filter);
    if (!page) return refuse_store(page.error());
    if (page->empty()) {
      return refuse(Refused::Kind::kUnknown, "no change of " + text_of(owner, type) +
                                                 " is in the history of zone " + dns::to_text(state.apex));
    }
    const ChangeRow& change = page->front();
    filter.below = change.id;
    auto diff = diff_of(change);
    if (!diff) return std::unexpected(diff.error());
    ZoneDiff part = without_digest(zone::only(*diff, owner, type), state.apex);
    if (part.empty() || (type == dns::RRType::SOA && changed_soa(part) == nullptr)) continue;
    if (auto fits = check_not_of_file(state, change); !fits) return std::unexpected(fits.error());
    return turn_round(changes, *subject, change, std::move(part), origin, Later::kRefuse);
  }
}

Outcome<ZoneEdit> undo_since(Changes& changes, dns::NameView apex, base::WallTime since,
                             const store::Origin& origin) {
  const auto subject = subject_of(changes, apex);
  if (!subject) return std::unexpected(subject.error());
  const ZoneState& state = *subject->state;
  ZoneEdit nothing = edit_of(*subject, origin, {});
  nothing.undoes.reset();
  if (!state.row) return nothing;
  if (state.kind == ZoneKind::kPrimary && since < state.row->created) {
    return refuse(
        Refused::Kind::kInvalid,
        "zone " + dns::to_text(state.apex) + " was made later, at " + base::rfc3339_text(state.row->created),
        "delete the zone; it can be restored from the recycle bin");
  }
  const auto first = first_since(changes, state.row->id, since);
  if (!first) return std::unexpected(first.error());
  if (!*first) return nothing;

  std::vector<ZoneDiff> diffs;
  Outcome<void> fits;
  size_t records = 0;
  // By id, not by time: the clock may have been set back.
  const store::ChangeId before{static_cast<int64_t>((*first)->id) - 1};
  const auto read = changes.store().replay(state.row->id, before, [&](const ChangeRow& change) {
    fits = check_not_of_file(state, change);
    if (!fits) return false;
    auto diff = diff_of(change);
    if (!diff) {
      fits = std::unexpected(diff.error());
      return false;
    }
    records += diff->removed.size() + diff->added.size();
    if (records > kRecordsMax) {
      fits = refuse(Refused::Kind::kInvalid,
                    "more than " + std::to_string(kRecordsMax) + " records have been changed since",
                    "replace the zone by the text that it is to have");
      return false;
    }
    diffs.push_back(std::move(*diff));
    return true;
  });
  if (!read) return refuse_store(read.error());
  if (!fits) return std::unexpected(fits.error());
  if (diffs.empty()) return nothing;
  return turn_round(changes, *subject, **first, compose_all(diffs), origin, Later::kRefuse);
}

}  // namespace atlas::control::changes
