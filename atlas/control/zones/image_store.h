// Images of the zones that were read from text, in a folder of their own: the next start takes them instead
// of the text, if no file of the zone has changed. They can be deleted at any time.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/zones/file_stamp.h"
#include "atlas/dns/name.h"
#include "atlas/handoff/event.h"
#include "atlas/zone/zone.h"

namespace atlas::control::zones {

// A zone version and what is known of its making.
struct LoadedZone {
  std::shared_ptr<const zone::Zone> version;
  std::vector<FileStamp> stamps;  // of the zone's file, which is the first, and of all that it includes
  size_t warnings = 0;
  std::string first_warning;
};

class ImageStore {
 public:
  explicit ImageStore(handoff::EventQueue& events) : events_(events) {}
  // Writes for a second at most; images that still wait are given up.
  ~ImageStore();

  // Before the others. An empty path: no images.
  void use_folder(std::filesystem::path folder);
  bool enabled() const { return !folder_.empty(); }

  // Any thread. The zone of `file`, unless there is no image, or it is not of the file as it is now. What
  // else is wrong with an image is reported. `threads` may verify it.
  std::optional<LoadedZone> load(const dns::Name& apex, const std::filesystem::path& file, size_t threads);
  // Any thread. Writes the image later, on a thread of its own.
  void keep(const dns::Name& apex, LoadedZone zone);
  // Removes the images of all other zones.
  void keep_only(const std::vector<dns::Name>& zones);
  // Waits until every image is written.
  void finish();

 private:
  std::filesystem::path path_of(const dns::Name& apex) const;
  void write(const std::filesystem::path& path, const LoadedZone& zone);
  void run();

  handoff::EventQueue& events_;
  std::filesystem::path folder_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::filesystem::path, LoadedZone> waiting_;  // the newest version of each zone, so it is bounded
  std::filesystem::path at_hand_;
  std::optional<base::MonotonicTime> stop_by_;
  std::thread writer_;  // runs once there is something to write
};

// The name of a zone's image file: its name in lower case, with what is unusual in file names escaped.
std::string image_file_name(dns::NameView apex);

}  // namespace atlas::control::zones
