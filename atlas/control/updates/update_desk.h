// Dynamic updates that workers have handed over: verified, carried out as one group, journalled, answered.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "atlas/control/changes/changes.h"
#include "atlas/control/config/config.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/request.h"
#include "atlas/tsig/key.h"
#include "atlas/tsig/tsig.h"
#include "atlas/update/request.h"

namespace atlas::control::updates {

// Updates that are written together: what one group delays the next by.
inline constexpr size_t kGroupMax = 256;

// Control's thread.
class UpdateDesk {
 public:
  UpdateDesk(handoff::RequestDesk& desk, changes::Changes& changes, handoff::EventQueue& events);

  // Of the configuration and the store together.
  void use_keys(std::shared_ptr<const tsig::KeyTable> keys) { keys_ = std::move(keys); }
  void use_settings(const config::UpdateSettings& settings) { settings_ = settings; }
  // Who passes on updates of zones that belong to others: true if it took the request, and answers it.
  using Forward = std::function<bool(handoff::Request& request, dns::NameView zone)>;
  void use_forwarding(Forward forward) { forward_ = std::move(forward); }

  // Works on one group of those that wait. What they change is committed; `publish` is called before the
  // answers go out, so that whoever has one sees the change. Returns how many there were.
  template <class Publish>
  size_t serve(const Publish& publish) {
    const size_t count = carry_out();
    if (count == 0) return 0;
    if (commit()) publish();
    answer();
    return count;
  }

 private:
  // One request and what came of it.
  struct Exchange {
    handoff::Request request;
    tsig::Verified verified;
    update::Refusal outcome;
    std::optional<update::Lease> granted;
    bool changes = false;
  };

  size_t carry_out();
  bool commit();
  void answer();
  void carry_out(Exchange& exchange);
  update::Refusal apply(Exchange& exchange, const policy::update::Requester& requester,
                        const update::Request& request);
  void keep_leases(Exchange& exchange, const update::Request& request,
                   const std::vector<update::Record>& added, store::ZoneId zone);
  // Who signed it; fails with what to answer.
  std::expected<policy::update::Requester, update::Refusal> identify(Exchange& exchange);
  void report(const Exchange& exchange, const policy::update::Requester& requester);

  handoff::RequestDesk& desk_;
  changes::Changes& changes_;
  handoff::EventQueue& events_;
  config::UpdateSettings settings_;
  Forward forward_;
  std::shared_ptr<const tsig::KeyTable> keys_;
  std::vector<Exchange> group_;
};

}  // namespace atlas::control::updates
