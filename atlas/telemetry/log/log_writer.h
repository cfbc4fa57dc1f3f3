// Writes events down, on a thread of its own.
#pragma once

#include <thread>

#include "atlas/handoff/event.h"

namespace atlas::telemetry::log {

// Takes events from the queue until it is closed. A slow or failing destination never holds up who emits.
class LogWriter {
 public:
  explicit LogWriter(handoff::EventQueue& queue);
  // Closes the queue, writes what is left and joins.
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

 private:
  void run();

  handoff::EventQueue& queue_;
  std::thread thread_;
};

// One line without its end: "2026-01-31T12:00:00.123Z INFO  ATLAS-SERVER-READY ready after ...".
std::string text_line(const handoff::Event& event);
// One JSON object: time, level, event, message and every field.
std::string json_line(const handoff::Event& event);

}  // namespace atlas::telemetry::log
