#include "atlas/control/propagation/propagation.h"

#include <algorithm>
#include <unordered_map>

#include "atlas/control/remotes/errand_owners.h"
#include "atlas/transfer/messages.h"

namespace atlas::control::propagation {
namespace {

using base::MonotonicTime;
using changes::Refused;
using std::chrono::milliseconds;

bool is_at_least(uint32_t serial, uint32_t other) {
  return serial == other || transfer::is_newer(serial, other);
}

std::unexpected<Refused> refuse(Refused::Kind kind, std::string message, std::string hint = {}) {
  return std::unexpected(Refused{kind, std::move(message), std::move(hint)});
}

// One address of one secondary, and what it said last.
struct Probe {
  std::string name;
  remotes::RemotePtr remote;  // null: there is none of that name
  size_t endpoint = 0;        // of the remote
  std::optional<uint32_t> serial;
  bool by_zone_version = false;
  std::string error;
  std::optional<MonotonicTime> heard;  // an answer, or that there is none
  MonotonicTime next{};                // question
  milliseconds interval = kAskFirst;
  uint64_t errand = 0;  // under way

  bool serves(uint32_t wanted) const { return serial && is_at_least(*serial, wanted); }
  bool is_same(const Probe& other) const {
    return name == other.name && remote == other.remote && endpoint == other.endpoint;
  }
};

struct Wait {
  store::ChangeId change{};
  uint32_t serial = 0;
  MonotonicTime begun, end;
  Propagation::Done done;
  std::vector<std::optional<base::WallTime>> since;  // by probe

  bool has_heard(const Probe& probe) const {
    return probe.remote == nullptr || (probe.heard && *probe.heard >= begun);
  }
};

// All that is waited for in one zone: secondaries are asked once for all.
struct Watched {
  std::vector<Probe> probes;
  std::vector<Wait> waits;
  MonotonicTime forget;  // once nobody waits
};

}  // namespace

struct Propagation::Contents {
  changes::Changes& changes;
  Find find;
  Submit submit;
  std::unordered_map<dns::Name, Watched, dns::NameHash, dns::NameEqual> zones;
  std::unordered_map<uint64_t, dns::Name> under_way;  // errands, and the zones that they ask for
  uint64_t errands = 0;
  size_t waits = 0;
  MonotonicTime now{};                       // the last that was heard of
  MonotonicTime due = MonotonicTime::max();  // turn() has something to do
  std::vector<std::pair<Done, PropagationReport>> done;

  void look_up_secondaries(const zones::ZoneSettings& settings, Watched& watched);
  void turn_zone(const dns::Name& zone, Watched& watched);
  void ask(const dns::Name& zone, Probe& probe);
  bool is_served(const dns::Name& zone, uint32_t serial) const;
  bool is_over(const Wait& wait, const Watched& watched, bool is_in_sync) const;
  PropagationReport report(const dns::Name& zone, const Watched& watched, const Wait& wait) const;
};

// Those that are asked already go on as they were.
void Propagation::Contents::look_up_secondaries(const zones::ZoneSettings& settings, Watched& watched) {
  std::vector<Probe> probes;
  for (const std::string& reference : settings.secondaries) {
    const auto remote = find(reference);
    if (!remote) {
      Probe& probe = probes.emplace_back();
      probe.name = reference;
      probe.error = remote.error().message;
      continue;
    }
    for (size_t i = 0; i < (*remote)->endpoints.size(); ++i) {
      Probe& probe = probes.emplace_back();
      probe.name = (*remote)->name;
      probe.remote = *remote;
      probe.endpoint = i;
    }
  }
  std::vector<size_t> before(probes.size(), SIZE_MAX);  // where it was
  for (size_t i = 0; i < probes.size(); ++i) {
    const auto found =
        std::ranges::find_if(watched.probes, [&](const Probe& other) { return other.is_same(probes[i]); });
    if (found == watched.probes.end()) continue;
    before[i] = static_cast<size_t>(found - watched.probes.begin());
    probes[i] = *found;
  }
  for (Probe& probe : probes) {
    probe.interval = kAskFirst;
    probe.next = now;
  }
  for (Wait& wait : watched.waits) {
    std::vector<std::optional<base::WallTime>> since(probes.size());
    for (size_t i = 0; i < probes.size(); ++i) {
      if (before[i] != SIZE_MAX) since[i] = wait.since[before[i]];
    }
    wait.since = std::move(since);
  }
  watched.probes = std::move(probes);
}

bool Propagation::Contents::is_served(const dns::Name& zone, uint32_t serial) const {
  const zones::ZoneState* const state = changes.zones().find(zone);
  return state != nullptr && state->version != nullptr && !state->is_expired &&
         is_at_least(state->version->serial(), serial);
}

void Propagation::Contents::ask(const dns::Name& zone, Probe& probe) {
  probe.next = now + probe.interval;
  probe.interval = std::min(probe.interval * 3 / 2, kAskEvery);
  const uint64_t id = remotes::errand_id(remotes::ErrandOwner::kPropagation, ++errands);
  remotes::Errand errand;
  errand.id = id;
  errand.remote = probe.remote;
  errand.endpoint = probe.endpoint;
  errand.may_try_others = false;
  errand.message = transfer::make_soa_query(zone);
  if (!submit(std::move(errand))) {
    probe.error = "not asked: too many messages to other servers wait";
    return;
  }
  probe.errand = id;
  under_way.emplace(id, zone);
}

bool Propagation::Contents::is_over(const Wait& wait, const Watched& watched, bool is_in_sync) const {
  if (now >= wait.end + kFirstAnswerMax) return true;
  if (!is_in_sync && now < wait.end) return false;
  return std::ranges::all_of(watched.probes, [&](const Probe& probe) { return wait.has_heard(probe); });
}

PropagationReport Propagation::Contents::report(const dns::Name& zone, const Watched& watched,
                                                const Wait& wait) const {
  PropagationReport report{.change = wait.change, .zone = zone, .serial = wait.serial, .secondaries = {}};
  report.is_served_here = is_served(zone, wait.serial);
  report.in_sync = report.is_served_here;
  for (size_t i = 0; i < watched.probes.size(); ++i) {
    const Probe& probe = watched.probes[i];
    SecondarySerial& secondary = report.secondaries.emplace_back();
    secondary.name = probe.name;
    if (probe.remote != nullptr) secondary.endpoint = probe.remote->endpoints[probe.endpoint];
    secondary.serial = probe.serial;
    secondary.by_zone_version = probe.by_zone_version;
    secondary.serves = probe.serves(wait.serial);
    secondary.since = wait.since[i];
    secondary.error = probe.error;
    report.in_sync = report.in_sync && secondary.serves;
  }
  return report;
}

void Propagation::Contents::turn_zone(const dns::Name& zone, Watched& watched) {
  if (!watched.waits.empty()) watched.forget = now + kRemember;
  std::erase_if(watched.waits, [&](Wait& wait) {
    for (size_t i = 0; i < watched.probes.size(); ++i) {
      if (!wait.since[i] && watched.probes[i].serves(wait.serial)) wait.since[i] = base::wall_now();
    }
    const bool is_in_sync =
        is_served(zone, wait.serial) &&
        std::ranges::all_of(watched.probes, [&](const Probe& probe) { return probe.serves(wait.serial); });
    if (!is_over(wait, watched, is_in_sync)) return false;
    done.emplace_back(std::move(wait.done), report(zone, watched, wait));
    --waits;
    return true;
  });
  if (watched.waits.empty()) {
    if (now < watched.forget) due = std::min(due, watched.forget);
    return;
  }
  // A version here that is late is nothing that anybody tells.
  due = std::min(due, now + kAskFirst);
  for (const Wait& wait : watched.waits)
    due = std::min(due, now < wait.end ? wait.end : wait.end + kFirstAnswerMax);
  for (Probe& probe : watched.probes) {
    if (probe.remote == nullptr || probe.errand != 0) continue;
    const bool is_wanted = std::ranges::any_of(watched.waits, [&](const Wait& wait) {
      return !wait.has_heard(probe) || !probe.serves(wait.serial);
    });
    if (is_wanted && now >= probe.next) ask(zone, probe);
  }
}

Propagation::Propagation(changes::Changes& changes, Find find, Submit submit)
    : contents_(new Contents{.changes = changes,
                             .find = std::move(find),
                             .submit = std::move(submit),
                             .zones = {},
                             .under_way = {},
                             .done = {}}) {}

Propagation::~Propagation() = default;

changes::Outcome<void> Propagation::watch(store::ChangeId change, milliseconds wait, MonotonicTime now,
                                          Done done) {
  const auto row = contents_->changes.store().change(change);
  if (!row) return refuse(Refused::Kind::kStore, row.error().message, row.error().hint);
  const std::string number = std::to_string(static_cast<int64_t>(change));
  if (!*row) return refuse(Refused::Kind::kUnknown, "there is no change " + number);
  const auto& zones = contents_->changes.zones().zones();
  const auto state = std::ranges::find_if(zones, [&](const zones::ZoneState& zone) {
    return zone.row != nullptr && zone.row->id == (*row)->zone;
  });
  if (state == zones.end())
    return refuse(Refused::Kind::kUnknown, "the zone of change " + number + " is not served any more");
  if (contents_->waits == kWaitsMax)
    return refuse(Refused::Kind::kConflict, "too many wait for changes to be seen", "try again later");

  contents_->now = now;
  Watched& watched = contents_->zones[state->apex];
  contents_->look_up_secondaries(*state->settings, watched);
  Wait& made = watched.waits.emplace_back();
  made.change = change;
  made.serial = (*row)->serial_after;
  made.begun = now;
  made.end = now + std::clamp<milliseconds>(wait, milliseconds(0), kWaitMax);
  made.done = std::move(done);
  made.since.resize(watched.probes.size());
  ++contents_->waits;
  contents_->due = now;
  return {};
}

void Propagation::turn(MonotonicTime now) {
  contents_->now = std::max(contents_->now, now);
  if (now < contents_->due) return;
  contents_->due = MonotonicTime::max();
  for (auto& [zone, watched] : contents_->zones) contents_->turn_zone(zone, watched);
  std::erase_if(contents_->zones, [&](const auto& entry) {
    return entry.second.waits.empty() && contents_->now >= entry.second.forget;
  });
  // Whoever is told may wait for something else at once.
  for (auto& [done, report] : std::exchange(contents_->done, {})) done(report);
}

MonotonicTime Propagation::deadline() const {
  return contents_->due;
}

void Propagation::take(remotes::Outcome outcome) {
  const auto errand = contents_->under_way.find(outcome.id);
  if (errand == contents_->under_way.end()) return;
  const dns::Name zone = errand->second;
  contents_->under_way.erase(errand);
  const auto watched = contents_->zones.find(zone);
  if (watched == contents_->zones.end()) return;
  const auto probe = std::ranges::find(watched->second.probes, outcome.id, &Probe::errand);
  if (probe == watched->second.probes.end()) return;
  probe->errand = 0;
  probe->heard = contents_->now;
  probe->next = contents_->now + probe->interval;
  contents_->due = contents_->now;
  if (outcome.result != remotes::Outcome::Result::kAnswered) {
    probe->error = std::move(outcome.error);
    return;
  }
  const auto answer = transfer::parse_soa_answer(outcome.message, zone);
  if (!answer) {
    probe->error = answer.error().message;
    return;
  }
  probe->error.clear();
  probe->by_zone_version = answer->zone_version_serial.has_value();
  probe->serial = answer->zone_version_serial.value_or(answer->soa.serial);
}

}  // namespace atlas::control::propagation
