// The zones given as files: what is configured, what has been loaded, and what went wrong the last time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/config/config.h"
#include "atlas/control/zones/image_store.h"
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

// Used by control's thread only; load() has threads of its own while it runs.
class ZoneSet {
 public:
  explicit ZoneSet(handoff::EventQueue& events) : events_(events), images_(events) {}

  // Where images of the zones are kept, so that the next start need not read text. Empty: nowhere.
  void keep_images(std::filesystem::path folder) { images_.use_folder(std::move(folder)); }

  // Takes over the zones of a configuration; those that stay keep their versions.
  ConfigureCounts configure(const std::vector<config::ZoneFile>& wanted);

  // Reads every zone whose file has changed since the last attempt, or all of them, on `threads` threads. A
  // zone that fails keeps its last good version. Of a zone that has none yet, an image will do.
  LoadCounts load(size_t threads, bool even_unchanged);
  // Reads one zone, changed or not. Empty if it is not configured.
  std::optional<LoadCounts> load_one(dns::NameView apex);

  // Of the configured zones and their versions.
  const handoff::ZoneDirectory& directory() const { return directory_; }
  const std::vector<ZoneState>& zones() const { return zones_; }

 private:
  enum class Attempt : uint8_t { kLoaded, kUnchanged, kFailed };

  Attempt attempt(ZoneState& zone, bool even_unchanged, size_t threads);
  std::optional<LoadedZone> read_text(ZoneState& zone);
  LoadCounts load_all(std::vector<ZoneState*> work, size_t threads, bool even_unchanged);

  handoff::EventQueue& events_;
  ImageStore images_;
  std::vector<ZoneState> zones_;
  handoff::ZoneDirectory directory_;
};

}  // namespace atlas::control::zones
