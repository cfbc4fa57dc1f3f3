#include <algorithm>
#include <boost/json.hpp>

#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"
#include "atlas/control/api/zone_content.h"
#include "atlas/zone/load.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;
using zones::ZoneState;

constexpr uint64_t kPageMax = 1000;
constexpr uint64_t kPageDefault = 100;

const ZoneState* zone_holding(const zones::ZoneSet& zones, dns::NameView name) {
  for (;; name = name.parent()) {
    if (const ZoneState* zone = zones.find(name)) return zone;
    if (name.is_root()) return nullptr;
  }
}

// The settings among other members.
zones::ZoneSettings take_settings(Members& members) {
  zones::ZoneSettings settings;
  settings.update_policy = members.texts("update_policy");
  if (const auto hash = members.text("zonemd")) {
    settings.zonemd = zone::parse_zonemd_hash(*hash);
    if (!settings.zonemd) members.fail("zonemd", "is sha384 or sha512");
  }
  return settings;
}

struct Wanted {
  dns::Name apex;
  std::string text;
  zones::ZoneSettings settings;
  Terms terms;
};

// The text of a zone of which only names are given.
std::optional<std::string> plain_text(Members& members, dns::NameView apex) {
  members.require("primary_ns");
  members.require("contact");
  const auto primary_ns = members.name("primary_ns", apex);
  const auto contact = members.text("contact");
  PlainZone plain{primary_ns.value_or(dns::Name()), {}, members.texts("addresses")};
  if (members.error()) return {};
  auto responsible = contact_name(*contact);
  if (!responsible) {
    members.fail("contact", "is no mail address: " + responsible.error().message);
    return {};
  }
  plain.contact = *responsible;
  auto text = text_of(plain, apex);
  if (text) return std::move(*text);
  members.fail(text.error().message + (text.error().hint.empty() ? "" : "; " + text.error().hint));
  return {};
}

std::expected<Wanted, http::Response> read_wanted(const json::object& object) {
  Members members(object);
  Wanted wanted;
  members.require("zone");
  wanted.apex = members.name("zone", {}).value_or(dns::Name());
  wanted.terms = take_terms(members, false);
  if (const json::object* settings = members.object("settings")) {
    Members inner(*settings, "settings.");
    wanted.settings = take_settings(inner);
    members.take_error_of(inner);
  }
  if (auto text = members.text("text")) {
    wanted.text = std::move(*text);
  } else if (auto plain = plain_text(members, wanted.apex)) {
    wanted.text = std::move(*plain);
  }
  if (const auto error = members.error()) return std::unexpected(http::problem(400, *error));
  return wanted;
}

}  // namespace

http::Response Api::list_zones(const http::Request& request) const {
  const zones::ZoneSet& zones = changes_.zones();
  const std::string_view status = request.query_value("status"), kind = request.query_value("kind");
  const uint64_t limit = query_number(request, "limit", kPageDefault, kPageMax);
  const uint64_t offset = query_number(request, "offset", 0, INT64_MAX);
  const ZoneState* only = nullptr;
  if (const std::string_view holds = request.query_value("holds"); !holds.empty()) {
    const auto name = parse_absolute_name(holds);
    if (!name) return http::problem(400, "holds is no domain name: " + name.error().message);
    only = zone_holding(zones, *name);
    if (only == nullptr)
      return reply(json::object{{"total", 0}, {"offset", offset}, {"zones", json::array()}});
  }
  json::array page;
  size_t matching = 0;
  const auto look_at = [&](const ZoneState& zone) {
    if (status == "failed" && !zone.failed) return;
    if (!kind.empty() && kind != (zone.kind == store::ZoneKind::kFile ? "file" : "primary")) return;
    if (matching++ >= offset && page.size() < limit) page.push_back(describe(zone, zones));
  };
  if (only != nullptr) {
    look_at(*only);
  } else {
    std::ranges::for_each(zones.zones(), look_at);
  }
  return reply(json::object{{"total", matching}, {"offset", offset}, {"zones", std::move(page)}});
}

http::Response Api::get_zone(const http::Request& request) const {
  const auto zone = zone_of(request);
  return zone ? reply(describe(**zone, changes_.zones())) : zone.error();
}

http::Response Api::create_zone(const http::Request& request) {
  const auto body = parse_body(request);
  if (!body) return body.error();
  auto wanted = read_wanted(*body);
  if (!wanted) return wanted.error();
  const std::string name = dns::to_text(wanted->apex.view());
  if (const ZoneState* present = changes_.zones().find(wanted->apex)) {
    return refusal(Refused::Kind::kExists, "there is a zone " + name + " already",
                   present->line == 0 ? "" : where(*present) + " names it");
  }
  zone::LoadResult loaded = zone::load_zone_text(std::move(wanted->text), wanted->apex);
  if (loaded.zone == nullptr) return refusal(loaded.diagnostics);
  changes::Made made{.serial = loaded.zone->serial(), .records_added = loaded.zone->record_count()};
  if (wanted->terms.dry_run) {
    if (const auto policy = zones::policy_of(wanted->settings, wanted->apex); !policy)
      return refusal(Refused::Kind::kInvalid, policy.error().message, policy.error().hint);
  } else {
    const auto origin = origin_of(request, wanted->terms.reason);
    const auto created = changes_.create(
        {.apex = wanted->apex, .content = loaded.zone, .settings = wanted->settings, .origin = origin});
    if (!created) return refusal(created.error());
    if (auto failed = commit()) return std::move(*failed);
    report(wanted->apex, "made", origin);
    made = *created;
  }
  json::object answer = describe(wanted->apex, made);
  if (!loaded.diagnostics.empty()) answer["diagnostics"] = describe(loaded.diagnostics);
  return reply(answer, wanted->terms.dry_run ? 200 : 201);
}

http::Response Api::delete_zone(const http::Request& request) {
  const auto zone = zone_of(request);
  if (!zone) return zone.error();
  const auto terms = query_terms(request);
  if (!terms) return terms.error();
  const ZoneState& state = **zone;
  json::object answer{{"zone", dns::to_text(state.apex.view())}};
  if (state.row != nullptr) answer["id"] = number_of(state.row->id);
  if (state.version != nullptr) answer["serial"] = state.version->serial();
  if (terms->if_serial && (state.version == nullptr || state.version->serial() != *terms->if_serial)) {
    return refusal(Refused::Kind::kConflict, "zone " + dns::to_text(state.apex.view()) +
                                                 " does not have serial " +
                                                 std::to_string(*terms->if_serial));
  }
  const auto origin = origin_of(request, terms->reason);
  if (const auto removed = changes_.remove(state.apex, origin); !removed)
    return refusal(removed.error(), &state);
  if (terms->dry_run) {
    changes_.give_up();
    return reply(answer);
  }
  const dns::Name apex = state.apex;
  if (auto failed = commit()) return std::move(*failed);
  report(apex, "deleted", origin);
  answer["deleted_by"] = origin.actor;
  if (!origin.reason.empty()) answer["reason"] = origin.reason;
  return reply(answer);
}

http::Response Api::set_settings(const http::Request& request) {
  const auto zone = zone_of(request);
  if (!zone) return zone.error();
  const auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  const zones::ZoneSettings settings = take_settings(members);
  const Terms terms = take_terms(members, false);
  if (const auto error = members.error()) return http::problem(400, *error);
  const dns::Name apex = (*zone)->apex;
  if (const auto set = changes_.set_settings(apex, settings); !set) return refusal(set.error(), *zone);
  if (terms.dry_run) {
    changes_.give_up();
    json::object answer = describe(**zone, changes_.zones());
    answer["settings"] = json::parse(zones::to_json(settings));
    return reply(answer);
  }
  if (auto failed = commit()) return std::move(*failed);
  report(apex, "other settings", origin_of(request, terms.reason));
  return reply(describe(*changes_.zones().find(apex), changes_.zones()));
}

}  // namespace atlas::control::api
