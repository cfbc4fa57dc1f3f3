// Takes the queries that workers record and writes them as dnstap, on a thread of its own.
#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/query_record.h"
#include "atlas/handoff/server_state.h"
#include "atlas/telemetry/dnstap/output_stream.h"

struct fstrm_writer;

namespace atlas::telemetry::dnstap {

struct Settings {
  std::filesystem::path path;
  bool is_socket = false;
  bool queries = true;    // AUTH_QUERY
  bool responses = true;  // AUTH_RESPONSE
  std::string identity;
  std::string version;
};

// Without a reader, records are lost and counted; a reader is looked for every second.
class DnstapWriter {
 public:
  DnstapWriter(Settings settings, handoff::QueryRings& rings, const handoff::CounterSet& counters,
               handoff::ServerState& state, handoff::EventQueue& events);
  // Writes what is in the rings, unless the reader is stuck.
  ~DnstapWriter();
  DnstapWriter(const DnstapWriter&) = delete;
  DnstapWriter& operator=(const DnstapWriter&) = delete;

 private:
  void run();
  // What waited in the rings when it was called, and not much more. False if there was nothing.
  bool drain();
  void write(const handoff::QueryRecord& record);
  void connect();
  void disconnect();
  void report_failure();
  void report_losses();

  const Settings settings_;
  handoff::QueryRings& rings_;
  const handoff::CounterSet& counters_;
  handoff::ServerState& state_;
  handoff::EventQueue& events_;
  OutputStream output_;
  fstrm_writer* writer_ = nullptr;
  bool failure_reported_ = false;
  base::MonotonicTime next_try_;
  base::MonotonicTime next_report_;
  uint64_t losses_reported_ = 0;
  std::vector<uint8_t> message_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace atlas::telemetry::dnstap
