// The zones given as files: what is configured, what has been loaded, and what went wrong the last time.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/config/config.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/snapshot.h"

namespace atlas::control::zones {

// What a file looked like before it was read: another look is a reason to read it again.
struct FileStamp {
  std::filesystem::path path;
  int64_t modified_ns = 0;
  uint64_t size = 0;
  uint64_t inode = 0;

  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

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
  explicit ZoneSet(handoff::EventQueue& events) : events_(events) {}

  // Takes over the zones of a configuration; those that stay keep their versions.
  ConfigureCounts configure(const std::vector<config::ZoneFile>& wanted);

  // Reads every zone whose file has changed since the last attempt, or all of them, on `threads` threads. A
  // zone that fails keeps its last good version.
  LoadCounts load(size_t threads, bool even_unchanged);
  // Reads one zone, changed or not. Empty if it is not configured.
  std::optional<LoadCounts> load_one(dns::NameView apex);

  std::vector<handoff::ZoneEntry> entries() const;
  const std::vector<ZoneState>& zones() const { return zones_; }

 private:
  enum class Attempt : uint8_t { kLoaded, kUnchanged, kFailed };

  Attempt attempt(ZoneState& zone, bool even_unchanged);
  LoadCounts load_all(std::vector<ZoneState*> work, size_t threads, bool even_unchanged);

  handoff::EventQueue& events_;
  std::vector<ZoneState> zones_;
};

}  // namespace atlas::control::zones
