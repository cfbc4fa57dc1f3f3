// The zones given as files: what is configured, what has been loaded, and what went wrong the last time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/control/config/config.h"
#include "atlas/control/zones/image_store.h"
#include "atlas/control/zones/load_job.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/zone_directory.h"

namespace atlas::control::zones {

struct ZoneState {
  dns::Name apex;
  std::filesystem::path file;
  std::vector<FileStamp> stamps;              // of the version's file and all that it includes
  std::shared_ptr<const zone::Zone> version;  // the last good one; null if there never was one
  bool failed = false;                        // the last attempt
  std::string error;                          // its first error
  size_t warnings = 0;
  std::optional<size_t> task;  // while it is loaded, or waits for it: its number in the job
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

  // Takes over the zones of a configuration; those that stay keep their versions.
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

 private:
  void start(std::vector<size_t> zones, size_t threads, bool even_unchanged);

  handoff::EventQueue& events_;
  ImageStore images_;
  std::vector<ZoneState> zones_;
  handoff::ZoneDirectory directory_;
  std::vector<size_t> tasks_;  // of the job: the zones
  LoadCounts counts_;          // so far
  std::unique_ptr<LoadJob> job_;
};

}  // namespace atlas::control::zones
