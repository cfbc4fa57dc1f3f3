// What time brings: leases that end, history that is old enough to be forgotten, deleted zones, texts that
// lie far behind.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/changes/text_writer.h"
#include "atlas/control/config/config.h"
#include "atlas/handoff/event.h"

namespace atlas::control::changes {

// Control's thread.
class Housekeeping {
 public:
  Housekeeping(Changes& changes, handoff::EventQueue& events);

  void use_settings(const config::HistorySettings& settings) { settings_ = settings; }
  // Does some of what is due: little at a time, since updates wait meanwhile. True if the directory of zones
  // has to be published.
  bool turn(base::MonotonicTime now);

 private:
  bool renew_digests();
  bool expire_leases();
  bool end_leases(const zones::ZoneState& zone, std::vector<store::LeaseRow> rows);
  bool keep_in_store(const zones::ZoneState& zone);
  bool take_text();
  void begin_text();
  void begin_forgetting();
  void forget_more();
  void purge_deleted();

  Changes& changes_;
  handoff::EventQueue& events_;
  config::HistorySettings settings_;
  TextWriter texts_;
  base::MonotonicTime leases_due_;
  base::MonotonicTime digests_due_;
  base::MonotonicTime texts_due_;
  base::MonotonicTime history_due_;
  // While history is being forgotten: what is older goes, once each zone's basis holds it.
  std::optional<store::ChangeId> forget_before_;
  std::vector<dns::Name> to_fold_;
};

}  // namespace atlas::control::changes
