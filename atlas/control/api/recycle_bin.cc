#include <algorithm>
#include <boost/json.hpp>

#include "atlas/base/time_text.h"
#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;
using store::ZoneRow;

std::optional<store::ZoneId> id_of(const http::Request& request) {
  const auto number = parse_number(request.parameter("id"), INT64_MAX);
  if (!number) return {};
  return static_cast<store::ZoneId>(*number);
}

http::Response refuse_id() {
  return http::problem(400, "a deleted zone is named by its id, a whole number");
}

json::object describe_deleted(const ZoneRow& row) {
  json::object object{{"id", number_of(row.id)},
                      {"zone", dns::to_text(row.apex.view())},
                      {"deleted", base::rfc3339_text(*row.deleted)},
                      {"deleted_by", row.deleted_by.actor}};
  if (!row.deleted_by.reason.empty()) object["reason"] = row.deleted_by.reason;
  return object;
}

}  // namespace

http::Response Api::list_deleted() {
  auto rows = changes_.store().zones();
  if (!rows) return unreadable(rows.error());
  std::erase_if(*rows, [](const ZoneRow& row) { return !row.deleted; });
  std::ranges::sort(*rows, [](const ZoneRow& a, const ZoneRow& b) { return *a.deleted > *b.deleted; });
  json::array list;
  for (const ZoneRow& row : *rows) list.push_back(describe_deleted(row));
  return reply(json::object{{"zones", std::move(list)}});
}

http::Response Api::restore_zone(const http::Request& request) {
  const auto id = id_of(request);
  if (!id) return refuse_id();
  const auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  const Terms terms = take_terms(members, false);
  if (const auto error = members.error()) return http::problem(400, *error);
  const auto name = name_of(*id);
  const auto origin = origin_of(request, terms.reason);
  const auto made = changes_.restore(*id, origin);
  if (!made) return refusal(made.error());
  if (terms.dry_run) {
    changes_.give_up();
  } else if (auto failed = commit()) {
    return std::move(*failed);
  } else {
    report(name.value_or(dns::Name()), "restored", origin);
  }
  return reply(describe(name.value_or(dns::Name()), *made));
}

http::Response Api::purge_zone(const http::Request& request) {
  const auto id = id_of(request);
  if (!id) return refuse_id();
  const auto terms = query_terms(request);
  if (!terms) return terms.error();
  const auto name = name_of(*id);
  if (const auto purged = changes_.purge(*id); !purged) return refusal(purged.error());
  if (auto failed = commit()) return std::move(*failed);
  report(name.value_or(dns::Name()), "removed for good", origin_of(request, terms->reason));
  return {.status = 204, .content_type = "", .body = {}, .headers = {}};
}

}  // namespace atlas::control::api
