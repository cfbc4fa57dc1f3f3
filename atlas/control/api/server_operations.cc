// The operations of the control socket on the server as a whole. api/openapi.yaml is their contract.
#include <boost/json.hpp>

#include "atlas/control/api/propagation.h"
#include "atlas/control/server.h"

namespace atlas::control {
namespace {

namespace json = boost::json;

http::Response reply(const json::value& value) {
  return {.status = 200, .body = json::serialize(value) + '\n', .headers = {}};
}

}  // namespace

void Server::add_routes() {
  api_ = std::make_unique<api::Api>(*changes_, config_, events_, [this](bool keys) {
    if (keys) {
      refresh_keys();
      publish();
    } else {
      publish_zones();
    }
  });
  api_->use_transfers(*secondaries_, *notifier_);
  api_->add_routes(router_);
  api::add_propagation_route(router_, *propagation_,
                             [this](uint64_t request, const http::Response& response) {
                               control_socket_->answer_later(request, response);
                             });
  router_.add("GET", "/v1/status", [this](const http::Request&) { return get_status(); });
  router_.add("GET", "/v1/stats", [this](const http::Request&) { return get_stats(); });
  router_.add("POST", "/v1/zones/{zone}/reload", [this](const http::Request& request) {
    const auto apex = dns::parse_name(request.parameter("zone"));
    return apex ? order(request, *apex) : http::problem(400, apex.error().message);
  });
  router_.add("POST", "/v1/reload", [this](const http::Request& request) { return order(request, {}); });
  router_.add("GET", "/v1/config", [this](const http::Request&) {
    return http::Response{.status = 200,
                          .content_type = "application/yaml",
                          .body = config::effective_yaml(config_),
                          .headers = {}};
  });
}

http::Response Server::get_status() const {
  json::array listeners;
  for (const OpenListener& listener : listeners_) {
    const handoff::Listener& sockets = *listener.sockets;
    listeners.push_back(
        json::object{{"address", sockets.endpoint.to_text()},
                     {"transport", query::kTransportNames[static_cast<size_t>(sockets.transport)]}});
  }
  const auto uptime = std::chrono::duration_cast<std::chrono::seconds>(base::monotonic_now() - started_);
  return reply(json::object{{"version", release_},
                            {"uptime_seconds", uptime.count()},
                            {"workers", workers_},
                            {"generation", generation_},
                            {"zones", state_.zones.load()},
                            {"zones_serving", state_.zones_serving.load()},
                            {"zones_failed", state_.zones_failed.load()},
                            {"records", state_.records.load()},
                            {"zone_memory_octets", state_.zone_memory_octets.load()},
                            {"config_file", config_path_.string()},
                            {"listeners", std::move(listeners)}});
}

http::Response Server::get_stats() const {
  using handoff::total;
  using handoff::WorkerCounters;
  json::object queries, responses;
  for (size_t i = 0; i < query::kTransportCount; ++i) {
    const char* name = query::kTransportNames[i];
    queries[name] = total(counters_, [i](const WorkerCounters& worker) { return worker.queries[i].read(); });
    responses[name] =
        total(counters_, [i](const WorkerCounters& worker) { return worker.responses[i].read(); });
  }
  json::object by_rcode;
  for (size_t i = 0; i < handoff::kCountedRcodes; ++i) {
    const uint64_t count =
        total(counters_, [i](const WorkerCounters& worker) { return worker.rcodes[i].read(); });
    if (count != 0) by_rcode[dns::to_text(static_cast<dns::Rcode>(i))] = count;
  }
  return reply(json::object{
      {"queries", std::move(queries)},
      {"responses", std::move(responses)},
      {"rcodes", std::move(by_rcode)},
      {"dropped_malformed", total(counters_, &WorkerCounters::dropped_malformed)},
      {"dropped_rate_limit", total(counters_, &WorkerCounters::dropped_rate_limit)},
      {"refused_access", total(counters_, &WorkerCounters::refused_access)},
      {"truncated", total(counters_, &WorkerCounters::truncated)},
      {"tcp_open", total(counters_, [](const WorkerCounters& worker) { return worker.tcp_open.read(); })}});
}

http::Response Server::order(const http::Request& request, std::optional<dns::Name> zone) {
  if (!add_order({std::move(zone), request.actor, {request.id}}))
    return http::problem(503, "too many requests wait for a reload");
  return http::later();
}

http::Response Server::load_result(const zones::LoadCounts& counts) {
  return reply(
      json::object{{"loaded", counts.loaded}, {"unchanged", counts.unchanged}, {"failed", counts.failed}});
}

}  // namespace atlas::control
