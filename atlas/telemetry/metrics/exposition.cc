#include "atlas/telemetry/metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <vector>

#include "atlas/dns/types.h"

namespace atlas::telemetry::metrics {
namespace {

using handoff::total;
using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// A worker turns at least once a second, however little there is to do.
constexpr std::chrono::milliseconds kTurnMax{5000};

class Families {
 public:
  void counter(const char* name, const char* help) { begin(name, help, MetricType::Counter); }
  void gauge(const char* name, const char* help) { begin(name, help, MetricType::Gauge); }
  // A value of the family begun last.
  void value(double number, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (families_.back().type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = number;
    families_.back().metric.push_back(std::move(metric));
  }
  void value(uint64_t number, Labels labels = {}) { value(static_cast<double>(number), std::move(labels)); }

  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void begin(const char* name, const char* help, MetricType type) {
    families_.push_back({.name = name, .help = help, .type = type, .metric = {}});
  }

  std::vector<MetricFamily> families_;
};

void add_queries(Families& out, const handoff::CounterSet& counters) {
  using handoff::WorkerCounters;
  out.counter("atlas_queries_total", "Queries received, by transport and address family.");
  for (size_t i = 0; i < query::kTransportCount; ++i) {
    const uint64_t ipv6 = total(counters, [i](const WorkerCounters& w) { return w.queries_ipv6[i].read(); });
    const uint64_t all = total(counters, [i](const WorkerCounters& w) { return w.queries[i].read(); });
    out.value(all - std::min(ipv6, all), {{"transport", query::kTransportNames[i]}, {"family", "ipv4"}});
    out.value(ipv6, {{"transport", query::kTransportNames[i]}, {"family", "ipv6"}});
  }
  out.counter("atlas_responses_total", "Responses sent, by transport.");
  for (size_t i = 0; i < query::kTransportCount; ++i) {
    out.value(total(counters, [i](const WorkerCounters& w) { return w.responses[i].read(); }),
              {{"transport", query::kTransportNames[i]}});
  }
  out.counter("atlas_responses_by_rcode_total", "Responses sent, by RCODE.");
  for (size_t i = 0; i < handoff::kCountedRcodes; ++i) {
    const uint64_t count = total(counters, [i](const WorkerCounters& w) { return w.rcodes[i].read(); });
    // The usual ones are there from the start, so that a rate of them has a beginning.
    if (count != 0 || i <= 5) out.value(count, {{"rcode", dns::to_text(static_cast<dns::Rcode>(i))}});
  }
  out.counter("atlas_queries_by_type_total", "Queries answered, by type; \"other\" is all from TYPE271 on.");
  for (size_t i = 0; i < handoff::kCountedTypes; ++i) {
    const uint64_t count = total(counters, [i](const WorkerCounters& w) { return w.types[i].read(); });
    const bool other = i == handoff::kCountedTypes - 1;
    if (count == 0) continue;
    out.value(count, {{"type", other ? std::string("other") : dns::to_text(static_cast<dns::RRType>(i))}});
  }
}

void add_refusals(Families& out, const handoff::CounterSet& counters) {
  using handoff::WorkerCounters;
  out.counter("atlas_queries_dropped_total", "Queries that got no answer, by reason.");
  out.value(total(counters, &WorkerCounters::dropped_malformed), {{"reason", "malformed"}});
  out.value(total(counters, &WorkerCounters::dropped_rate_limit), {{"reason", "rate_limit"}});
  out.counter("atlas_queries_refused_total", "Queries refused because of the client's address.");
  out.value(total(counters, &WorkerCounters::refused_access));
  out.counter("atlas_responses_truncated_total", "Responses sent with TC, by reason.");
  out.value(total(counters, &WorkerCounters::truncated), {{"reason", "size"}});
  out.value(total(counters, &WorkerCounters::truncated_rate_limit), {{"reason", "rate_limit"}});
  out.counter("atlas_cookies_total", "Server cookies received, by verdict.");
  out.value(total(counters, &WorkerCounters::cookies_good), {{"verdict", "good"}});
  out.value(total(counters, &WorkerCounters::cookies_bad), {{"verdict", "bad"}});
  out.counter("atlas_tsig_queries_total", "Signed queries received, by verdict.");
  out.value(total(counters, &WorkerCounters::signatures_good), {{"verdict", "good"}});
  out.value(total(counters, &WorkerCounters::signatures_bad), {{"verdict", "bad"}});
}

void add_updates(Families& out, const handoff::CounterSet& counters) {
  using handoff::WorkerCounters;
  out.counter("atlas_updates_total", "Dynamic updates of clients that may ask.");
  out.value(total(counters, &WorkerCounters::updates_received));
  out.counter("atlas_updates_turned_away_total",
              "Updates answered with SERVFAIL because too many waited, or none were taken.");
  out.value(total(counters, &WorkerCounters::updates_turned_away));
  out.gauge("atlas_updates_pending", "Updates that have no answer yet.");
  out.value(total(counters, [](const WorkerCounters& w) { return w.updates_pending.read(); }));
  out.counter("atlas_update_responses_lost_total", "Responses to updates whose client was gone.");
  out.value(total(counters, &WorkerCounters::replies_without_taker));
}

void add_transfers(Families& out, const handoff::CounterSet& counters, const handoff::ServerState& state) {
  using handoff::WorkerCounters;
  out.gauge("atlas_transfers_out", "Zones on their way out.");
  out.value(total(counters, [](const WorkerCounters& w) { return w.transfers_open.read(); }));
  out.counter("atlas_transfers_out_total", "Zones on their way out, by what became of them.");
  out.value(total(counters, &WorkerCounters::transfers_begun), {{"state", "begun"}});
  out.value(total(counters, &WorkerCounters::transfers_done), {{"state", "done"}});
  out.counter("atlas_transfers_out_refused_total", "Questions for zones that were not answered, by reason.");
  out.value(total(counters, &WorkerCounters::transfers_refused), {{"reason", "not_allowed"}});
  out.value(total(counters, &WorkerCounters::transfers_turned_away), {{"reason", "limit"}});
  out.counter("atlas_transfers_out_bytes_total", "Octets of messages of zones on their way out.");
  out.value(total(counters, &WorkerCounters::transfer_octets));
  out.counter("atlas_notifies_received_total", "NOTIFY requests received.");
  out.value(total(counters, &WorkerCounters::notifies_received));
  out.counter("atlas_notifies_sent_total", "NOTIFY requests sent, by outcome.");
  out.value(state.notifies_sent.load(), {{"outcome", "sent"}});
  out.value(state.notifies_failed.load(), {{"outcome", "failed"}});
  out.gauge("atlas_secondary_zones", "Zones of primaries, by state.");
  out.value(state.secondaries.load(), {{"state", "all"}});
  out.value(state.secondaries_failing.load(), {{"state", "failing"}});
  out.value(state.secondaries_expired.load(), {{"state", "expired"}});
  out.counter("atlas_refreshes_total", "Questions to primaries for the SOA of a zone that were answered.");
  out.value(state.refreshes.load());
  out.counter("atlas_transfers_in_total", "Zones on their way in, by outcome.");
  out.value(state.transfers_in.load(), {{"outcome", "done"}});
  out.value(state.transfers_in_failed.load(), {{"outcome", "failed"}});
}

void add_sockets(Families& out, const handoff::CounterSet& counters) {
  using handoff::WorkerCounters;
  out.counter("atlas_udp_errors_total", "System calls on UDP sockets that failed, by direction.");
  out.value(total(counters, &WorkerCounters::udp_receive_errors), {{"direction", "receive"}});
  out.value(total(counters, &WorkerCounters::udp_send_errors), {{"direction", "send"}});
  out.gauge("atlas_tcp_connections", "TCP connections that are open, those under TLS included.");
  out.value(total(counters, [](const WorkerCounters& w) { return w.tcp_open.read(); }));
  out.counter("atlas_tcp_connections_accepted_total", "TCP connections accepted.");
  out.value(total(counters, &WorkerCounters::tcp_accepted));
  out.counter("atlas_tcp_connections_refused_total", "TCP connections refused because of a limit.");
  out.value(total(counters, &WorkerCounters::tcp_refused_limit));
  out.counter("atlas_tcp_connections_expired_total", "TCP connections closed by Atlas, by reason.");
  out.value(total(counters, &WorkerCounters::tcp_closed_idle), {{"reason", "idle"}});
  out.value(total(counters, &WorkerCounters::tcp_closed_slow), {{"reason", "slow"}});
  out.value(total(counters, &WorkerCounters::tcp_closed_setup), {{"reason", "setup"}});
  out.counter("atlas_tcp_accept_pauses_total", "Times that accepting paused because descriptors ran out.");
  out.value(total(counters, &WorkerCounters::accept_paused));
  out.counter("atlas_proxy_errors_total",
              "Connections and datagrams refused for want of a PROXY header, by reason.");
  out.value(total(counters, &WorkerCounters::proxy_refused), {{"reason", "not_allowed"}});
  out.value(total(counters, &WorkerCounters::proxy_malformed), {{"reason", "malformed"}});
}

// The value of each counter of an array, with `text` of its index as a label. Those that are 0 are left out.
template <class Reason, size_t kSize>
void add_reasons(Families& out, const handoff::CounterSet& counters,
                 std::array<handoff::Counter, kSize> handoff::WorkerCounters::* member) {
  for (size_t i = 0; i < kSize; ++i) {
    const uint64_t count =
        total(counters, [&](const handoff::WorkerCounters& w) { return (w.*member)[i].read(); });
    if (count != 0) out.value(count, {{"reason", std::string(to_text(static_cast<Reason>(i)))}});
  }
}

void add_tls_and_http(Families& out, const Sources& sources) {
  using handoff::WorkerCounters;
  const handoff::CounterSet& counters = sources.counters;
  out.gauge("atlas_tls_handshaking", "TLS handshakes that have begun and not ended.");
  out.value(total(counters, [](const WorkerCounters& w) { return w.tls_handshaking.read(); }));
  out.counter("atlas_tls_handshakes_total", "TLS handshakes that succeeded, by kind.");
  for (const size_t resumed : {0, 1}) {
    out.value(total(counters, [&](const WorkerCounters& w) { return w.tls_handshakes[resumed].read(); }),
              {{"kind", resumed == 0 ? "full" : "resumed"}});
  }
  out.counter("atlas_tls_handshakes_refused_total", "TLS handshakes that were not made, by reason.");
  out.value(total(counters, &WorkerCounters::tls_refused_limit), {{"reason", "limit"}});
  out.value(total(counters, &WorkerCounters::tls_shed), {{"reason", "overload"}});
  out.counter("atlas_tls_failures_total",
              "TLS sessions that failed, in their handshake or later, by reason.");
  add_reasons<tls::Failure>(out, counters, &WorkerCounters::tls_failures);
  out.gauge("atlas_tls_certificate_not_after_timestamp_seconds",
            "When the first certificate expires; 0 without any.");
  out.value(static_cast<double>(sources.state.certificate_not_after_unix_seconds.load()));
  out.counter("atlas_http_errors_total", "HTTP requests refused and connections given up, by reason.");
  add_reasons<http::Outcome>(out, counters, &WorkerCounters::http_outcomes);
  out.counter("atlas_doh_refusals_total", "Whole HTTP requests that got no DNS message, by reason.");
  add_reasons<handoff::DohRefusal>(out, counters, &WorkerCounters::doh_refusals);
  out.counter("atlas_http_responses_total", "Responses to whole HTTP requests, by status.");
  for (size_t i = 0; i < handoff::kHttpStatuses; ++i) {
    const uint64_t count =
        total(counters, [i](const WorkerCounters& w) { return w.http_statuses[i].read(); });
    if (count != 0) out.value(count, {{"status", std::to_string(i)}});
  }
}

void add_quic(Families& out, const handoff::CounterSet& counters) {
  using handoff::WorkerCounters;
  out.gauge("atlas_quic_connections", "QUIC connections that are open, or about to be.");
  out.value(total(counters, [](const WorkerCounters& w) { return w.quic_open.read(); }));
  out.gauge("atlas_quic_handshaking", "QUIC handshakes that have begun and not ended.");
  out.value(total(counters, [](const WorkerCounters& w) { return w.quic_handshaking.read(); }));
  out.counter("atlas_quic_connections_accepted_total", "QUIC connections that have begun.");
  out.value(total(counters, &WorkerCounters::quic_accepted));
  out.counter("atlas_quic_connections_refused_total", "QUIC connections that have not, by reason.");
  out.value(total(counters, &WorkerCounters::quic_refused_limit), {{"reason", "limit"}});
  out.value(total(counters, &WorkerCounters::quic_shed), {{"reason", "overload"}});
  out.counter("atlas_quic_connections_expired_total",
              "QUIC connections closed because they asked nothing while there were too many.");
  out.value(total(counters, &WorkerCounters::quic_closed_busy));
  out.counter("atlas_quic_handshakes_total", "QUIC handshakes that succeeded, by kind.");
  for (const size_t resumed : {0, 1}) {
    out.value(total(counters, [&](const WorkerCounters& w) { return w.quic_handshakes[resumed].read(); }),
              {{"kind", resumed == 0 ? "full" : "resumed"}});
  }
  out.counter("atlas_quic_datagrams_total", "Datagrams of QUIC, by direction.");
  out.value(total(counters, &WorkerCounters::quic_datagrams_received), {{"direction", "received"}});
  out.value(total(counters, &WorkerCounters::quic_datagrams_sent), {{"direction", "sent"}});
  out.counter("atlas_quic_datagrams_dropped_total",
              "Datagrams of no connection, or that could not be taken.");
  out.value(total(counters, &WorkerCounters::quic_dropped));
  out.counter("atlas_quic_answers_without_connection_total",
              "Datagrams that were answered and then forgotten, by answer.");
  out.value(total(counters, &WorkerCounters::quic_answered_at_door), {{"answer", "retry_or_version"}});
  out.value(total(counters, &WorkerCounters::quic_resets_sent), {{"answer", "reset"}});
  out.counter("atlas_quic_connections_ended_total", "QUIC connections that have ended, by reason.");
  add_reasons<quic::Failure>(out, counters, &WorkerCounters::quic_failures);
  out.counter("atlas_doq_errors_total",
              "Connections of DNS over QUIC closed for an error of the client's, by reason.");
  for (size_t i = 0; i < handoff::kDoqOffences; ++i) {
    const uint64_t count = total(counters, [i](const WorkerCounters& w) { return w.doq_offences[i].read(); });
    if (count != 0) out.value(count, {{"reason", handoff::kDoqOffenceNames[i]}});
  }
}

void add_server(Families& out, const Sources& sources) {
  const handoff::ServerState& state = sources.state;
  out.gauge("atlas_build_info", "1, with the version as a label.");
  out.value(1.0, {{"version", std::string(sources.version)}});
  out.gauge("atlas_ready", "1 once every zone was tried, 0 before and while stopping.");
  out.value(state.ready && !state.stopping ? 1.0 : 0.0);
  out.gauge("atlas_workers", "Worker threads.");
  out.value(uint64_t{sources.counters.size()});
  out.gauge("atlas_zones", "Zones of the configuration.");
  out.value(state.zones.load());
  out.gauge("atlas_zones_serving", "Zones that have a version to serve.");
  out.value(state.zones_serving.load());
  out.gauge("atlas_zones_failed", "Zones whose last load failed, whether an older version is served or not.");
  out.value(state.zones_failed.load());
  out.gauge("atlas_zone_records", "Records of all zones served.");
  out.value(state.records.load());
  out.gauge("atlas_zone_memory_bytes", "Memory of all zones served.");
  out.value(state.zone_memory_octets.load());
  out.counter("atlas_zone_loads_total", "Zone loads, by result.");
  out.value(state.zone_loads.load(), {{"result", "success"}});
  out.value(state.zone_load_failures.load(), {{"result", "failure"}});
  out.counter("atlas_config_loads_total", "Configurations read, the first one included, by result.");
  out.value(state.config_reloads.load() + 1, {{"result", "success"}});
  out.value(state.config_rejections.load(), {{"result", "failure"}});
  out.gauge("atlas_config_last_load_success_timestamp_seconds", "When the configuration in use was read.");
  out.value(static_cast<double>(state.config_loaded_unix_seconds.load()));
  out.gauge("atlas_snapshot_generation", "Number of the newest snapshot that was published.");
  out.value(state.generation.load());
  out.gauge("atlas_snapshot_generation_oldest", "Number of the oldest snapshot that a worker still serves.");
  uint64_t oldest = state.generation.load();
  for (const handoff::WorkerCounters& worker : sources.counters) {
    oldest = std::min(oldest, static_cast<uint64_t>(worker.snapshot_generation.read()));
  }
  out.value(oldest);
  out.counter("atlas_events_dropped_total", "Events that the log had no room for.");
  out.value(sources.events.dropped());
  out.counter("atlas_dnstap_lost_total",
              "Queries of which no dnstap message was written, by place of the loss.");
  out.value(total(sources.counters, &handoff::WorkerCounters::records_lost), {{"place", "worker"}});
  out.value(state.dnstap_lost.load(), {{"place", "output"}});
}

// Under the names that Prometheus' own clients use.
void add_process(Families& out) {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  out.counter("process_cpu_seconds_total", "User and system CPU time.");
  out.value(seconds(usage.ru_utime) + seconds(usage.ru_stime));

  uint64_t virtual_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  out.gauge("process_virtual_memory_bytes", "Virtual memory.");
  out.value(virtual_pages * page);
  out.gauge("process_resident_memory_bytes", "Resident memory.");
  out.value(resident_pages * page);

  std::error_code error;
  uint64_t open = 0;
  for (std::filesystem::directory_iterator each("/proc/self/fd", error), end; !error && each != end;
       each.increment(error)) {
    ++open;
  }
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  out.gauge("process_open_fds", "Open descriptors.");
  out.value(open);
  out.gauge("process_max_fds", "Descriptors that may be open.");
  out.value(static_cast<double>(limit.rlim_cur));
}

}  // namespace

std::string exposition(const Sources& sources) {
  Families out;
  add_queries(out, sources.counters);
  add_refusals(out, sources.counters);
  add_updates(out, sources.counters);
  add_transfers(out, sources.counters, sources.state);
  add_sockets(out, sources.counters);
  add_tls_and_http(out, sources);
  add_quic(out, sources.counters);
  add_server(out, sources);
  add_process(out);
  return out.text();
}

std::string ailment(const Sources& sources, base::MonotonicTime now) {
  if (sources.state.stopping) return "stopping";
  if (!sources.state.ready) return "zones are being loaded";
  for (size_t i = 0; i < sources.counters.size(); ++i) {
    const int64_t silent = base::to_milliseconds(now) - sources.counters[i].last_turn_ms.read();
    if (silent > kTurnMax.count()) {
      return "worker " + std::to_string(i) + " has not turned for " + std::to_string(silent / 1000) + " s";
    }
  }
  return {};
}

}  // namespace atlas::telemetry::metrics
