// GET /metrics and GET /healthz, on sockets and a thread of their own.
#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "atlas/http/router.h"
#include "atlas/http/server.h"
#include "atlas/telemetry/metrics/exposition.h"

namespace atlas::telemetry::metrics {

class MetricsListener {
 public:
  // `sockets` listen and do not block. What `sources` refers to outlives the listener.
  MetricsListener(std::vector<net::FileDescriptor> sockets, const Sources& sources);
  // Within a fraction of a second.
  ~MetricsListener();
  MetricsListener(const MetricsListener&) = delete;
  MetricsListener& operator=(const MetricsListener&) = delete;

 private:
  void run();

  const Sources sources_;
  http::Router router_;
  http::Server server_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace atlas::telemetry::metrics
