#include "atlas/app/atlasctl/control/control_commands.h"

#include <unistd.h>

#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/session.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr Option kPlainOptions[] = {kSocketOption, kJsonOption};
constexpr Option kConfigOptions[] = {kSocketOption};

}  // namespace

const Usage kStatus = {"status", "", "Shows whether the server runs, what it listens on and what it serves.",
                       0,        0,  kPlainOptions};
const Usage kStats = {"stats", "", "Shows the counters of all workers since the start.", 0, 0, kPlainOptions};
const Usage kReload = {
    "reload",
    "",
    "Reads the configuration and every zone file that has changed. What is wrong changes nothing.\n"
    "\"zone reload\" reads the file of one zone, changed or not.",
    0,
    0,
    kPlainOptions};
const Usage kConfig = {
    "config",
    "show",
    "Shows the configuration in force, defaults included, as YAML that atlasd reads to the same.",
    1,
    1,
    kConfigOptions};

int status(std::span<const std::string_view> given) {
  const auto words = parse_words(kStatus, given);
  if (!words) return print_error(words.error()), kExitRefused;
  const auto body = ask(*words, "GET", "/v1/status");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto object = parse_object(*body);
  if (!object) return kExitRefused;
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  Table table;
  const uint64_t failed = number(*object, "zones_failed");
  table.add({{"version", Style::kDim}, {text(*object, "version")}});
  table.add({{"up", Style::kDim}, {human_duration(number(*object, "uptime_seconds"))}});
  table.add({{"workers", Style::kDim}, {std::to_string(number(*object, "workers"))}});
  table.add({{"zones", Style::kDim},
             {grouped(number(*object, "zones_serving")) + " of " + grouped(number(*object, "zones")) +
                  " served" + (failed == 0 ? "" : ", " + grouped(failed) + " failed to load"),
              failed == 0 ? Style::kGood : Style::kWarning}});
  table.add({{"records", Style::kDim}, {grouped(number(*object, "records"))}});
  table.add({{"configuration", Style::kDim}, {text(*object, "config_file")}});
  if (const json::value* listeners = object->if_contains("listeners");
      listeners != nullptr && listeners->is_array()) {
    for (const json::value& listener : listeners->get_array()) {
      if (!listener.is_object()) continue;
      table.add({{"listens", Style::kDim},
                 {text(listener.get_object(), "address") + ' ' + text(listener.get_object(), "transport")}});
    }
  }
  print(stdout, table.render(paint));
  return kExitDone;
}

int stats(std::span<const std::string_view> given) {
  const auto words = parse_words(kStats, given);
  if (!words) return print_error(words.error()), kExitRefused;
  const auto body = ask(*words, "GET", "/v1/stats");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto object = parse_object(*body);
  if (!object) return kExitRefused;
  Table table;
  for (const auto& [key, value] : *object) {
    if (const json::object* group = value.if_object()) {
      for (const auto& [name, counter] : *group) {
        table.add({{std::string(key) + ' ' + std::string(name), Style::kDim},
                   {grouped(number(*group, name)), Style::kPlain, true}});
      }
    } else {
      table.add({{std::string(key), Style::kDim}, {grouped(number(*object, key)), Style::kPlain, true}});
    }
  }
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
  return kExitDone;
}

int reload(std::span<const std::string_view> given) {
  const auto words = parse_words(kReload, given);
  if (!words) return print_error(words.error()), kExitRefused;
  const auto body = ask(*words, "POST", "/v1/reload");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto object = parse_object(*body);
  if (!object) return kExitRefused;
  const uint64_t failed = number(*object, "zones_failed");
  if (failed != 0) {
    print_error(
        {counted(failed, "zone") + " failed to load; the last good version is served where there is one",
         "atlasctl zone list --failed says why"});
    return kExitRefused;
  }
  print(stdout, "reloaded\n");
  return kExitDone;
}

int config(std::span<const std::string_view> given) {
  const auto words = parse_words(kConfig, given);
  if (!words) return print_error(words.error()), kExitRefused;
  if (words->operands[0] != "show") {
    print_error({"config knows only \"show\"", "atlasctl config show"});
    return kExitRefused;
  }
  const auto body = ask(*words, "GET", "/v1/config");
  if (!body) return body.error();
  print(stdout, *body);
  return kExitDone;
}

}  // namespace atlas::app::atlasctl::control
