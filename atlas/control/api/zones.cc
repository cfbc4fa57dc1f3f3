#include <algorithm>
#include <boost/json.hpp>

#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"
#include "atlas/control/api/zone_content.h"
#include "atlas/control/catalogs/catalog_zone.h"
#include "atlas/zone/load.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;
using zones::ZoneState;

constexpr uint64_t kPageMax = 1000;
constexpr uint32_t kFirstSerial = 1;
constexpr uint64_t kPageDefault = 100;

const ZoneState* zone_holding(const zones::ZoneSet& zones, dns::NameView name) {
  for (;; name = name.parent()) {
    if (const ZoneState* zone = zones.find(name)) return zone;
    if (name.is_root()) return nullptr;
  }
}

// The first thing that is wrong becomes the error of `members`.
zones::ZoneSettings take_settings(const json::object& object, Members& members) {
  auto settings = zones::parse_settings(json::serialize(object));
  if (settings) return std::move(*settings);
  members.fail(settings.error().message +
               (settings.error().hint.empty() ? "" : "; " + settings.error().hint));
  return {};
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

// What a zone is stays what it was made as.
std::optional<http::Response> refuse_other_kind(const ZoneState& zone, const zones::ZoneSettings& settings) {
  const std::string name = dns::to_text(zone.apex.view());
  const bool is_secondary = zone.kind == store::ZoneKind::kSecondary;
  if (is_secondary == settings.primaries.empty()) {
    return is_secondary
               ? refusal(Refused::Kind::kInvalid,
                         "zone " + name + " is a secondary, and would be left without primaries")
               : refusal(Refused::Kind::kInvalid, "zone " + name + " is made here, and has no primaries",
                         "delete it, and make it again with primaries");
  }
  const auto role = zone.settings == nullptr ? zones::CatalogRole::kNone : zone.settings->catalog;
  const bool was_made = role == zones::CatalogRole::kProduce,
             is_made = settings.catalog == zones::CatalogRole::kProduce;
  if (was_made == is_made) return {};
  return refusal(
      Refused::Kind::kInvalid,
      "zone " + name + (was_made ? " is a catalog, and stays one" : " is no catalog, and becomes none"),
      "delete it, and make it again");
}

std::expected<Wanted, http::Response> read_wanted(const json::object& object) {
  Members members(object);
  Wanted wanted;
  members.require("zone");
  wanted.apex = members.name("zone", {}).value_or(dns::Name());
  wanted.terms = take_terms(members, false);
  if (const json::object* settings = members.object("settings"))
    wanted.settings = take_settings(*settings, members);
  const bool is_secondary = !wanted.settings.primaries.empty();
  if (auto text = members.text("text")) {
    if (is_secondary) members.fail("text", "is for zones that are made here: this one has primaries");
    wanted.text = std::move(*text);
  } else if (wanted.settings.catalog == zones::CatalogRole::kProduce) {
    wanted.text = catalogs::empty_catalog_text(wanted.apex, kFirstSerial);
  } else if (!is_secondary) {
    if (auto plain = plain_text(members, wanted.apex)) wanted.text = std::move(*plain);
  }
  if (const auto error = members.error()) return std::unexpected(http::problem(400, *error));
  return wanted;
}

}  // namespace

// A load, or the last attempt to take the zone from its primaries.
bool Api::has_failed(const ZoneState& zone) const {
  if (zone.failed) return true;
  const auto status = status_of(zone);
  return status && (status->state == secondaries::SecondaryStatus::State::kFailing ||
                    status->state == secondaries::SecondaryStatus::State::kExpired);
}

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
    if (!kind.empty() && kind != to_text(zone.kind)) return;
    if (status == "expired" && !zone.is_expired) return;
    if (status == "failed" && !has_failed(zone)) return;
    if (matching++ >= offset && page.size() < limit) page.push_back(describe_zone(zone));
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
  return zone ? reply(describe_zone(**zone)) : zone.error();
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
  if (auto refused = refuse_settings(wanted->settings, wanted->apex)) return std::move(*refused);
  changes::NewZone zone{.apex = wanted->apex,
                        .content = nullptr,
                        .settings = wanted->settings,
                        .origin = origin_of(request, wanted->terms.reason)};
  base::Diagnostics diagnostics;
  if (wanted->settings.primaries.empty()) {
    zone::LoadResult loaded = zone::load_zone_text(std::move(wanted->text), wanted->apex);
    if (loaded.zone == nullptr) return refusal(loaded.diagnostics);
    zone.content = loaded.zone;
    diagnostics = std::move(loaded.diagnostics);
  }
  return create(zone, wanted->terms.dry_run, diagnostics);
}

http::Response Api::create(const changes::NewZone& zone, bool dry_run, const base::Diagnostics& diagnostics) {
  changes::Made made;
  if (dry_run) {
    if (zone.content != nullptr)
      made = {.serial = zone.content->serial(), .records_added = zone.content->record_count()};
  } else {
    const auto created = changes_.create(zone);
    if (!created) return refusal(created.error());
    if (auto failed = commit()) return std::move(*failed);
    report(zone.apex, "made", zone.origin);
    made = *created;
  }
  json::object answer = describe(zone.apex, made);
  if (!diagnostics.empty()) answer["diagnostics"] = describe(diagnostics);
  return reply(answer, dry_run ? 200 : 201);
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
  // The terms stand among the settings.
  json::object terms_of_body, settings_of_body;
  for (const auto& [key, value] : *body)
    (key == "reason" || key == "dry_run" ? terms_of_body : settings_of_body)[key] = value;
  Members members(terms_of_body);
  const Terms terms = take_terms(members, false);
  const zones::ZoneSettings settings = take_settings(settings_of_body, members);
  if (const auto error = members.error()) return http::problem(400, *error);
  const dns::Name apex = (*zone)->apex;
  if (!(*zone)->is_configured()) {
    if (auto refused = refuse_settings(settings, apex)) return std::move(*refused);
    if (auto refused = refuse_other_kind(**zone, settings)) return std::move(*refused);
  }
  if (const auto set = changes_.set_settings(apex, settings); !set) return refusal(set.error(), *zone);
  if (terms.dry_run) {
    changes_.give_up();
    json::object answer = describe_zone(**zone);
    answer["settings"] = json::parse(zones::to_json(settings));
    return reply(answer);
  }
  if (auto failed = commit()) return std::move(*failed);
  report(apex, "other settings", origin_of(request, terms.reason));
  return reply(describe_zone(*changes_.zones().find(apex)));
}

}  // namespace atlas::control::api
