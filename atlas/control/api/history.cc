#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "atlas/base/quantity.h"
#include "atlas/base/time_text.h"
#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"
#include "atlas/control/changes/undo.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;
using store::ChangeRow;

constexpr uint64_t kPageMax = 1000;
constexpr uint64_t kPageDefault = 100;
constexpr std::string_view kTimeForm = "is a time as RFC 3339 has it, as in 2026-11-25T10:00:00Z";

std::optional<store::ChangeId> id_of(const http::Request& request) {
  const auto number = parse_number(request.parameter("id"), INT64_MAX);
  if (!number) return {};
  return static_cast<store::ChangeId>(*number);
}

http::Response refuse_id() {
  return http::problem(400, "a change is named by its id, a whole number");
}

}  // namespace

http::Response Api::list_changes(const http::Request& request) {
  store::ChangeFilter filter;
  filter.limit = std::max(uint64_t{1}, query_number(request, "limit", kPageDefault, kPageMax));
  if (const std::string_view zone = request.query_value("zone"); !zone.empty()) {
    const auto apex = parse_absolute_name(zone);
    if (const auto id = parse_number(zone, INT64_MAX)) {
      filter.zone = static_cast<store::ZoneId>(*id);
    } else if (!apex) {
      return http::problem(400, "zone is no domain name: " + apex.error().message);
    } else if (const zones::ZoneState* state = changes_.zones().find(*apex); state == nullptr) {
      return refusal(Refused::Kind::kUnknown, "there is no zone " + dns::to_text(apex->view()));
    } else if (state->row == nullptr) {
      return reply(json::object{{"changes", json::array()}});
    } else {
      filter.zone = state->row->id;
    }
  }
  if (const std::string_view since = request.query_value("since"); !since.empty()) {
    filter.since = base::parse_rfc3339(since);
    if (!filter.since) return http::problem(400, "since " + std::string(kTimeForm));
  }
  if (const std::string_view actor = request.query_value("actor"); !actor.empty()) filter.actor = actor;
  if (const std::string_view below = request.query_value("below"); !below.empty()) {
    const auto number = parse_number(below, INT64_MAX);
    if (!number) return http::problem(400, "below is the id of a change, a whole number");
    filter.below = static_cast<store::ChangeId>(*number);
  }

  const auto rows = changes_.store().changes(filter);
  if (!rows) return unreadable(rows.error());
  std::map<store::ZoneId, dns::Name> names;
  json::array list;
  for (const ChangeRow& row : *rows) {
    auto name = names.find(row.zone);
    if (name == names.end()) {
      const auto found = name_of(row.zone);
      if (!found) return unreadable(found.error());
      name = names.emplace(row.zone, *found).first;
    }
    list.push_back(describe(row, name->second));
  }
  json::object answer{{"changes", std::move(list)}};
  if (rows->size() == filter.limit) answer["next"] = number_of(rows->back().id);
  return reply(answer);
}

http::Response Api::get_change(const http::Request& request) {
  const auto id = id_of(request);
  if (!id) return refuse_id();
  const auto row = changes_.store().change(*id);
  if (!row) return unreadable(row.error());
  if (!*row) {
    return refusal(Refused::Kind::kUnknown, "there is no change " + std::to_string(number_of(*id)),
                   "changes are kept for " + base::duration_text(config_.history.keep));
  }
  const auto name = name_of((*row)->zone);
  if (!name) return unreadable(name.error());
  const auto diff = zone::decode_diff((*row)->diff);
  if (!diff) return unreadable(diff.error());
  json::object answer = describe(**row, *name);
  answer["diff"] = describe(*diff);
  return reply(answer);
}

http::Response Api::undo_change(const http::Request& request) {
  const auto id = id_of(request);
  if (!id) return refuse_id();
  const auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  const Terms terms = take_terms(members);
  const auto later = members.flag("overwrite") ? changes::Later::kOverwrite : changes::Later::kRefuse;
  if (const auto error = members.error()) return http::problem(400, *error);
  auto edit = changes::undo_change(changes_, *id, origin_of(request, terms.reason), later);
  if (!edit) return refusal(edit.error());
  edit->if_serial = terms.if_serial;
  return carry_out(*edit, terms.dry_run);
}

http::Response Api::undo_in_zone(const http::Request& request) {
  const auto zone = loaded_zone_of(request);
  if (!zone) return zone.error();
  const dns::Name apex = (*zone)->apex;
  const auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  const Terms terms = take_terms(members);
  const auto since_text = members.text("since");
  const auto name = members.name("name", apex);
  const auto type = members.type("type");
  const auto since = since_text ? base::parse_rfc3339(*since_text) : std::nullopt;
  if (since_text && !since) members.fail("since", kTimeForm);
  if (since_text.has_value() == (name.has_value() || type.has_value()) ||
      name.has_value() != type.has_value())
    members.fail("either since, or name and type say what is to be taken back");
  if (const auto error = members.error()) return http::problem(400, *error);
  if (since && *since < base::wall_now() - config_.history.keep) {
    return refusal(Refused::Kind::kInvalid,
                   "changes are kept for " + base::duration_text(config_.history.keep) + " only");
  }
  const auto origin = origin_of(request, terms.reason);
  auto edit = since ? changes::undo_since(changes_, apex, *since, origin)
                    : changes::undo_rrset(changes_, apex, *name, *type, origin);
  if (!edit) return refusal(edit.error(), *zone);
  edit->if_serial = terms.if_serial;
  return carry_out(*edit, terms.dry_run);
}

}  // namespace atlas::control::api
