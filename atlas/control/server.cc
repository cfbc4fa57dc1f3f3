#include "atlas/control/server.h"

#include <grp.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "atlas/base/file.h"
#include "atlas/control/cookie_secret.h"
#include "atlas/control/log_settings.h"
#include "atlas/control/process/process.h"
#include "atlas/net/socket.h"

namespace atlas::control {
namespace {

using handoff::EventId;

// Descriptors that are not for clients: listeners, logs, zone files.
constexpr uint64_t kDescriptorsReserved = 512;
constexpr uint32_t kZoneLoadersMax = 8;
// Of a request that brings a whole zone; whoever can write to the control socket is trusted.
constexpr uint64_t kZoneTextOctetsMax = 64 << 20;
// A resolver remembers a SERVFAIL for longer than most starts take, and asks again without an answer.
constexpr std::chrono::milliseconds kFirstLoadMax{3000};
// How often zones that have been loaded are published while others load.
constexpr std::chrono::milliseconds kPublishEvery{100};
// Pauses of accepting that follow each other so soon are one event.
constexpr std::chrono::minutes kAcceptQuiet{1};

const char* transport_name(query::Transport transport) {
  constexpr const char* kNames[query::kTransportCount] = {"UDP", "TCP", "TLS", "HTTPS", "QUIC", "HTTP/3"};
  return kNames[static_cast<size_t>(transport)];
}

net::SocketType socket_type(query::Transport transport) {
  if (query::is_over_quic(transport)) return net::SocketType::kQuic;
  return transport == query::Transport::kUdp ? net::SocketType::kUdp : net::SocketType::kTcp;
}

// True if a process accepts connections on the socket at `path`.
bool is_served(const sockaddr_un& address) {
  const net::FileDescriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

Server::Server(std::filesystem::path config_path, config::Config config, std::string release,
               handoff::EventQueue& events, handoff::ServerState& state, handoff::RequestDesk& requests)
    : config_path_(std::move(config_path)),
      config_(std::move(config)),
      release_(std::move(release)),
      events_(events),
      state_(state),
      started_(base::monotonic_now()),
      workers_(workers_of(config_)),
      zones_(events),
      requests_(requests) {}

uint32_t Server::workers_of(const config::Config& config) {
  return config.server.workers != 0 ? config.server.workers : process::processors();
}

Server::~Server() {
  if (control_socket_ != nullptr) ::unlink(config_.control.socket.c_str());
  // In a folder of root's it stays, which does no harm: whoever reads it must look whose number it is anyway.
  if (!pid_file_.empty()) ::unlink(pid_file_.c_str());
}

base::Result<void> Server::prepare() {
  sigset_t mask;
  ::sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) ::sigaddset(&mask, signal);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
  signals_ = net::FileDescriptor(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));

  limit_connections();
  // SO_REUSEPORT would let a second server take half of the first one's queries in silence.
  for (const config::ListenAddress& address : config_.listen) {
    if (auto unused = net::check_unused(address.endpoint, socket_type(address.transport)); !unused)
      return unused;
  }
  auto listeners = open_listeners(config_.listen);
  if (!listeners) return std::unexpected(listeners.error());
  report_listeners({}, *listeners);
  listeners_ = std::move(*listeners);
  if (auto opened = open_control_socket(); !opened) return opened;
  if (auto written = write_pid_file(); !written) return written;
  if (auto dropped = process::drop_privileges(config_.server.user, config_.server.group); !dropped)
    return dropped;
  if (!config_.server.user.empty()) {
    events_.emit(EventId::kPrivilegesDropped,
                 {{"user", config_.server.user}, {"group", config_.server.group}});
  } else if (::geteuid() == 0) {
    events_.emit(EventId::kRunsAsRoot);
  }
  auto secrets = load_cookie_secrets(config_.cookies, config_.paths.state, events_);
  if (!secrets) return std::unexpected(secrets.error());
  cookies_ = *secrets;
  // As the user that reads them again when they change.
  auto tls = certificates::TlsContexts::load(config_, nullptr, events_);
  if (!tls) return std::unexpected(tls.error());
  use_tls(std::move(*tls));

  note_config_time();
  counters_.resize(workers_);
  if (auto opened = open_store(); !opened) return opened;
  configure_zones();
  if (auto attached = changes_->attach(); !attached) return attached;
  if (auto opened = open_transfers(); !opened) return opened;
  zones_.remove_other_images();
  publisher_ = std::make_unique<handoff::SnapshotPublisher>(workers_, make_snapshot());
  add_routes();
  start_loading();
  const auto begun = base::monotonic_now();
  while (!is_ready_ && !stopping_ && base::monotonic_now() < begun + kFirstLoadMax) turn();
  return {};
}

// One round of what control does.
void Server::turn() {
  pollfd watched[] = {{signals_.get(), POLLIN, 0},
                      {control_socket_->descriptor(), POLLIN, 0},
                      {zones_.is_loading() ? zones_.descriptor() : -1, POLLIN, 0},
                      {requests_.request_descriptor(), POLLIN, 0},
                      {courier_->descriptor(), POLLIN, 0}};
  ::poll(watched, std::size(watched), wait_ms());
  if (watched[0].revents != 0) handle_signal();
  if (more_updates_ || watched[3].revents != 0) {
    serve_updates();
    serve_transfers();
  }
  if (watched[4].revents != 0) take_outcomes();
  // Also closes connections that are overdue.
  control_socket_->turn(std::chrono::milliseconds(0));
  if (zones_.is_loading()) {
    collect_zones();
  } else {
    start_next_order();
  }
  refresh_tls();
  if (!zones_.is_loading() && housekeeping_->turn(base::monotonic_now())) publish_zones();
  // Once what was kept of zones is there.
  if (is_ready_) turn_transfers(base::monotonic_now());
  recount_zones();
  report_accept_pauses();
  // What loading needed, and versions that nobody reads any more, go back to the kernel: the allocator would
  // keep a good part of them.
  if (publisher_->reclaim() == 0 && trim_memory_) {
    trim_memory_ = false;
    ::malloc_trim(0);
  }
}

void Server::run() {
  while (!stopping_) {
    if (is_ready_ && !state_.ready) announce_ready();
    turn();
  }
  requests_.close();
  state_.stopping = true;
  ::sd_notify(0, "STOPPING=1");
}

void Server::announce_ready() {
  state_.ready = true;
  const auto failed = std::ranges::count_if(zones_.zones(), &zones::ZoneState::failed);
  events_.emit(EventId::kServerReady,
               {{"seconds", std::chrono::duration<double>(base::monotonic_now() - started_).count()},
                {"zones", zones_.zones().size()},
                {"failed", failed}});
  ::sd_notify(0, "READY=1");
}

void Server::handle_signal() {
  signalfd_siginfo info{};
  while (::read(signals_.get(), &info, sizeof info) == ssize_t{sizeof info}) {
    if (info.ssi_signo == SIGHUP) {
      // What goes wrong is in the log. There is always room for one more: another SIGHUP joins it.
      add_order({std::nullopt, "SIGHUP", {}});
    } else if (info.ssi_signo == SIGUSR1) {
      events_.reopen();
      events_.emit(EventId::kLogReopened);
    } else {
      events_.emit(EventId::kServerStopping, {{"reason", info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM"}});
      stopping_ = true;
    }
  }
}

// RFC 7766 6.2.3 leaves the number to us: what the descriptor limit allows, beside our own files.
void Server::limit_connections() {
  const uint64_t descriptors = process::raise_descriptor_limit();
  const uint64_t allowed =
      descriptors > 2 * kDescriptorsReserved ? descriptors - kDescriptorsReserved : descriptors / 2;
  const uint32_t wanted = config_.tcp.connections_max;
  const auto granted =
      static_cast<uint32_t>(std::min<uint64_t>({wanted == 0 ? allowed : wanted, allowed, 1u << 20}));
  stream_connections_max_ = std::max(granted, workers_);
  if (wanted > granted) {
    events_.emit(EventId::kDescriptorLimitLow,
                 {{"wanted", wanted}, {"descriptors", descriptors}, {"connections", granted}});
  } else {
    events_.emit(EventId::kDescriptorLimit, {{"descriptors", descriptors}, {"connections", granted}});
  }
}

// Workers only count: they have no time for events.
void Server::report_accept_pauses() {
  const uint64_t pauses = handoff::total(counters_, &handoff::WorkerCounters::accept_paused);
  if (pauses == accept_pauses_) return;
  accept_pauses_ = pauses;
  const auto now = base::monotonic_now();
  if (now >= accept_pauses_quiet_until_) events_.emit(EventId::kAcceptPaused);
  accept_pauses_quiet_until_ = now + kAcceptQuiet;
}

base::Result<Server::OpenListener> Server::open(const config::ListenAddress& address) {
  auto listener = std::make_shared<handoff::Listener>();
  listener->endpoint = address.endpoint;
  listener->transport = address.transport;
  listener->proxy = address.proxy;
  auto sockets = net::open_listeners(listener->endpoint, socket_type(address.transport), workers_);
  if (!sockets) return std::unexpected(sockets.error());
  listener->sockets = std::move(*sockets);
  return OpenListener{address, std::move(listener)};
}

// Those that are open stay as they are. Either all of the others can be opened or nothing changes.
base::Result<std::vector<Server::OpenListener>> Server::open_listeners(
    const std::vector<config::ListenAddress>& wanted) {
  std::vector<OpenListener> next;
  for (const config::ListenAddress& address : wanted) {
    const auto present = std::ranges::find(listeners_, address, &OpenListener::address);
    if (present != listeners_.end()) {
      next.push_back(*present);
      continue;
    }
    auto opened = open(address);
    if (!opened) return std::unexpected(opened.error());
    next.push_back(std::move(*opened));
  }
  return next;
}

void Server::report_listeners(const std::vector<OpenListener>& before,
                              const std::vector<OpenListener>& after) {
  const auto report = [this](EventId id, const std::vector<OpenListener>& of,
                             const std::vector<OpenListener>& absent) {
    for (const OpenListener& open : of) {
      if (std::ranges::find(absent, open.address, &OpenListener::address) != absent.end()) continue;
      events_.emit(id, {{"address", open.sockets->endpoint.to_text()},
                        {"transport", transport_name(open.sockets->transport)}});
    }
  };
  report(EventId::kListenerOpened, after, before);
  report(EventId::kListenerClosed, before, after);
}

base::Result<void> Server::open_control_socket() {
  const std::string path = config_.control.socket.string();
  const auto address = net::unix_address(path);
  if (!address) {
    return base::fail("control.socket: " + path + " is longer than a socket's path may be (107 octets)");
  }
  std::error_code error;
  std::filesystem::create_directories(config_.control.socket.parent_path(), error);
  if (is_served(*address)) {
    return base::fail("another atlasd answers on the control socket " + path,
                      "stop it, or set control.socket to another path");
  }
  ::unlink(path.c_str());  // one that nobody serves any more
  net::FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // Nobody may connect before the mode is set.
  const mode_t before = ::umask(0777);
  const bool bound = ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
  ::umask(before);
  const std::string& group = config_.control.group.empty() ? config_.server.group : config_.control.group;
  const struct group* entry = group.empty() ? nullptr : ::getgrnam(group.c_str());
  if (!bound || (entry != nullptr && ::chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0) ||
      ::chmod(path.c_str(), config_.control.mode) != 0 || ::listen(socket.get(), 64) != 0) {
    return base::fail("cannot open the control socket " + path + ": " + std::strerror(errno));
  }
  http::ServerLimits limits;
  limits.message.body_octets_max = kZoneTextOctetsMax;
  control_socket_ = std::make_unique<http::Server>(router_, limits, http::peer_name);
  control_socket_->add_listener(std::move(socket));
  events_.emit(EventId::kControlOpened, {{"path", path}});
  return {};
}

base::Result<void> Server::write_pid_file() {
  const std::filesystem::path& path = config_.server.pid_file;
  if (path.empty()) return {};
  if (auto written = base::replace_file(path, std::to_string(::getpid()) + '\n'); !written) return written;
  pid_file_ = path;
  return {};
}

zones::ConfigureCounts Server::configure_zones() {
  zones_.keep_images(config_.images.enabled ? config_.paths.state / "images" : "");
  return zones_.configure(config_.zones);
}

uint32_t Server::zone_loaders() const {
  const uint32_t wanted = config_.server.zone_loaders;
  return wanted != 0 ? wanted : std::min(process::processors(), kZoneLoadersMax);
}

void Server::start_loading() {
  zones_.start_load(zone_loaders());
  collect_zones();  // there may be no zones
}

// Takes over zones that are loaded, and serves them: each soon, but not each by itself.
void Server::collect_zones() {
  const auto [changed, counts] = zones_.collect();
  has_unpublished_ = has_unpublished_ || changed;
  const auto now = base::monotonic_now();
  if (counts || (has_unpublished_ && now >= published_ + kPublishEvery)) {
    published_ = now;
    has_unpublished_ = false;
    publish();
  }
  if (!counts) return;
  state_.zone_loads += counts->loaded;
  state_.zone_load_failures += counts->failed;
  trim_memory_ = trim_memory_ || counts->loaded != 0;
  if (!is_ready_) {
    is_ready_ = true;
  } else {
    finish_order(*counts);
  }
}

}  // namespace atlas::control
