// atlasd: the server. Wires the planes together and waits.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <optional>

#include "atlas/app/atlasd/first_run.h"
#include "atlas/app/version.h"
#include "atlas/base/thread_role.h"
#include "atlas/control/config/config.h"
#include "atlas/control/log_settings.h"
#include "atlas/control/server.h"
#include "atlas/data/worker_pool.h"
#include "atlas/net/socket.h"
#include "atlas/telemetry/dnstap/dnstap_writer.h"
#include "atlas/telemetry/log/log_writer.h"
#include "atlas/telemetry/metrics/metrics_listener.h"

namespace atlas::app::atlasd {
namespace {

// Queries of one worker that wait for dnstap's thread: a few milliseconds of a full load.
constexpr size_t kRecordsPerWorker = 4096;

struct Options {
  std::filesystem::path config = "/etc/atlas/atlas.yaml";
  std::filesystem::path init;
  bool check = false;
};

int fail(const base::Error& error) {
  std::fprintf(stderr, "atlasd: error: %s\n", error.message.c_str());
  if (!error.hint.empty()) std::fprintf(stderr, "  hint: %s\n", error.hint.c_str());
  return 1;
}

base::Result<std::vector<net::FileDescriptor>> open_metrics_sockets(std::vector<net::Endpoint> endpoints,
                                                                    handoff::EventQueue& events) {
  std::vector<net::FileDescriptor> sockets;
  for (net::Endpoint& endpoint : endpoints) {
    if (auto unused = net::check_unused(endpoint, net::SocketType::kTcp); !unused) {
      return std::unexpected(unused.error());
    }
    auto opened = net::open_listeners(endpoint, net::SocketType::kTcp, 1);
    if (!opened) return std::unexpected(opened.error());
    sockets.push_back(std::move(opened->front()));
    events.emit(handoff::EventId::kMetricsOpened, {{"address", endpoint.to_text()}});
  }
  return sockets;
}

telemetry::dnstap::Settings dnstap_settings(const control::config::Config& config) {
  const control::config::DnstapSettings& wanted = config.dnstap;
  const bool to_socket = !wanted.socket.empty();
  return {.path = to_socket ? wanted.socket : wanted.file,
          .is_socket = to_socket,
          .queries = wanted.queries,
          .responses = wanted.responses,
          .identity = config.server.id,
          .version = "Atlas " + std::string(version_text())};
}

int serve(const Options& options, control::config::Config config) {
  handoff::EventQueue events;
  control::use_log_settings(config.log, events);
  handoff::ServerState state;
  const telemetry::log::LogWriter log(events);
  events.emit(handoff::EventId::kServerStarting, {{"version", version_text()}, {"pid", ::getpid()}});
  // Like the others, these sockets are opened before root is given up.
  auto metrics_sockets = open_metrics_sockets(config.metrics.listen, events);
  if (!metrics_sockets) return fail(metrics_sockets.error());
  const telemetry::dnstap::Settings dnstap = dnstap_settings(config);
  handoff::RequestDesk requests(control::Server::workers_of(config));
  if (!requests.is_ready())
    return fail({"cannot start: out of file descriptors", "raise the limit (ulimit -n)"});
  control::Server server(options.config, std::move(config), std::string(version_text()), events, state,
                         requests);
  if (auto prepared = server.prepare(); !prepared) return fail(prepared.error());
  handoff::QueryRings rings;
  std::optional<telemetry::dnstap::DnstapWriter> dnstap_writer;
  if (!dnstap.path.empty()) {
    for (uint32_t i = 0; i < server.workers(); ++i) rings.emplace_back(kRecordsPerWorker);
    dnstap_writer.emplace(dnstap, rings, server.counters(), state, events);
  }
  data::WorkerPool workers(server.publisher(), server.counters(), rings, {}, &requests);
  if (auto started = workers.start(); !started) return fail(started.error());
  std::optional<telemetry::metrics::MetricsListener> metrics;
  if (!metrics_sockets->empty()) {
    metrics.emplace(std::move(*metrics_sockets),
                    telemetry::metrics::Sources{server.counters(), state, events, version_text()});
  }
  if (!options.init.empty()) std::fputs(greeting(options.init).c_str(), stdout), std::fflush(stdout);
  base::enter_thread_role(base::ThreadRole::kBackground);
  server.run();
  workers.stop();
  events.emit(handoff::EventId::kServerStopped);
  return 0;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Atlas, a DNS server");
  app.set_version_flag("--version", std::string(version_text()), "Print the version and exit");
  app.add_option("-c,--config", options.config, "Configuration file")->capture_default_str();
  app.add_flag("--check", options.check, "Check the configuration and exit: 0 if it is right, 1 if not");
  app.add_option("--init", options.init,
                 "Write a configuration and a demo zone into this folder where they are "
                 "missing, then serve them");
  CLI11_PARSE(app, argc, argv);

  if (!options.init.empty()) {
    auto config = prepare_folder(std::filesystem::absolute(options.init));
    if (!config) return fail(config.error());
    options.config = *config;
  }
  control::config::Loaded loaded = control::config::load(options.config);
  std::fputs(base::render(loaded.diagnostics).c_str(), stderr);
  if (!loaded.config) return 1;
  if (options.check) {
    std::printf("%s: %zu zones, no errors\n", options.config.c_str(), loaded.config->zones.size());
    return 0;
  }
  return serve(options, std::move(*loaded.config));
}

}  // namespace
}  // namespace atlas::app::atlasd

int main(int argc, char** argv) {
  return atlas::app::atlasd::run(argc, argv);
}
