// The zones that are served: those given as files, what has been loaded of them and what went wrong the last
// time, and those that the store owns.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/config/config.h"
#include "atlas/control/store/store.h"
#include "atlas/control/zones/image_store.h"
#include "atlas/control/zones/load_job.h"
#include "atlas/control/zones/zone_settings.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/zone_directory.h"

namespace atlas::control::zones {

struct ZoneState {
  dns::Name apex;
  store::ZoneKind kind = store::ZoneKind::kFile;
  std::shared_ptr<const store::ZoneRow> row;  // of a primary, and of a file zone that has been changed
  size_t changes_behind_basis = 0;            // in the journal, behind the row's basis
  store::ChangeId last_change{};              // that the version holds
  std::shared_ptr<const ZoneSettings> settings;
  std::shared_ptr<const policy::update::UpdatePolicy> policy;  // of the settings
  std::shared_ptr<const policy::transfer::TransferPolicy> transfers;
  // Of a secondary.
  std::optional<base::WallTime> refreshed;  // when a primary confirmed the version
  uint32_t expires_unix_seconds = 0;        // when the version will have expired; 0: there is none
  bool is_expired = false;                  // it has; it stays, so that less than all has to be transferred
  // Of a file zone, and where the configuration names it.
  std::filesystem::path file;
  std::filesystem::path configured_in;
  uint32_t line = 0;
  std::vector<FileStamp> stamps;              // of the version's file and all that it includes
  std::shared_ptr<const zone::Zone> version;  // the last good one; null if there never was one
  bool failed = false;                        // the last attempt
  std::string error;                          // its first error
  size_t warnings = 0;
  bool is_digest_old = false;  // the version was loaded, and nobody has looked at its ZONEMD record
  std::optional<size_t> task;  // while it is loaded, or waits for it: its number in the job

  // The configuration names it, and owns its settings.
  bool is_configured() const { return kind == store::ZoneKind::kFile || !configured_in.empty(); }
};

// Gives a zone settings, which were checked, and what follows from them.
void use_settings(ZoneState& zone, const ZoneSettings& settings);

// Told of what becomes of zones, on control's thread. Must not change the ZoneSet from within.
class ZoneWatcher {
 public:
  virtual ~ZoneWatcher() = default;
  // It is new here, or has another version, other settings or another row.
  virtual void zone_changed(const ZoneState& zone) = 0;
  virtual void zone_removed(dns::NameView apex) = 0;
};

struct LoadCounts {
  size_t loaded = 0;
  size_t unchanged = 0;
  size_t failed = 0;
};

struct ConfigureCounts {
  size_t added = 0;
  size_t removed = 0;
  size_t changed = 0;  // have another file
};

// Used by control's thread only.
class ZoneSet {
 public:
  explicit ZoneSet(handoff::EventQueue& events) : events_(events), images_(events) {}

  // Where images of the zones are kept, so that the next start need not read text. Empty: nowhere.
  void keep_images(std::filesystem::path folder) { images_.use_folder(std::move(folder)); }

  // What becomes of a file's content before it is served: whoever keeps changes beside files adds them. An
  // error is one of the load.
  using Adopt = std::function<base::Result<std::shared_ptr<const zone::Zone>>(ZoneState& zone,
                                                                              const LoadedZone& loaded)>;
  void use_adopt(Adopt adopt) { adopt_ = std::move(adopt); }

  // Of zones that are not here any more.
  void remove_other_images();

  // Takes over the zones of a configuration; those that stay keep their versions. Zones of the store stay.
  ConfigureCounts configure(const std::vector<config::ZoneFile>& wanted);

  // Begins to read every zone whose file has changed since the last attempt, on `threads` threads. A zone
  // that fails keeps its last good version. Of a zone that has none yet, an image will do. Nothing may be
  // loading.
  void start_load(size_t threads);
  // The same for one zone, changed or not. False if it is not configured.
  bool start_load_one(dns::NameView apex, size_t threads);
  bool is_loading() const { return job_ != nullptr; }
  // While something is loading: becomes readable when there is something to collect.
  int descriptor() const { return job_->descriptor(); }
  // Takes over what has been read so far.
  struct Collected {
    bool changed = false;            // the directory
    std::optional<LoadCounts> done;  // once all is read
  };
  Collected collect();
  // Collects until all is read.
  LoadCounts wait();
  // Octets of text read so far of a zone that is being loaded.
  uint64_t octets_read(const ZoneState& zone) const { return job_->octets_read(*zone.task); }

  // Of the configured zones and their versions.
  const handoff::ZoneDirectory& directory() const { return directory_; }
  const std::vector<ZoneState>& zones() const { return zones_; }
  // Null: there is no such zone.
  const ZoneState* find(dns::NameView apex) const;

  // For Changes: a version, another row or other settings; zones that come and go.
  void replace(dns::NameView apex, std::shared_ptr<const zone::Zone> version);
  // In place of the one of that name, or new.
  void put(ZoneState zone);
  void remove(dns::NameView apex);
  void set_digest_seen(dns::NameView apex);
  // Of a secondary: times alone. Changes the directory; tells no watcher.
  void set_refreshed(dns::NameView apex, std::optional<base::WallTime> refreshed,
                     uint32_t expires_unix_seconds, bool is_expired);
  // Outlives the ZoneSet, or is removed. It is told of all zones that there are by now.
  void add_watcher(ZoneWatcher& watcher);
  void remove_watcher(ZoneWatcher& watcher);
  // An image of the text that the zone's stamps are of.
  void keep_image(dns::NameView apex, std::shared_ptr<const zone::Zone> image);

 private:
  void serve(const ZoneState& zone);
  void tell(const ZoneState& zone);
  void tell_removed(dns::NameView apex);
  void start(const std::vector<size_t>& zones, size_t threads, bool even_unchanged);
  void index();
  ZoneState* find_state(dns::NameView apex);
  // True if it has another version then.
  bool take(LoadOutcome& outcome, ZoneState& zone);

  handoff::EventQueue& events_;
  ImageStore images_;
  Adopt adopt_;
  std::vector<ZoneState> zones_;
  std::unordered_map<dns::Name, size_t, dns::NameHash, dns::NameEqual> places_;  // in zones_
  handoff::ZoneDirectory directory_;
  std::vector<ZoneWatcher*> watchers_;
  std::vector<dns::Name> tasks_;  // of the job: the zones
  LoadCounts counts_;             // so far
  std::unique_ptr<LoadJob> job_;
};

}  // namespace atlas::control::zones
