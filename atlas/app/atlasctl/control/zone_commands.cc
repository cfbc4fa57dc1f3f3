#include "atlas/app/atlasctl/control/zone_commands.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/made_report.h"
#include "atlas/app/atlasctl/control/session.h"
#include "atlas/app/atlasctl/control/transfer_words.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr Option kListOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--failed", false, "only zones whose last load failed, or that are not to be had from their primaries"},
    {"--expired", false, "only secondaries that nobody has confirmed for too long"},
    {"--kind", true, "only file (of the configuration), primary (made here) or secondary"}};
constexpr Option kPlainOptions[] = {kSocketOption, kJsonOption};
constexpr Option kDeleteOptions[] = {kSocketOption, kJsonOption,     kReasonOption,
                                     kDryRunOption, kIfSerialOption, kYesOption};
constexpr Option kRestoreOptions[] = {kSocketOption, kJsonOption, kReasonOption, kDryRunOption};
constexpr Option kPurgeOptions[] = {kSocketOption, kReasonOption, kYesOption};
constexpr Option kUndoOptions[] = {
    kSocketOption, kJsonOption,   {"--since", true, "a time: 1h30m (ago), 2026-11-25T10:00 or 2026-11-25"},
    kReasonOption, kDryRunOption, kIfSerialOption,
    kYesOption};

constexpr Usage kList = {"zone list", "", "Lists the zones that are served.", 0, 0, kListOptions};
constexpr Usage kShow = {"zone show", "ZONE", "Shows a zone: its state, where it comes from, its settings.",
                         1,           1,      kPlainOptions};
constexpr Usage kDelete = {
    "zone delete",
    "ZONE",
    "Moves a zone into the recycle bin, with its history. \"zone restore\" brings it back.",
    1,
    1,
    kDeleteOptions};
constexpr Usage kDeleted = {"zone deleted", "", "Lists the recycle bin, last deleted first.", 0, 0,
                            kPlainOptions};
constexpr Usage kRestore = {
    "zone restore",
    "ZONE|ID",
    "Brings a zone back from the recycle bin: the one of this id, or the last deleted of this name.\n"
    "Its name must be free.",
    1,
    1,
    kRestoreOptions};
constexpr Usage kPurge = {
    "zone purge",
    "ZONE|ID",
    "Removes a zone of the recycle bin for good, with its history: the one of this id, or the only one\n"
    "of this name.",
    1,
    1,
    kPurgeOptions};
constexpr Usage kUndo = {
    "zone undo",
    "ZONE",
    "Makes a zone what it was at the time that --since names. That is a change, too, and can be undone.",
    1,
    1,
    kUndoOptions};
constexpr Usage kReloadZone = {
    "zone reload",
    "ZONE",
    "Reads a zone's file, changed or not. If it is wrong, the last good version is served on.",
    1,
    1,
    kPlainOptions};

Style style_of(std::string_view status) {
  if (status == "serving") return Style::kGood;
  if (status == "loading") return Style::kPlain;
  return status == "stale" ? Style::kWarning : Style::kBad;
}

// How far a zone that is being loaded is; empty for others.
std::string progress_of(const json::object& zone) {
  const json::object* loading = object_in(zone, "loading");
  if (loading == nullptr) return {};
  const uint64_t octets = number(*loading, "octets");
  const uint64_t total = number(*loading, "octets_total");
  if (octets == 0) return "waits to be read";
  if (octets >= total) return "is sorted, checked and built";
  return std::to_string(octets * 100 / total) + " % read";
}

// Of the last load, or of the last attempt to take it from its primaries.
std::string error_of(const json::object& zone) {
  const json::object* transfer = object_in(zone, "transfer");
  return text(zone, "error") + (transfer == nullptr ? "" : text(*transfer, "error"));
}

std::string_view kind_words(std::string_view kind) {
  if (kind == "file") return "file, which the configuration names";
  return kind == "secondary" ? "secondary, taken from its primaries"
                             : "primary, changed by atlasctl and the API";
}

std::string joined(const json::array& texts) {
  std::string line;
  for (const json::value& one : texts)
    line += (line.empty() ? "" : ", ") + (one.is_string() ? printable(one.get_string()) : "");
  return line;
}

int list_zones(std::span<const std::string_view> given) {
  const auto words = parse_words(kList, given);
  if (!words) return fail(words.error());
  std::string target = "/v1/zones?limit=1000";
  if (words->has("--failed") && words->has("--expired"))
    return fail(
        {"--failed and --expired do not go together", "zones that have expired are among the failed"});
  if (words->has("--expired")) add_query(target, "status", "expired");
  if (words->has("--failed")) add_query(target, "status", "failed");
  if (const auto kind = words->value("--kind")) add_query(target, "kind", *kind);
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  for (uint64_t offset = 0;;) {
    const auto body = ask(*words, "GET", target + "&offset=" + std::to_string(offset));
    if (!body) return body.error();
    const auto page = parse_object(*body);
    if (!page) return kExitRefused;
    if (words->has("--json")) print(stdout, *body);
    const json::array* zones = list(*page, "zones");
    if (zones == nullptr || zones->empty()) return kExitDone;
    Table table;
    for (const json::value& item : *zones) {
      if (!item.is_object()) continue;
      const json::object& zone = item.get_object();
      const std::string status = text(zone, "status");
      table.add(
          {{text(zone, "zone"), Style::kName},
           {text(zone, "kind"), Style::kDim},
           {status, style_of(status)},
           {zone.contains("serial") ? std::to_string(number(zone, "serial")) : "-", Style::kPlain, true},
           {zone.contains("records") ? grouped(number(zone, "records")) : "-", Style::kPlain, true},
           {error_of(zone) + progress_of(zone)}});
    }
    if (!words->has("--json")) print(stdout, table.render(paint));
    offset += zones->size();
    if (offset >= number(*page, "total")) return kExitDone;
  }
}

int show_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kShow, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  const auto body = ask(*words, "GET", *target);
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto zone = parse_object(*body);
  if (!zone) return kExitRefused;
  Table table;
  const auto row = [&](std::string_view name, const std::string& value, Style style = Style::kPlain) {
    if (!value.empty()) table.add({{std::string(name), Style::kDim}, {value, style}});
  };
  row("zone", text(*zone, "zone"), Style::kName);
  row("kind", std::string(kind_words(text(*zone, "kind"))));
  row("status", text(*zone, "status"), style_of(text(*zone, "status")));
  row("file", text(*zone, "file"));
  row("configured at", text(*zone, "configured_at"));
  row("made", text(*zone, "created").empty()
                  ? ""
                  : local_time(text(*zone, "created")) + " by " + text(*zone, "created_by"));
  if (const json::object* transfer = object_in(*zone, "transfer"))
    row("transfer", transfer_words(*transfer, base::wall_now()));
  row("error", error_of(*zone), Style::kBad);
  row("loading", progress_of(*zone));
  if (zone->contains("serial")) row("serial", std::to_string(number(*zone, "serial")));
  if (zone->contains("records")) row("records", grouped(number(*zone, "records")));
  if (number(*zone, "warnings") != 0) row("warnings", grouped(number(*zone, "warnings")), Style::kWarning);
  if (zone->contains("memory_octets"))
    row("memory", grouped((number(*zone, "memory_octets") + 1023) / 1024) + " KiB");
  if (const json::object* settings = object_in(*zone, "settings")) {
    for (const std::string_view name :
         {"primaries", "secondaries", "allow_transfer", "allow_notify", "forward_updates"}) {
      std::string title(name);
      std::ranges::replace(title, '_', ' ');
      if (const json::array* texts = list(*settings, name)) row(title, joined(*texts));
    }
    row("catalog", text(*settings, "catalog"));
    row("member of", text(*settings, "member_of"));
    row("group", text(*settings, "group"));
    row("zonemd", text(*settings, "zonemd"));
    if (const json::array* rules = list(*settings, "update_policy")) {
      for (const json::value& rule : *rules)
        row("update policy", rule.is_string() ? printable(rule.get_string()) : "");
    }
  }
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
  return kExitDone;
}

int delete_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kDelete, given);
  if (!words) return fail(words.error());
  auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  const auto zone = ask_object(*words, "GET", *target);
  if (!zone) return zone.error();
  if (!flag(*zone, "read_only") && !confirmed(*words, "delete zone " + text(*zone, "zone") + " with " +
                                                          counted(number(*zone, "records"), "record") + '?'))
    return kExitRefused;
  if (!add_terms(*words, *target)) return kExitRefused;
  const auto body = ask(*words, "DELETE", *target);
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto deleted = parse_object(*body);
  if (!deleted) return kExitRefused;
  const std::string id = std::to_string(number(*deleted, "id"));
  print(stdout, words->has("--dry-run")
                    ? "nothing was done: zone " + text(*deleted, "zone") + " would be deleted\n"
                    : "zone " + text(*deleted, "zone") + " is in the recycle bin: atlasctl zone restore " +
                          id + " brings it back\n");
  return kExitDone;
}

int list_deleted(std::span<const std::string_view> given) {
  const auto words = parse_words(kDeleted, given);
  if (!words) return fail(words.error());
  const auto body = ask(*words, "GET", "/v1/deleted-zones");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto answer = parse_object(*body);
  if (!answer) return kExitRefused;
  Table table;
  if (const json::array* zones = list(*answer, "zones")) {
    for (const json::value& item : *zones) {
      if (!item.is_object()) continue;
      const json::object& zone = item.get_object();
      table.add({{std::to_string(number(zone, "id")), Style::kPlain, true},
                 {text(zone, "zone"), Style::kName},
                 {local_time(text(zone, "deleted"))},
                 {text(zone, "deleted_by")},
                 {text(zone, "reason"), Style::kDim}});
    }
  }
  if (table.empty()) return print(stderr, "the recycle bin is empty\n"), kExitDone;
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
  return kExitDone;
}

struct Deleted {
  std::string id;
  std::string zone;
};

// What an operand names in the recycle bin: an id, or the last deleted zone of a name. `only`: there must not
// be two.
Asked<Deleted> find_deleted(const Words& words, bool only) {
  const std::string_view operand = words.operands[0];
  const auto answer = ask_object(words, "GET", "/v1/deleted-zones");
  if (!answer) return std::unexpected(answer.error());
  const bool is_id = std::ranges::all_of(operand, [](char c) { return c >= '0' && c <= '9'; });
  std::string name;
  if (!is_id) {
    const auto typed = typed_name(operand);
    if (!typed) return std::unexpected(typed.error());
    dns::Name lower = *typed;
    lower.make_lower();
    name = dns::to_text(lower.view());
  }
  std::vector<Deleted> found;
  if (const json::array* zones = list(*answer, "zones")) {
    for (const json::value& item : *zones) {
      if (!item.is_object()) continue;
      Deleted one{std::to_string(number(item.get_object(), "id")), text(item.get_object(), "zone")};
      if (is_id ? one.id == operand : one.zone == name) found.push_back(std::move(one));
    }
  }
  if (found.empty()) {
    return std::unexpected(
        fail({"the recycle bin holds no zone " + printable(operand), "atlasctl zone deleted lists it"}));
  }
  if (only && found.size() > 1) {
    return std::unexpected(fail({"the recycle bin holds " + std::to_string(found.size()) + " zones " + name,
                                 "name one by its id; atlasctl zone deleted lists them"}));
  }
  return found.front();
}

int restore_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kRestore, given);
  if (!words) return fail(words.error());
  const auto deleted = find_deleted(*words, false);
  if (!deleted) return deleted.error();
  json::object terms;
  if (!add_terms(*words, terms)) return kExitRefused;
  const auto body =
      ask(*words, "POST", "/v1/deleted-zones/" + deleted->id + "/restore", json::serialize(terms));
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto made = parse_object(*body);
  if (!made) return kExitRefused;
  print(stdout, (words->has("--dry-run") ? "nothing was done: zone " : "zone ") + text(*made, "zone") +
                    (words->has("--dry-run") ? " would be back with serial " : " is back with serial ") +
                    std::to_string(number(*made, "serial")) + " and " +
                    counted(number(*made, "records_added"), "record") + '\n');
  return kExitDone;
}

int purge_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kPurge, given);
  if (!words) return fail(words.error());
  const auto deleted = find_deleted(*words, true);
  if (!deleted) return deleted.error();
  if (!confirmed(*words,
                 "remove zone " + deleted->zone + " (id " + deleted->id + ") and its history for good?"))
    return kExitRefused;
  std::string target = "/v1/deleted-zones/" + deleted->id;
  if (!add_terms(*words, target)) return kExitRefused;
  if (const auto body = ask(*words, "DELETE", target); !body) return body.error();
  print(stdout, "zone " + deleted->zone + " is gone for good\n");
  return kExitDone;
}

int undo_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kUndo, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  const auto since = words->value("--since");
  if (!since) return fail({"--since is missing", "as in atlasctl zone undo example.org --since 1h"});
  const auto time = parse_past(*since, base::wall_now());
  if (!time) return time.error();
  json::object body{{"since", *time}};
  if (!add_terms(*words, body)) return kExitRefused;
  return change_zone_if_confirmed(*words, "POST", *target + "/undo", std::move(body),
                                  "take back everything since " + local_time(*time) + '?');
}

int reload_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kReloadZone, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  const auto body = ask(*words, "POST", *target + "/reload");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto counts = parse_object(*body);
  if (!counts) return kExitRefused;
  if (number(*counts, "failed") == 0) return print(stdout, "reloaded\n"), kExitDone;
  const auto zone = ask_object(*words, "GET", *target);
  if (!zone) return zone.error();
  return fail({text(*zone, "error"), "the last good version is served, if there is one"});
}

constexpr Command kZoneCommands[] = {
    {"list", "list the zones", list_zones, &kList},
    {"show", "show one", show_zone, &kShow},
    {"create", "make one", create_zone, &kCreateZone},
    {"add", "take one from its primaries", add_zone, &kAddZone},
    {"refresh", "ask its primaries for a newer version", refresh_zone, &kRefreshZone},
    {"retransfer", "take all of it anew from its primaries", retransfer_zone, &kRetransferZone},
    {"notify", "tell its secondaries of its version", notify_zone, &kNotifyZone},
    {"delete", "move one into the recycle bin", delete_zone, &kDelete},
    {"deleted", "list the recycle bin", list_deleted, &kDeleted},
    {"restore", "bring one back from there", restore_zone, &kRestore},
    {"purge", "remove one of there for good", purge_zone, &kPurge},
    {"export", "print its records as zone text", export_zone, &kExportZone},
    {"replace", "make it what a zone text says", replace_zone, &kReplaceZone},
    {"policy", "show or change who may update it", zone_policy, &kZonePolicy},
    {"settings", "show or change its other settings", zone_settings, &kZoneSettings},
    {"undo", "make it what it was at a time", undo_zone, &kUndo},
    {"reload", "read its file again", reload_zone, &kReloadZone},
};

}  // namespace

std::span<const Command> zone_commands() {
  return kZoneCommands;
}

}  // namespace atlas::app::atlasctl::control
