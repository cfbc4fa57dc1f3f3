#include "atlas/control/api/api.h"

#include <algorithm>
#include <boost/json.hpp>

#include "atlas/control/api/replies.h"

namespace atlas::control::api {

namespace json = boost::json;
using changes::Refused;
using http::Request;

void Api::add_routes(http::Router& router) {
  router.add("GET", "/v1/zones", [this](const Request& request) { return list_zones(request); });
  router.add("POST", "/v1/zones", [this](const Request& request) { return create_zone(request); });
  router.add("GET", "/v1/zones/{zone}", [this](const Request& request) { return get_zone(request); });
  router.add("DELETE", "/v1/zones/{zone}", [this](const Request& request) { return delete_zone(request); });
  router.add("PUT", "/v1/zones/{zone}/settings",
             [this](const Request& request) { return set_settings(request); });
  router.add("POST", "/v1/zones/{zone}/refresh",
             [this](const Request& request) { return ask_of_secondary(request, &SecondaryZones::refresh); });
  router.add("POST", "/v1/zones/{zone}/retransfer", [this](const Request& request) {
    return ask_of_secondary(request, &SecondaryZones::retransfer);
  });
  router.add("POST", "/v1/zones/{zone}/notify", [this](const Request& request) { return notify(request); });
  router.add("GET", "/v1/zones/{zone}/records",
             [this](const Request& request) { return list_records(request); });
  router.add("GET", "/v1/zones/{zone}/text", [this](const Request& request) { return get_text(request); });
  router.add("PUT", "/v1/zones/{zone}/text",
             [this](const Request& request) { return replace_zone(request); });
  router.add("PATCH", "/v1/zones/{zone}/rrsets",
             [this](const Request& request) { return change_rrsets(request); });
  router.add("POST", "/v1/zones/{zone}/undo",
             [this](const Request& request) { return undo_in_zone(request); });
  router.add("GET", "/v1/changes", [this](const Request& request) { return list_changes(request); });
  router.add("GET", "/v1/changes/{id}", [this](const Request& request) { return get_change(request); });
  router.add("POST", "/v1/changes/{id}/undo",
             [this](const Request& request) { return undo_change(request); });
  router.add("GET", "/v1/deleted-zones", [this](const Request&) { return list_deleted(); });
  router.add("DELETE", "/v1/deleted-zones/{id}",
             [this](const Request& request) { return purge_zone(request); });
  router.add("POST", "/v1/deleted-zones/{id}/restore",
             [this](const Request& request) { return restore_zone(request); });
  router.add("GET", "/v1/keys", [this](const Request&) { return list_keys(); });
  router.add("POST", "/v1/keys", [this](const Request& request) { return create_key(request); });
  router.add("DELETE", "/v1/keys/{name}", [this](const Request& request) { return delete_key(request); });
}

std::expected<const zones::ZoneState*, http::Response> Api::zone_of(const Request& request) const {
  const auto apex = parse_absolute_name(request.parameter("zone"));
  if (!apex) return std::unexpected(http::problem(400, apex.error().message));
  if (const zones::ZoneState* zone = changes_.zones().find(*apex)) return zone;
  return std::unexpected(refusal(Refused::Kind::kUnknown, "there is no zone " + dns::to_text(apex->view())));
}

std::expected<const zones::ZoneState*, http::Response> Api::loaded_zone_of(const Request& request) const {
  auto zone = zone_of(request);
  if (!zone || (*zone)->version != nullptr) return zone;
  return std::unexpected(refusal(Refused::Kind::kConflict,
                                 "zone " + dns::to_text((*zone)->apex.view()) + " is not loaded",
                                 (*zone)->task ? "it is being loaded" : (*zone)->error));
}

http::Response Api::carry_out(const changes::ZoneEdit& edit, bool dry_run,
                              const base::Diagnostics& diagnostics) {
  const zones::ZoneState* const zone = changes_.zones().find(edit.zone);
  json::object answer;
  if (dry_run) {
    const auto diff = changes_.preview(edit);
    if (!diff) return refusal(diff.error(), zone);
    changes::Made made{.serial = changes_.newest(edit.zone)->serial(),
                       .records_removed = diff->removed.size(),
                       .records_added = diff->added.size()};
    answer = describe(edit.zone, made);
    answer["diff"] = describe(*diff);
  } else {
    const auto made = changes_.edit(edit);
    if (!made) return refusal(made.error(), zone);
    if (auto failed = commit()) return std::move(*failed);
    if (made->change != store::ChangeId{}) report(edit.zone, to_text(*made), edit.origin);
    answer = describe(edit.zone, *made);
  }
  if (!diagnostics.empty()) answer["diagnostics"] = describe(diagnostics);
  return reply(answer);
}

std::optional<http::Response> Api::commit(bool keys) {
  const auto committed = changes_.commit();
  if (!committed) {
    return refusal(Refused::Kind::kStore, "nothing was done: " + committed.error().message,
                   committed.error().hint);
  }
  publish_(keys);
  return {};
}

void Api::report(dns::NameView zone, std::string what, const store::Origin& origin) {
  if (!origin.reason.empty()) what += " (" + origin.reason + ')';
  events_.emit(handoff::EventId::kZoneChanged,
               {{"zone", dns::to_text(zone)}, {"what", what}, {"actor", origin.actor}});
}

base::Result<dns::Name> Api::name_of(store::ZoneId id) {
  for (const zones::ZoneState& zone : changes_.zones().zones()) {
    if (zone.row != nullptr && zone.row->id == id) return zone.apex;
  }
  const auto rows = changes_.store().zones();
  if (!rows) return std::unexpected(rows.error());
  const auto row = std::ranges::find(*rows, id, &store::ZoneRow::id);
  if (row != rows->end()) return row->apex;
  return base::fail("the store has changes of zone " + std::to_string(number_of(id)) + ", and no such zone");
}

// "uid=0(root) pid=123" or "uid=4711 pid=123", as http::peer_name() has it.
store::Origin origin_of(const Request& request, std::string reason) {
  const std::string_view peer = request.actor;
  const size_t process = peer.find(" pid=");
  const std::string_view user = peer.substr(0, process);
  store::Origin origin;
  if (const size_t name = user.find('('); name != std::string_view::npos && user.ends_with(')')) {
    origin.actor = "user:" + std::string(user.substr(name + 1, user.size() - name - 2));
  } else if (user.starts_with("uid=")) {
    origin.actor = "uid:" + std::string(user.substr(4));
  } else {
    origin.actor = user;
  }
  origin.source = "control socket";
  if (process != std::string_view::npos)
    origin.source += ", process " + std::string(peer.substr(process + 5));
  origin.reason = std::move(reason);
  return origin;
}

}  // namespace atlas::control::api
