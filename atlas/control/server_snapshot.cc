// What the workers serve from, made of what control knows.
#include <algorithm>

#include "atlas/control/server.h"

namespace atlas::control {
namespace {

// How soon counts of zones and records, which cost a look at every zone, follow changes.
constexpr std::chrono::milliseconds kCountEvery{200};

// Of the address that HTTPS is served on first, if HTTP/3 is served there too.
std::string alternative_service(const std::vector<std::shared_ptr<const handoff::Listener>>& listeners) {
  using Listeners = std::vector<std::shared_ptr<const handoff::Listener>>;
  const auto https = std::ranges::find(listeners, query::Transport::kHttps,
                                       [](const Listeners::value_type& one) { return one->transport; });
  if (https == listeners.end()) return {};
  const auto http3 = std::ranges::find_if(listeners, [&](const Listeners::value_type& listener) {
    return listener->transport == query::Transport::kHttp3 &&
           listener->endpoint.address == (*https)->endpoint.address;
  });
  if (http3 == listeners.end()) return {};
  return "h3=\":" + std::to_string((*http3)->endpoint.port) + "\"; ma=86400";
}

int64_t unix_seconds(base::WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

std::unique_ptr<handoff::ServingSnapshot> Server::make_snapshot() {
  auto snapshot = std::make_unique<handoff::ServingSnapshot>();
  snapshot->generation = ++generation_;
  snapshot->zones = zones_.directory();
  for (const OpenListener& listener : listeners_) snapshot->listeners.push_back(listener.sockets);
  snapshot->answers.minimal_responses = config_.answers.minimal_responses;
  snapshot->answers.minimal_any = config_.answers.minimal_any;
  snapshot->answers.udp_payload_size = static_cast<uint16_t>(config_.answers.udp_payload_size);
  snapshot->answers.version = config_.server.version;
  snapshot->answers.server_id = config_.server.id;
  handoff::StreamLimits& streams = snapshot->streams;
  streams.connections_max = std::max(1u, stream_connections_max_ / workers_);
  streams.connections_per_client_max = config_.tcp.connections_per_client_max;
  streams.idle = config_.tcp.idle;
  streams.idle_when_busy = config_.tcp.idle_when_busy;
  streams.total = config_.tcp.connection_time_max;
  streams.pending_max = config_.tcp.pending_max;
  streams.setup = config_.tcp.setup_time_max;
  streams.handshakes_max = std::max(1u, config_.tls.handshakes_max / workers_);
  streams.handshakes_per_client_max = config_.tls.handshakes_per_client_max;
  snapshot->tls = tls_->contexts().tls;
  snapshot->quic_contexts = tls_->contexts().quic;
  handoff::QuicLimits& quic = snapshot->quic;
  quic.connections_max = std::max(1u, config_.quic.connections_max / workers_);
  quic.connections_per_client_max = config_.quic.connections_per_client_max;
  quic.handshakes_max = streams.handshakes_max;
  quic.handshakes_per_client_max = streams.handshakes_per_client_max;
  quic.always_validate = config_.quic.always_validate;
  quic.idle_when_busy = config_.quic.idle_when_busy;
  quic.settings.idle = config_.quic.idle;
  quic.settings.handshake = config_.quic.setup_time_max;
  quic.settings.streams_max = config_.quic.streams_max;
  quic.settings.early_data = config_.quic.early_data;
  snapshot->transfers = {.transfers_max = std::max(1u, config_.transfers.out_max / workers_),
                         .transfers_per_client_max = config_.transfers.out_per_client_max,
                         .time_max = config_.transfers.out_time_max};
  snapshot->http = {.message_paths = config_.https.paths,
                    .json_path = config_.https.json_path,
                    .forwarded_field = config_.https.forwarded_field,
                    .alternative_service = alternative_service(snapshot->listeners)};
  snapshot->proxies = policy::access::AccessList(config_.proxy.allow);
  snapshot->allow_query = policy::access::AccessList(config_.access.allow_query);
  policy::rate_limit::Settings& rate = snapshot->rate_limit;
  rate.enabled = config_.rate_limit.enabled;
  rate.responses_per_second = std::max(1u, config_.rate_limit.responses_per_second / workers_);
  rate.slip = config_.rate_limit.slip;
  rate.ipv4_prefix = static_cast<uint8_t>(config_.rate_limit.ipv4_prefix);
  rate.ipv6_prefix = static_cast<uint8_t>(config_.rate_limit.ipv6_prefix);
  rate.table_size = config_.rate_limit.table_size;
  rate.exempt = config_.rate_limit.exempt;
  snapshot->cookies = cookies_;
  snapshot->keys = keys_;
  snapshot->record_queries = config_.dnstap.enabled();
  return snapshot;
}

void Server::note_config_time() {
  state_.config_loaded_unix_seconds = unix_seconds(base::wall_now());
}

void Server::use_tls(certificates::TlsContexts contexts) {
  tls_ = std::move(contexts);
  state_.certificate_not_after_unix_seconds = unix_seconds(tls_->not_after());
}

void Server::refresh_tls() {
  if (!tls_->refresh(base::monotonic_now(), base::wall_now())) return;
  state_.certificate_not_after_unix_seconds = unix_seconds(tls_->not_after());
  publish();
}

void Server::publish() {
  publisher_->publish(make_snapshot());
  count_zones();
}

// The same with other versions of zones alone.
void Server::publish_zones() {
  auto snapshot = std::make_unique<handoff::ServingSnapshot>(publisher_->current());
  snapshot->generation = ++generation_;
  snapshot->zones = zones_.directory();
  publisher_->publish(std::move(snapshot));
  is_count_old_ = true;
}

void Server::recount_zones() {
  if (is_count_old_ && base::monotonic_now() >= counted_ + kCountEvery) count_zones();
}

void Server::count_zones() {
  is_count_old_ = false;
  counted_ = base::monotonic_now();
  uint64_t serving = 0, failed = 0, records = 0, memory = 0;
  for (const zones::ZoneState& zone : zones_.zones()) {
    failed += zone.failed;
    if (zone.version == nullptr) continue;
    ++serving;
    records += zone.version->record_count();
    memory += zone.version->memory_octets();
  }
  state_.zones = zones_.zones().size();
  state_.zones_serving = serving;
  state_.zones_failed = failed;
  state_.records = records;
  state_.zone_memory_octets = memory;
  state_.generation = generation_;
}

}  // namespace atlas::control
