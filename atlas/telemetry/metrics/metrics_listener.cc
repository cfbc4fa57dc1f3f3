#include "atlas/telemetry/metrics/metrics_listener.h"

#include <pthread.h>

namespace atlas::telemetry::metrics {
namespace {

constexpr std::chrono::milliseconds kTurn{200};

http::Response text(int status, std::string body) {
  return {.status = status,
          .content_type = "text/plain; charset=utf-8",
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace

MetricsListener::MetricsListener(std::vector<net::FileDescriptor> sockets, const Sources& sources)
    : sources_(sources), server_(router_, http::ServerLimits{}, http::peer_name) {
  router_.add("GET", "/metrics", [this](const http::Request&) {
    http::Response response = text(200, exposition(sources_));
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    return response;
  });
  router_.add("GET", "/healthz", [this](const http::Request&) {
    const std::string wrong = ailment(sources_, base::monotonic_now());
    return wrong.empty() ? text(200, "ok\n") : text(503, wrong + '\n');
  });
  for (net::FileDescriptor& socket : sockets) server_.add_listener(std::move(socket));
  thread_ = std::thread([this] { run(); });
}

MetricsListener::~MetricsListener() {
  stopping_ = true;
  thread_.join();
}

void MetricsListener::run() {
  pthread_setname_np(pthread_self(), "metrics");
  while (!stopping_) server_.turn(kTurn);
}

}  // namespace atlas::telemetry::metrics
