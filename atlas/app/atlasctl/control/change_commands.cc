#include "atlas/app/atlasctl/control/change_commands.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "atlas/app/atlasctl/control/made_report.h"
#include "atlas/app/atlasctl/control/session.h"
#include "atlas/app/atlasctl/control/wait_command.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr uint64_t kListedDefault = 50;
constexpr uint64_t kPageMax = 1000;

constexpr Option kListOptions[] = {kSocketOption,
                                   kJsonOption,
                                   {"--since", true, "a time: 1h30m (ago), 2026-11-25T10:00 or 2026-11-25"},
                                   {"--actor", true, "only those of this one: user:root, key:ddns-key."},
                                   {"--limit", true, "how many, newest first (50)"}};
constexpr Option kShowOptions[] = {kSocketOption, kJsonOption};
constexpr Option kUndoOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--overwrite", false, "even where later changes have touched the same records"},
    kReasonOption,
    kDryRunOption,
    kIfSerialOption};

constexpr Usage kList = {
    "change list", "[ZONE]", "Lists the history of all zones or of one, newest first.", 0, 1, kListOptions};
constexpr Usage kShow = {
    "change show", "ID", "Shows a change: who made it, from where, why, and its diff.", 1, 1, kShowOptions};
constexpr Usage kUndo = {
    "change undo",
    "ID",
    "Takes one change back, whatever came behind it. Where later changes have touched the same records,\n"
    "nothing is done without --overwrite. The undo is a change, too, and can be undone.",
    1,
    1,
    kUndoOptions};

Asked<uint64_t> parse_id(std::string_view text) {
  uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error == std::errc() && end == text.data() + text.size()) return id;
  return std::unexpected(fail({"a number was expected, not " + printable(text), ""}));
}

void add_change(const json::object& change, Table& table) {
  std::string why = text(change, "reason");
  if (change.contains("undoes"))
    why = "undoes " + std::to_string(number(change, "undoes")) + (why.empty() ? "" : ": ") + why;
  table.add({{std::to_string(number(change, "id")), Style::kPlain, true},
             {local_time(text(change, "time")), Style::kDim},
             {text(change, "zone"), Style::kName},
             {std::to_string(number(change, "serial_after")), Style::kPlain, true},
             {'-' + std::to_string(number(change, "records_removed")), Style::kBad, true},
             {'+' + std::to_string(number(change, "records_added")), Style::kGood, true},
             {text(change, "actor")},
             {why, Style::kDim}});
}

int list_changes(std::span<const std::string_view> given) {
  const auto words = parse_words(kList, given);
  if (!words) return fail(words.error());
  std::string target = "/v1/changes";
  if (!words->operands.empty()) {
    const auto zone = typed_name(words->operands[0]);
    if (!zone) return zone.error();
    add_query(target, "zone", dns::to_text(zone->view()));
  }
  if (const auto since = words->value("--since")) {
    const auto time = parse_past(*since, base::wall_now());
    if (!time) return time.error();
    add_query(target, "since", *time);
  }
  if (const auto actor = words->value("--actor")) add_query(target, "actor", *actor);
  uint64_t left = kListedDefault;
  if (const auto limit = words->value("--limit")) {
    const auto number = parse_id(*limit);
    if (!number) return number.error();
    left = *number;
  }
  Table table;
  for (std::string below; left > 0;) {
    std::string page_target = target;
    add_query(page_target, "limit", std::to_string(std::min(left, kPageMax)));
    if (!below.empty()) add_query(page_target, "below", below);
    const auto body = ask(*words, "GET", page_target);
    if (!body) return body.error();
    const auto page = parse_object(*body);
    if (!page) return kExitRefused;
    if (words->has("--json")) print(stdout, *body);
    const json::array* changes = list(*page, "changes");
    if (changes == nullptr) return kExitRefused;
    for (const json::value& change : *changes) {
      if (change.is_object()) add_change(change.get_object(), table);
    }
    left -= std::min<uint64_t>(left, changes->size());
    if (!page->contains("next")) break;
    below = std::to_string(number(*page, "next"));
  }
  if (words->has("--json")) return kExitDone;
  if (table.empty()) return print(stderr, "no changes\n"), kExitDone;
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
  return kExitDone;
}

int show_change(std::span<const std::string_view> given) {
  const auto words = parse_words(kShow, given);
  if (!words) return fail(words.error());
  const auto id = parse_id(words->operands[0]);
  if (!id) return id.error();
  const auto body = ask(*words, "GET", "/v1/changes/" + std::to_string(*id));
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto change = parse_object(*body);
  if (!change) return kExitRefused;
  Table table;
  const auto row = [&](std::string_view name, const std::string& value, Style style = Style::kPlain) {
    if (!value.empty()) table.add({{std::string(name), Style::kDim}, {value, style}});
  };
  row("change", std::to_string(*id));
  row("zone", text(*change, "zone"), Style::kName);
  row("time", local_time(text(*change, "time")));
  row("actor", text(*change, "actor"));
  row("source", text(*change, "source"));
  row("reason", text(*change, "reason"));
  if (change->contains("undoes")) row("undoes", std::to_string(number(*change, "undoes")));
  row("serial", std::to_string(number(*change, "serial_before")) + " to " +
                    std::to_string(number(*change, "serial_after")));
  row("records", grouped(number(*change, "records_removed")) + " removed, " +
                     grouped(number(*change, "records_added")) + " added");
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)) + '\n');
  if (const json::object* diff = object_in(*change, "diff")) print_diff(*diff);
  return kExitDone;
}

int undo_change(std::span<const std::string_view> given) {
  const auto words = parse_words(kUndo, given);
  if (!words) return fail(words.error());
  const auto id = parse_id(words->operands[0]);
  if (!id) return id.error();
  json::object body;
  if (words->has("--overwrite")) body["overwrite"] = true;
  if (!add_terms(*words, body)) return kExitRefused;
  return change_zone(*words, "POST", "/v1/changes/" + std::to_string(*id) + "/undo", body);
}

constexpr Command kChangeCommands[] = {
    {"list", "list the newest", list_changes, &kList},
    {"show", "show one with its diff", show_change, &kShow},
    {"undo", "take one back", undo_change, &kUndo},
    {"wait", "wait until secondaries serve one", wait_for_change, &kWaitUsage},
};

}  // namespace

std::span<const Command> change_commands() {
  return kChangeCommands;
}

}  // namespace atlas::app::atlasctl::control
