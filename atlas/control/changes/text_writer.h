// Writes texts of zones on a thread of its own, one at a time, and makes images of them.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <thread>

#include "atlas/base/result.h"
#include "atlas/control/changes/zone_texts.h"
#include "atlas/dns/name.h"
#include "atlas/zone/zone.h"

namespace atlas::control::changes {

class TextWriter {
 public:
  struct Job {
    store::ZoneId id{};
    store::ChangeId change{};  // the last one that the version holds
    std::shared_ptr<const zone::Zone> version;
    size_t changes = 0;  // that the text will hold and the one before does not
  };
  struct Written {
    Job job;
    base::Result<store::Basis> basis;
    std::shared_ptr<const zone::Zone> image;  // the same version as one piece, for the next start
  };

  explicit TextWriter(const ZoneTexts& texts) : texts_(texts) {}
  ~TextWriter() { wait(); }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;

  bool is_busy() const { return thread_.joinable(); }
  // Must not be busy.
  void begin(Job job);
  // Once it is written.
  std::optional<Written> take();

 private:
  void wait() {
    if (thread_.joinable()) thread_.join();
  }

  const ZoneTexts& texts_;
  std::thread thread_;
  std::atomic<bool> is_done_{false};
  std::optional<Written> written_;
};

}  // namespace atlas::control::changes
