// Control's side of a running server: configuration, zones, listeners and the snapshots made of them.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "atlas/control/config/config.h"
#include "atlas/control/zones/zone_set.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/publish.h"
#include "atlas/handoff/server_state.h"
#include "atlas/http/router.h"
#include "atlas/http/server.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::control {

// Lives on one thread. The workers must run between prepare() and run(), and stop after run().
class Server {
 public:
  Server(std::filesystem::path config_path, config::Config config, std::string release,
         handoff::EventQueue& events, handoff::ServerState& state);
  ~Server();

  // Opens every socket, gives up root, loads every zone and makes the first snapshot. Fails only where
  // nothing could be served: a listener that cannot be opened, no such user, a control socket that is in use.
  base::Result<void> prepare();

  uint32_t workers() const { return workers_; }
  handoff::SnapshotPublisher& publisher() { return *publisher_; }
  handoff::CounterSet& counters() { return counters_; }

  // Serves signals and the control socket until SIGTERM, SIGINT or a request to stop. SIGHUP reloads, SIGUSR1
  // opens the log anew. These signals must be blocked in every thread.
  void run();

 private:
  struct OpenListener {
    config::ListenAddress address;
    std::vector<std::shared_ptr<const handoff::Listener>> sockets;  // one for each transport
  };

  base::Result<OpenListener> open(const config::ListenAddress& address);
  base::Result<std::vector<OpenListener>> open_listeners(const std::vector<config::ListenAddress>& wanted);
  base::Result<void> open_control_socket();
  base::Result<void> write_pid_file();
  std::unique_ptr<handoff::ServingSnapshot> make_snapshot();
  void publish();
  void update_state();
  void note_config_time();
  void limit_connections();

  base::Result<void> reload(const std::string& actor);
  base::Result<void> try_reload(const std::string& actor);
  void report_listeners(const std::vector<OpenListener>& before, const std::vector<OpenListener>& after);
  zones::ConfigureCounts configure_zones();
  zones::LoadCounts load_zones(bool even_unchanged);
  void handle_signal();
  void add_routes();
  http::Response get_status() const;
  http::Response get_stats() const;
  http::Response get_zones(const http::Request& request) const;
  http::Response get_zone(const http::Request& request) const;
  http::Response reload_zone(const http::Request& request);

  const std::filesystem::path config_path_;
  config::Config config_;
  const std::string release_;
  handoff::EventQueue& events_;
  handoff::ServerState& state_;
  base::MonotonicTime started_;
  uint32_t workers_;
  uint32_t stream_connections_max_ = 0;  // of all workers
  policy::cookies::Secrets cookies_;
  std::vector<OpenListener> listeners_;
  zones::ZoneSet zones_;
  uint64_t generation_ = 0;
  handoff::CounterSet counters_;
  std::unique_ptr<handoff::SnapshotPublisher> publisher_;
  http::Router router_;
  std::unique_ptr<http::Server> control_socket_;
  std::filesystem::path pid_file_;  // once it is written
  net::FileDescriptor signals_;
  bool stopping_ = false;
};

}  // namespace atlas::control
