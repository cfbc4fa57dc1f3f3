#include "atlas/control/api/replies.h"

#include <algorithm>
#include <boost/json.hpp>

#include "atlas/base/time_text.h"
#include "atlas/dns/rdata.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;

struct KindWords {
  int status;
  std::string_view code;
};

KindWords words_of(Refused::Kind kind) {
  switch (kind) {
    case Refused::Kind::kUnknown:
      return {404, "unknown"};
    case Refused::Kind::kExists:
      return {409, "exists"};
    case Refused::Kind::kReadOnly:
      return {403, "read-only"};
    case Refused::Kind::kConflict:
      return {409, "conflict"};
    case Refused::Kind::kInvalid:
      return {422, "invalid"};
    case Refused::Kind::kStore:
      return {507, "store"};
  }
  return {500, ""};
}

std::string member(std::string_view name, std::string_view value) {
  return http::json_string(name) + ':' + http::json_string(value);
}

http::Response problem(KindWords words, const std::string& message, const std::string& hint,
                       const std::string& more = {}) {
  std::string extra = member("code", words.code);
  if (!hint.empty()) extra += ',' + member("hint", hint);
  if (!more.empty()) extra += ',' + more;
  return http::problem(words.status, message, extra);
}

json::array describe_records(std::span<const zone::DiffRecord> records) {
  json::array array;
  array.reserve(records.size());
  for (const zone::DiffRecord& record : records) {
    array.push_back(json::object{{"name", dns::to_text(record.owner)},
                                 {"type", dns::to_text(record.type)},
                                 {"ttl", record.ttl},
                                 {"data", dns::rdata_to_text(record.type, record.rdata)}});
  }
  return array;
}

std::string_view status_of(const zones::ZoneState& zone) {
  if (zone.is_expired) return "expired";
  if (zone.version == nullptr) return zone.task ? "loading" : "not-loaded";
  return zone.failed ? "stale" : "serving";
}

}  // namespace

http::Response reply(const json::value& value, int status) {
  return {.status = status, .body = json::serialize(value) + '\n', .headers = {}};
}

http::Response refusal(const Refused& refused, const zones::ZoneState* zone) {
  std::string configured;
  if (refused.kind == Refused::Kind::kReadOnly && zone != nullptr && zone->line != 0)
    configured = member("configured_at", where(*zone));
  return problem(words_of(refused.kind), refused.message, refused.hint, configured);
}

http::Response refusal(Refused::Kind kind, std::string message, std::string hint) {
  return refusal({kind, std::move(message), std::move(hint)});
}

http::Response unreadable(const base::Error& error) {
  return problem({503, "store"}, error.message, error.hint);
}

http::Response refusal(const base::Diagnostics& diagnostics) {
  const auto first = std::ranges::find(diagnostics, base::Severity::kError, &base::Diagnostic::severity);
  std::string message = "the text is no zone";
  if (first != diagnostics.end()) {
    message = (first->position.line == 0 ? "" : "line " + std::to_string(first->position.line) + ": ") +
              first->message;
  }
  return problem(words_of(Refused::Kind::kInvalid), message,
                 first == diagnostics.end() ? std::string() : first->hint,
                 "\"diagnostics\":" + json::serialize(describe(diagnostics)));
}

json::array describe(const base::Diagnostics& diagnostics) {
  json::array array;
  // Zone texts are octets; JSON is UTF-8.
  const auto text = [](const std::string& octets) { return json::parse(http::json_string(octets)); };
  for (const base::Diagnostic& one : diagnostics) {
    json::object object{{"severity", one.severity == base::Severity::kError ? "error" : "warning"},
                        {"message", text(one.message)}};
    if (one.position.line != 0) object["line"] = one.position.line;
    if (one.position.column != 0) object["column"] = one.position.column;
    if (!one.hint.empty()) object["hint"] = text(one.hint);
    if (!one.source_line.empty()) object["source_line"] = text(one.source_line);
    array.push_back(std::move(object));
  }
  return array;
}

json::object describe(const zones::ZoneState& zone, const zones::ZoneSet& set) {
  const bool is_configured = zone.is_configured();
  json::object object{{"zone", dns::to_text(zone.apex.view())},
                      {"kind", to_text(zone.kind)},
                      {"status", status_of(zone)},
                      {"read_only", is_configured},
                      {"warnings", zone.warnings}};
  if (zone.kind == store::ZoneKind::kFile) object["file"] = zone.file.string();
  if (is_configured && zone.line != 0) object["configured_at"] = where(zone);
  if (zone.row != nullptr) {
    object["id"] = number_of(zone.row->id);
    if (!is_configured) {
      object["created"] = base::rfc3339_text(zone.row->created);
      object["created_by"] = zone.row->created_by.actor;
    }
  }
  object["settings"] =
      zone.settings == nullptr ? json::value(json::object()) : json::parse(zones::to_json(*zone.settings));
  if (zone.version != nullptr) {
    object["serial"] = zone.version->serial();
    object["records"] = zone.version->record_count();
    object["memory_octets"] = zone.version->memory_octets();
  }
  if (zone.failed) object["error"] = zone.error;
  if (zone.task) {
    object["loading"] =
        json::object{{"octets", set.octets_read(zone)}, {"octets_total", zones::stamp_of(zone.file).size}};
  }
  return object;
}

json::object describe(const zone::ZoneDiff& diff) {
  const size_t total = diff.removed.size() + diff.added.size();
  if (total <= kDiffRecordsShown) {
    return {{"removed", describe_records(diff.removed)},
            {"added", describe_records(diff.added)},
            {"text", zone::to_text(diff)},
            {"left_out", 0}};
  }
  zone::ZoneDiff shown;
  const size_t removed = std::min(diff.removed.size(), kDiffRecordsShown / 2);
  const size_t added = std::min(diff.added.size(), kDiffRecordsShown - removed);
  shown.removed.assign(diff.removed.begin(), diff.removed.begin() + static_cast<ptrdiff_t>(removed));
  shown.added.assign(diff.added.begin(), diff.added.begin() + static_cast<ptrdiff_t>(added));
  json::object object = describe(shown);
  object["left_out"] = total - removed - added;
  return object;
}

json::object describe(const store::ChangeRow& change, dns::NameView zone) {
  json::object object{{"id", number_of(change.id)},
                      {"zone", dns::to_text(zone)},
                      {"zone_id", number_of(change.zone)},
                      {"time", base::rfc3339_text(change.time)},
                      {"actor", change.origin.actor},
                      {"source", change.origin.source},
                      {"serial_before", change.serial_before},
                      {"serial_after", change.serial_after},
                      {"records_removed", change.records_removed},
                      {"records_added", change.records_added}};
  if (!change.origin.reason.empty()) object["reason"] = change.origin.reason;
  if (change.undoes) object["undoes"] = number_of(*change.undoes);
  return object;
}

json::object describe(dns::NameView zone, const changes::Made& made) {
  return {{"zone", dns::to_text(zone)},
          {"change", number_of(made.change)},
          {"serial", made.serial},
          {"records_removed", made.records_removed},
          {"records_added", made.records_added}};
}

std::string_view to_text(store::ZoneKind kind) {
  constexpr std::string_view kWords[] = {"file", "primary", "secondary"};
  return kWords[static_cast<size_t>(kind)];
}

std::string where(const zones::ZoneState& zone) {
  return zone.configured_in.string() + ':' + std::to_string(zone.line);
}

int64_t number_of(store::ChangeId id) {
  return static_cast<int64_t>(id);
}

int64_t number_of(store::ZoneId id) {
  return static_cast<int64_t>(id);
}

}  // namespace atlas::control::api
