// Zones from other servers and to them: what is asked of the courier, what comes back, what is asked of us.
#include <algorithm>

#include "atlas/control/remotes/errand_owners.h"
#include "atlas/control/server.h"

namespace atlas::control {
namespace {

// What one turn does of each kind, so that updates need not wait for long.
constexpr size_t kNotifiesPerTurn = 500;
constexpr size_t kTransferRequestsPerTurn = 100;
constexpr size_t kOutcomesPerTurn = 500;
// How often old snapshots are looked at when nothing else happens.
constexpr base::MonotonicTime::duration kTurn = std::chrono::milliseconds(200);

remotes::CourierLimits limits_of(const config::TransferSettings& settings) {
  remotes::CourierLimits limits;
  limits.transfers_max = settings.in_max;
  limits.transfers_per_endpoint_max = settings.in_per_primary_max;
  limits.transfer_wait = settings.in_time_max;
  return limits;
}

}  // namespace

// Behind the store, whose zones they watch.
base::Result<void> Server::open_transfers() {
  courier_ = std::make_unique<remotes::Courier>(limits_of(config_.transfers));
  if (!courier_->is_ready()) return base::fail("out of descriptors");
  if (auto used = remotes_.configure(config_.remotes, keys_); !used) return used;
  secondaries_ = std::make_unique<secondaries::SecondaryZones>(*changes_, zones_, remotes_, *courier_,
                                                               requests_, events_, state_);
  catalogs_ = std::make_unique<catalogs::Catalogs>(*changes_, zones_, events_);
  notifier_ = std::make_unique<propagation::Notifier>(zones_, remotes_, *courier_, events_, state_);
  propagation_ = std::make_unique<propagation::Propagation>(*changes_, remotes_, *courier_);
  transfer_desk_ = std::make_unique<propagation::TransferDesk>(requests_, *store_, zones_, events_);
  use_transfer_settings();
  update_desk_->use_forwarding([this](handoff::Request& request, dns::NameView zone) {
    return secondaries_->forward_update(request, zone);
  });
  return {};
}

// Of the configuration and the keys in force.
void Server::use_transfer_settings() {
  secondaries_->use_settings(config_.transfers);
  secondaries_->use_keys(keys_);
  transfer_desk_->use_keys(keys_);
}

void Server::serve_transfers() {
  secondaries_->serve_notifies(kNotifiesPerTurn);
  transfer_desk_->serve(kTransferRequestsPerTurn);
}

void Server::take_outcomes() {
  bool changed = false;
  for (remotes::Outcome& outcome : courier_->take(kOutcomesPerTurn)) {
    switch (remotes::owner_of(outcome.id)) {
      case remotes::ErrandOwner::kSecondaries:
        changed |= secondaries_->take(std::move(outcome));
        break;
      case remotes::ErrandOwner::kNotifier:
        notifier_->take(std::move(outcome));
        break;
      case remotes::ErrandOwner::kPropagation:
        propagation_->take(std::move(outcome));
        break;
    }
  }
  if (changed) publish_zones();
}

void Server::turn_transfers(base::MonotonicTime now) {
  bool changed = secondaries_->turn(now);
  changed |= catalogs_->turn(now);
  if (changed) publish_zones();
  notifier_->turn(now);
  propagation_->turn(now);
}

// Until somebody has something to do, if nothing happens before.
int Server::wait_ms() const {
  const base::MonotonicTime now = base::monotonic_now();
  const base::MonotonicTime due = std::min({now + kTurn, secondaries_->deadline(), catalogs_->deadline(),
                                            notifier_->deadline(), propagation_->deadline()});
  if (more_updates_ || due <= now) return 0;
  return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(due - now).count());
}

}  // namespace atlas::control
