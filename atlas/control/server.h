// Control's side of a running server: configuration, zones, listeners and the snapshots made of them.
#pragma once

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/control/api/api.h"
#include "atlas/control/catalogs/catalogs.h"
#include "atlas/control/certificates/tls_contexts.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/changes/housekeeping.h"
#include "atlas/control/config/config.h"
#include "atlas/control/propagation/notifier.h"
#include "atlas/control/propagation/propagation.h"
#include "atlas/control/propagation/transfer_desk.h"
#include "atlas/control/remotes/courier.h"
#include "atlas/control/remotes/remote.h"
#include "atlas/control/secondaries/secondary_zones.h"
#include "atlas/control/store/store.h"
#include "atlas/control/updates/update_desk.h"
#include "atlas/control/zones/zone_set.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/publish.h"
#include "atlas/handoff/request.h"
#include "atlas/handoff/server_state.h"
#include "atlas/http/router.h"
#include "atlas/http/server.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::control {

// Lives on one thread. The workers must run between prepare() and run(), and stop after run().
class Server {
 public:
  // `requests` was made for workers_of(config) workers.
  Server(std::filesystem::path config_path, config::Config config, std::string release,
         handoff::EventQueue& events, handoff::ServerState& state, handoff::RequestDesk& requests);
  ~Server();

  // Opens every socket, gives up root, begins to load the zones and makes the first snapshot. Returns when
  // they are loaded, or after a few seconds: most have been by then, and the names of those that take longer
  // are SERVFAIL so far. Fails only where nothing could be served: a listener that cannot be opened, no such
  // user, a control socket that is in use.
  base::Result<void> prepare();

  static uint32_t workers_of(const config::Config& config);
  uint32_t workers() const { return workers_; }
  handoff::SnapshotPublisher& publisher() { return *publisher_; }
  handoff::CounterSet& counters() { return counters_; }

  // Serves signals and the control socket until SIGTERM, SIGINT or a request to stop. SIGHUP reloads, SIGUSR1
  // opens the log anew. These signals must be blocked in every thread.
  void run();

 private:
  struct OpenListener {
    config::ListenAddress address;
    std::shared_ptr<const handoff::Listener> sockets;
  };

  base::Result<OpenListener> open(const config::ListenAddress& address);
  base::Result<std::vector<OpenListener>> open_listeners(const std::vector<config::ListenAddress>& wanted);
  base::Result<void> open_control_socket();
  base::Result<void> write_pid_file();
  std::unique_ptr<handoff::ServingSnapshot> make_snapshot();
  void publish();
  void publish_zones();
  void count_zones();
  void recount_zones();
  base::Result<void> open_store();
  using KeyTablePtr = std::shared_ptr<const tsig::KeyTable>;
  base::Result<KeyTablePtr> read_keys(const config::Config& config) const;
  void use_keys(KeyTablePtr keys);
  void refresh_keys();
  void serve_updates();
  // Zones to and from other servers: server_transfers.cc.
  base::Result<void> open_transfers();
  void use_transfer_settings();
  void serve_transfers();
  void take_outcomes();
  void turn_transfers(base::MonotonicTime now);
  int wait_ms() const;
  void note_config_time();
  void use_tls(certificates::TlsContexts contexts);
  void refresh_tls();
  void limit_connections();
  void report_accept_pauses();

  // What someone asked for that takes its time: a reload, or that of one zone. One is carried out at a time.
  struct Order {
    std::optional<dns::Name> zone;
    std::string actor;
    std::vector<uint64_t> requests;  // of the control socket, to be answered when it is done
  };
  void turn();
  void announce_ready();
  bool add_order(Order order);
  void start_next_order();
  void finish_order(const zones::LoadCounts& counts);
  void answer(const Order& order, const http::Response& response);
  void collect_zones();
  void start_loading();
  static http::Response load_result(const zones::LoadCounts& counts);
  http::Response order(const http::Request& request, std::optional<dns::Name> zone);

  base::Result<void> try_reload(const std::string& actor);
  void report_listeners(const std::vector<OpenListener>& before, const std::vector<OpenListener>& after);
  zones::ConfigureCounts configure_zones();
  uint32_t zone_loaders() const;
  void handle_signal();
  void add_routes();
  http::Response get_status() const;
  http::Response get_stats() const;

  const std::filesystem::path config_path_;
  config::Config config_;
  const std::string release_;
  handoff::EventQueue& events_;
  handoff::ServerState& state_;
  base::MonotonicTime started_;
  uint32_t workers_;
  uint32_t stream_connections_max_ = 0;  // of all workers
  policy::cookies::Secrets cookies_;
  std::optional<certificates::TlsContexts> tls_;
  std::vector<OpenListener> listeners_;
  zones::ZoneSet zones_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<changes::Changes> changes_;
  std::unique_ptr<api::Api> api_;
  KeyTablePtr keys_;
  handoff::RequestDesk& requests_;
  std::unique_ptr<updates::UpdateDesk> update_desk_;
  std::unique_ptr<changes::Housekeeping> housekeeping_;
  remotes::RemoteTable remotes_;
  std::unique_ptr<remotes::Courier> courier_;
  std::unique_ptr<secondaries::SecondaryZones> secondaries_;
  std::unique_ptr<catalogs::Catalogs> catalogs_;
  std::unique_ptr<propagation::Notifier> notifier_;
  std::unique_ptr<propagation::Propagation> propagation_;
  std::unique_ptr<propagation::TransferDesk> transfer_desk_;
  bool more_updates_ = false;  // than one group
  bool is_count_old_ = false;
  base::MonotonicTime counted_;
  uint64_t generation_ = 0;
  handoff::CounterSet counters_;
  std::unique_ptr<handoff::SnapshotPublisher> publisher_;
  http::Router router_;
  std::unique_ptr<http::Server> control_socket_;
  std::filesystem::path pid_file_;  // once it is written
  net::FileDescriptor signals_;
  std::deque<Order> orders_;  // the first is being carried out if zones are loading
  bool is_ready_ = false;     // all zones were tried once
  base::MonotonicTime order_begun_;
  base::MonotonicTime published_;
  bool has_unpublished_ = false;
  uint64_t accept_pauses_ = 0;  // seen so far
  base::MonotonicTime accept_pauses_quiet_until_{};
  bool trim_memory_ = false;  // once old versions are gone
  bool stopping_ = false;
};

}  // namespace atlas::control
