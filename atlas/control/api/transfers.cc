// Operations on zones that come from other servers and go to others.
#include <algorithm>
#include <array>
#include <boost/json.hpp>

#include "atlas/base/time_text.h"
#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"
#include "atlas/control/zones/remote_reference.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;
using secondaries::SecondaryStatus;
using zones::ZoneState;

constexpr std::array<std::string_view, 6> kStates = {"new",          "current", "refreshing",
                                                     "transferring", "failing", "expired"};

json::object describe(const SecondaryStatus& status) {
  json::object object{{"state", kStates[static_cast<size_t>(status.state)]}};
  if (!status.primary.empty()) object["primary"] = status.primary;
  if (status.refreshed) object["refreshed"] = base::rfc3339_text(*status.refreshed);
  if (status.transferred) object["transferred"] = base::rfc3339_text(*status.transferred);
  if (status.next_refresh != base::WallTime{})
    object["next_refresh"] = base::rfc3339_text(status.next_refresh);
  if (status.expires) object["expires"] = base::rfc3339_text(*status.expires);
  if (!status.error.empty()) object["error"] = status.error;
  return object;
}

// The first of the lists that names a remote which is none.
std::optional<std::string> unknown_remote(const std::vector<const std::vector<std::string>*>& lists,
                                          const std::vector<config::RemoteSettings>& remotes) {
  for (const std::vector<std::string>* list : lists) {
    for (const std::string& text : *list) {
      const auto reference = zones::parse_remote_reference(text);
      if (!reference || reference->name.empty()) continue;
      if (std::ranges::find(remotes, reference->name, &config::RemoteSettings::name) == remotes.end())
        return reference->name;
    }
  }
  return {};
}

}  // namespace

std::optional<SecondaryStatus> Api::status_of(const ZoneState& zone) const {
  if (secondaries_ == nullptr || zone.kind != store::ZoneKind::kSecondary) return {};
  return secondaries_->status(zone.apex);
}

json::object Api::describe_zone(const ZoneState& zone) const {
  json::object object = describe(zone, changes_.zones());
  if (const auto status = status_of(zone)) object["transfer"] = describe(*status);
  return object;
}

std::optional<http::Response> Api::refuse_settings(const zones::ZoneSettings& settings,
                                                   dns::NameView apex) const {
  if (const auto checked = zones::check(settings, apex); !checked)
    return refusal(Refused::Kind::kInvalid, checked.error().message, checked.error().hint);
  std::vector<const std::vector<std::string>*> lists = {
      &settings.primaries, &settings.secondaries, &settings.members.primaries, &settings.members.secondaries};
  for (const auto& [name, members] : settings.groups) {
    lists.push_back(&members.primaries);
    lists.push_back(&members.secondaries);
  }
  if (const auto unknown = unknown_remote(lists, config_.remotes)) {
    return refusal(Refused::Kind::kInvalid, "there is no remote \"" + *unknown + '"',
                   "remotes are in the configuration; an address will do, too");
  }
  if (settings.member_of) {
    const ZoneState* catalog = changes_.zones().find(*settings.member_of);
    if (catalog == nullptr || catalog->settings->catalog != zones::CatalogRole::kProduce) {
      return refusal(Refused::Kind::kInvalid,
                     dns::to_text(*settings.member_of) + " is no catalog that is made here",
                     "its settings have \"catalog\":\"produce\"");
    }
  }
  return {};
}

http::Response Api::ask_of_secondary(const http::Request& request,
                                     bool (SecondaryZones::*ask)(dns::NameView)) {
  const auto zone = zone_of(request);
  if (!zone) return zone.error();
  if (secondaries_ == nullptr) return http::problem(503, "this server takes no zones from others");
  if (!(secondaries_->*ask)((*zone)->apex)) {
    return refusal(Refused::Kind::kConflict,
                   "zone " + dns::to_text((*zone)->apex.view()) + " has no primaries: it is no secondary");
  }
  return reply(describe_zone(**zone), 202);
}

http::Response Api::notify(const http::Request& request) {
  const auto zone = zone_of(request);
  if (!zone) return zone.error();
  if (notifier_ == nullptr) return http::problem(503, "this server notifies nobody");
  const ZoneState& state = **zone;
  if (state.settings->secondaries.empty()) {
    return refusal(Refused::Kind::kConflict,
                   "zone " + dns::to_text(state.apex.view()) + " names no secondaries to notify");
  }
  notifier_->notify(state.apex);
  json::array notified;
  for (const std::string& text : state.settings->secondaries) notified.emplace_back(text);
  return reply(json::object{{"zone", dns::to_text(state.apex.view())}, {"secondaries", std::move(notified)}},
               202);
}

}  // namespace atlas::control::api
