// Orders that take their time: reading the configuration and zones again.
#include <systemd/sd-daemon.h>

#include "atlas/control/cookie_secret.h"
#include "atlas/control/log_settings.h"
#include "atlas/control/server.h"

namespace atlas::control {
namespace {

using handoff::EventId;

// That wait behind the one which is carried out, from more clients than the control socket has connections.
constexpr size_t kOrdersMax = 256;

}  // namespace

// An order for the same as one that waits joins it. False if too many wait.
bool Server::add_order(Order order) {
  const size_t begun = is_ready_ && zones_.is_loading() ? 1 : 0;
  for (size_t i = begun; i < orders_.size(); ++i) {
    if (orders_[i].zone != order.zone) continue;
    orders_[i].requests.insert(orders_[i].requests.end(), order.requests.begin(), order.requests.end());
    return true;
  }
  if (order.zone && orders_.size() >= kOrdersMax) return false;
  orders_.push_back(std::move(order));
  return true;
}

void Server::start_next_order() {
  if (orders_.empty()) return;
  Order& order = orders_.front();
  order_begun_ = base::monotonic_now();
  if (order.zone) {
    if (zones_.start_load_one(*order.zone, zone_loaders())) return;
    const bool is_there = zones_.find(*order.zone) != nullptr;
    answer(order, http::problem(is_there ? 409 : 404, "zone " + dns::to_text(order.zone->view()) +
                                                          (is_there ? " has no file that could be read again"
                                                                    : " is not configured")));
    orders_.pop_front();
    return;
  }
  // systemd compares the time with that of its own signal.
  const auto now = std::chrono::duration_cast<std::chrono::microseconds>(order_begun_.time_since_epoch());
  ::sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", static_cast<long long>(now.count()));
  if (auto reloaded = try_reload(order.actor); !reloaded) {
    ++state_.config_rejections;
    events_.emit(EventId::kConfigRejected, {{"error", reloaded.error().message}});
    answer(order, http::problem(422, "nothing was changed: " + reloaded.error().message,
                                "\"hint\":" + http::json_string(reloaded.error().hint)));
    orders_.pop_front();
    ::sd_notify(0, "READY=1");
    return;
  }
  start_loading();
}

void Server::finish_order(const zones::LoadCounts& counts) {
  const Order order = std::move(orders_.front());
  orders_.pop_front();
  if (order.zone) {
    answer(order, load_result(counts));
    return;
  }
  events_.emit(EventId::kReloadDone,
               {{"seconds", std::chrono::duration<double>(base::monotonic_now() - order_begun_).count()},
                {"loaded", counts.loaded},
                {"unchanged", counts.unchanged},
                {"failed", counts.failed}});
  ::sd_notify(0, "READY=1");
  answer(order, get_status());
}

void Server::answer(const Order& order, const http::Response& response) {
  for (const uint64_t request : order.requests) control_socket_->answer_later(request, response);
}

// A wrong configuration changes nothing: all that can fail comes first.
base::Result<void> Server::try_reload(const std::string& actor) {
  config::Loaded loaded = config::load(config_path_);
  if (!loaded.config) {
    const auto& first = loaded.diagnostics.front();
    return base::fail(base::summary(first), first.hint);
  }
  auto listeners = open_listeners(loaded.config->listen);
  if (!listeners) return std::unexpected(listeners.error());
  const auto fixed = config::changes_that_need_a_restart(config_, *loaded.config);
  // What is fixed at the start stays what it was.
  loaded.config->paths = config_.paths;
  loaded.config->control = config_.control;
  loaded.config->dnstap = config_.dnstap;
  loaded.config->metrics = config_.metrics;
  loaded.config->store = config_.store;
  loaded.config->https.forwarded_field = config_.https.forwarded_field;
  auto secrets = load_cookie_secrets(loaded.config->cookies, loaded.config->paths.state, events_);
  if (!secrets) return std::unexpected(secrets.error());
  auto tls = certificates::TlsContexts::load(*loaded.config, &*tls_, events_);
  if (!tls) return std::unexpected(tls.error());
  for (const config::ZoneFile& zone : loaded.config->zones) {
    const zones::ZoneState* present = zones_.find(zone.apex);
    if (present == nullptr || present->is_configured()) continue;
    return base::fail("zone " + dns::to_text(zone.apex.view()) + " of " + zone.configured_in.string() + ':' +
                          std::to_string(zone.line) + " is in the store already",
                      "atlasctl zone delete takes it out of there");
  }
  auto key_table = read_keys(*loaded.config);
  if (!key_table) return std::unexpected(key_table.error());
  if (auto used = remotes_.configure(loaded.config->remotes, *key_table); !used) return used;

  if (!fixed.empty()) {
    std::string list;
    for (const std::string& key : fixed) list += (list.empty() ? "" : ", ") + key;
    events_.emit(EventId::kConfigNeedsRestart, {{"keys", list}});
  }
  if (loaded.config->log != config_.log) use_log_settings(loaded.config->log, events_);
  if (loaded.config->log.level != config_.log.level) {
    events_.emit(EventId::kLogLevelChanged, {{"level", to_text(events_.level())}, {"actor", actor}});
  }
  report_listeners(listeners_, *listeners);
  listeners_ = std::move(*listeners);
  cookies_ = *secrets;
  use_tls(std::move(*tls));
  config_ = std::move(*loaded.config);
  note_config_time();
  use_keys(std::move(*key_table));
  update_desk_->use_settings(config_.updates);
  housekeeping_->use_settings(config_.history);
  use_transfer_settings();
  const zones::ConfigureCounts counts = configure_zones();
  if (auto attached = changes_->attach(); !attached) return attached;
  secondaries_->reconsider();
  if (counts.added + counts.removed != 0) zones_.remove_other_images();
  ++state_.config_reloads;
  events_.emit(
      EventId::kConfigReloaded,
      {{"actor", actor}, {"added", counts.added}, {"removed", counts.removed}, {"changed", counts.changed}});
  return {};
}

}  // namespace atlas::control
