// The operations on zones, their records and history, the recycle bin and keys. api/openapi.yaml is their
// contract.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "atlas/control/api/members.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/config/config.h"
#include "atlas/control/propagation/notifier.h"
#include "atlas/control/secondaries/secondary_zones.h"
#include "atlas/http/router.h"

namespace boost::json {
class object;
}  // namespace boost::json

namespace atlas::control::api {

// Control's thread only.
class Api {
 public:
  // What was committed is to be served. `keys`: the keys of the store have changed, too.
  using Publish = std::function<void(bool keys)>;

  // All must outlive it. `config` is the configuration in force, whichever that is.
  Api(changes::Changes& changes, const config::Config& config, handoff::EventQueue& events, Publish publish)
      : changes_(changes), config_(config), events_(events), publish_(std::move(publish)) {}

  // Without, what is asked of them is answered with 503.
  void use_transfers(secondaries::SecondaryZones& secondaries, propagation::Notifier& notifier) {
    secondaries_ = &secondaries;
    notifier_ = &notifier;
  }
  void add_routes(http::Router& router);

 private:
  // zones.cc
  http::Response list_zones(const http::Request& request) const;
  http::Response get_zone(const http::Request& request) const;
  http::Response create_zone(const http::Request& request);
  http::Response delete_zone(const http::Request& request);
  http::Response set_settings(const http::Request& request);
  http::Response create(const changes::NewZone& zone, bool dry_run, const base::Diagnostics& diagnostics);
  bool has_failed(const zones::ZoneState& zone) const;
  // transfers.cc
  using SecondaryZones = secondaries::SecondaryZones;
  std::optional<secondaries::SecondaryStatus> status_of(const zones::ZoneState& zone) const;
  boost::json::object describe_zone(const zones::ZoneState& zone) const;
  // Why a zone cannot have these settings, if it cannot.
  std::optional<http::Response> refuse_settings(const zones::ZoneSettings& settings,
                                                dns::NameView apex) const;
  http::Response ask_of_secondary(const http::Request& request, bool (SecondaryZones::*ask)(dns::NameView));
  http::Response notify(const http::Request& request);
  // records.cc
  http::Response list_records(const http::Request& request) const;
  http::Response get_text(const http::Request& request) const;
  http::Response replace_zone(const http::Request& request);
  http::Response change_rrsets(const http::Request& request);
  // history.cc
  http::Response list_changes(const http::Request& request);
  http::Response get_change(const http::Request& request);
  http::Response undo_change(const http::Request& request);
  http::Response undo_in_zone(const http::Request& request);
  // recycle_bin.cc
  http::Response list_deleted();
  http::Response restore_zone(const http::Request& request);
  http::Response purge_zone(const http::Request& request);
  // keys.cc
  http::Response list_keys();
  http::Response create_key(const http::Request& request);
  http::Response delete_key(const http::Request& request);

  // The zone that a request's path names, or why there is none.
  std::expected<const zones::ZoneState*, http::Response> zone_of(const http::Request& request) const;
  // The same with a version.
  std::expected<const zones::ZoneState*, http::Response> loaded_zone_of(const http::Request& request) const;
  // Carries out an edit, or says what it would do. `diagnostics` are shown beside it.
  http::Response carry_out(const changes::ZoneEdit& edit, bool dry_run,
                           const base::Diagnostics& diagnostics = {});
  // Writes what is staged and has it served; the answer if it cannot be written.
  std::optional<http::Response> commit(bool keys = false);
  void report(dns::NameView zone, std::string what, const store::Origin& origin);
  // The zone of a change, whether it is served or in the recycle bin.
  base::Result<dns::Name> name_of(store::ZoneId zone);

  changes::Changes& changes_;
  const config::Config& config_;
  handoff::EventQueue& events_;
  Publish publish_;
  secondaries::SecondaryZones* secondaries_ = nullptr;
  propagation::Notifier* notifier_ = nullptr;
};

// Who asks, as the history keeps it: "user:root", over the control socket.
store::Origin origin_of(const http::Request& request, std::string reason);

}  // namespace atlas::control::api
