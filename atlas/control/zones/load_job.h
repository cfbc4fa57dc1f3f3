// Reads zones on threads of its own, from their images or their text, while control goes on.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "atlas/control/zones/image_store.h"
#include "atlas/handoff/event.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/zone/text/source_text.h"

namespace atlas::control::zones {

// A zone to read.
struct LoadTask {
  dns::Name apex;
  std::filesystem::path file;
  std::vector<FileStamp> stamps;  // of what is served; none: read in any case
  bool is_served = false;         // an older version is
  bool may_use_image = true;
  bool is_lenient = false;  // zone::LoadOptions'
};

// What came of it.
struct LoadOutcome {
  enum class Result : uint8_t { kLoaded, kUnchanged, kFailed };

  size_t task = 0;
  Result result = Result::kUnchanged;
  LoadedZone zone;    // kLoaded
  std::string error;  // kFailed: the first
};

class LoadJob {
 public:
  LoadJob(std::vector<LoadTask> tasks, size_t threads, ImageStore& images, handoff::EventQueue& events);
  // Ends what is being loaded from text, and waits for the threads.
  ~LoadJob();
  LoadJob(const LoadJob&) = delete;
  LoadJob& operator=(const LoadJob&) = delete;

  // Becomes readable when there are outcomes to take.
  int descriptor() const { return ready_.get(); }
  std::vector<LoadOutcome> take();
  // Of a task: octets of text read so far. Any time.
  uint64_t octets_read(size_t task) const { return progress_[task].octets; }

 private:
  void run(size_t threads);
  LoadOutcome load(size_t number, size_t threads);
  std::optional<LoadedZone> read_text(size_t number, size_t threads, std::string& error);

  const std::vector<LoadTask> tasks_;
  ImageStore& images_;
  handoff::EventQueue& events_;
  std::vector<zone::text::ReadProgress> progress_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> stopping_{false};
  net::FileDescriptor ready_;
  std::mutex mutex_;
  std::vector<LoadOutcome> outcomes_;
  std::vector<std::thread> threads_;
};

}  // namespace atlas::control::zones
