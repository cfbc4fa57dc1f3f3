#include "atlas/app/atlasctl/control/control_commands.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <cstdio>
#include <cstdlib>

#include "atlas/app/atlasctl/control/client.h"
#include "atlas/app/atlasctl/terminal.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr int kExitDone = 0;
constexpr int kExitRefused = 1;
constexpr int kExitNoServer = 9;

constexpr Option kSocketOption = {"--socket", true,
                                  "the control socket (or ATLAS_SOCKET; /run/atlas/control.sock)"};
constexpr Option kJsonOption = {"--json", false, "print the server's JSON as it is"};
constexpr Option kPlainOptions[] = {kSocketOption, kJsonOption};
constexpr Option kZonesOptions[] = {
    kSocketOption, kJsonOption, {"--failed", false, "only zones whose last load failed"}};
constexpr Option kConfigOptions[] = {kSocketOption};

void print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

std::string socket_path(const Words& words) {
  if (const auto given = words.value("--socket")) return std::string(*given);
  const char* named = std::getenv("ATLAS_SOCKET");
  return named != nullptr && *named != '\0' ? named : "/run/atlas/control.sock";
}

// One request, or the exit status with which it failed; errors are printed.
std::expected<std::string, int> ask(const Words& words, const std::string& method,
                                    const std::string& target) {
  const auto reply = request(socket_path(words), method, target);
  if (!reply) {
    print_error(reply.error());
    return std::unexpected(kExitNoServer);
  }
  if (reply->status < 300) return reply->body;
  boost::system::error_code error;
  const json::value problem = json::parse(reply->body, error);
  const json::object* object = problem.if_object();
  const json::value* detail = object == nullptr ? nullptr : object->if_contains("detail");
  print_error({detail != nullptr && detail->is_string()
                   ? std::string(detail->get_string())
                   : "the server answered " + std::to_string(reply->status),
               ""});
  return std::unexpected(kExitRefused);
}

// The JSON object of an answer; empty, with a message, where it is none.
std::optional<json::object> parse(const std::string& body) {
  boost::system::error_code error;
  json::value value = json::parse(body, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  print_error({"the answer of the control socket is no JSON object", ""});
  return {};
}

uint64_t number(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  if (value == nullptr) return 0;
  if (value->is_uint64()) return value->get_uint64();
  return value->is_int64() && value->get_int64() > 0 ? static_cast<uint64_t>(value->get_int64()) : 0;
}

std::string text(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? printable(value->get_string()) : std::string();
}

Style style_of(std::string_view status) {
  if (status == "serving") return Style::kGood;
  if (status == "loading") return Style::kPlain;
  return status == "stale" ? Style::kWarning : Style::kBad;
}

// How far a zone that is being loaded is; empty for others.
std::string progress_of(const json::object& zone) {
  const json::value* loading = zone.if_contains("loading");
  if (loading == nullptr || !loading->is_object()) return {};
  const uint64_t octets = number(loading->get_object(), "octets");
  const uint64_t total = number(loading->get_object(), "octets_total");
  if (octets == 0) return "waits to be read";
  if (octets >= total) return "is sorted, checked and built";
  return std::to_string(octets * 100 / total) + " % read";
}

int show_zone(const Words& words) {
  const auto body = ask(words, "GET", "/v1/zones/" + std::string(words.operands[0]));
  if (!body) return body.error();
  if (words.has("--json")) {
    print(stdout, *body);
    return kExitDone;
  }
  const auto zone = parse(*body);
  if (!zone) return kExitRefused;
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  Table table;
  for (const char* key : {"zone", "status", "file", "error"}) {
    const std::string value = text(*zone, key);
    if (!value.empty()) {
      table.add(
          {{key, Style::kDim}, {value, std::string_view(key) == "status" ? style_of(value) : Style::kPlain}});
    }
  }
  if (const std::string progress = progress_of(*zone); !progress.empty())
    table.add({{"loading", Style::kDim}, {progress}});
  for (const char* key : {"serial", "records", "warnings", "memory_octets"}) {
    if (zone->contains(key)) table.add({{key, Style::kDim}, {std::to_string(number(*zone, key))}});
  }
  print(stdout, table.render(paint));
  return kExitDone;
}

}  // namespace

const Usage kStatus = {"status", "", "Shows whether the server runs, what it listens on and what it serves.",
                       0,        0,  kPlainOptions};
const Usage kStats = {"stats", "", "Shows the counters of all workers since the start.", 0, 0, kPlainOptions};
const Usage kZones = {"zones", "[ZONE]", "Lists the configured zones, or shows one.", 0, 1, kZonesOptions};
const Usage kReload = {
    "reload",
    "[ZONE]",
    "Reads the configuration and every zone file that has changed; with ZONE, that zone's file,\n"
    "changed or not. What is wrong changes nothing.",
    0,
    1,
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
  const auto object = parse(*body);
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
  const auto object = parse(*body);
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

int zones(std::span<const std::string_view> given) {
  const auto words = parse_words(kZones, given);
  if (!words) return print_error(words.error()), kExitRefused;
  if (!words->operands.empty()) return show_zone(*words);
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  const std::string filter = words->has("--failed") ? "&status=failed" : "";
  for (uint64_t offset = 0;;) {
    const auto body = ask(*words, "GET", "/v1/zones?limit=1000&offset=" + std::to_string(offset) + filter);
    if (!body) return body.error();
    const auto page = parse(*body);
    if (!page) return kExitRefused;
    if (words->has("--json")) print(stdout, *body);
    const json::value* list = page->if_contains("zones");
    if (list == nullptr || !list->is_array() || list->get_array().empty()) return kExitDone;
    Table table;
    for (const json::value& item : list->get_array()) {
      if (!item.is_object()) continue;
      const json::object& zone = item.get_object();
      const std::string status = text(zone, "status");
      table.add(
          {{text(zone, "zone"), Style::kName},
           {status, style_of(status)},
           {zone.contains("serial") ? std::to_string(number(zone, "serial")) : "-", Style::kPlain, true},
           {zone.contains("records") ? grouped(number(zone, "records")) : "-", Style::kPlain, true},
           {text(zone, "error") + progress_of(zone)}});
    }
    if (!words->has("--json")) print(stdout, table.render(paint));
    offset += list->get_array().size();
    if (offset >= number(*page, "total")) return kExitDone;
  }
}

int reload(std::span<const std::string_view> given) {
  const auto words = parse_words(kReload, given);
  if (!words) return print_error(words.error()), kExitRefused;
  const bool one = !words->operands.empty();
  const auto body =
      ask(*words, "POST", one ? "/v1/zones/" + std::string(words->operands[0]) + "/reload" : "/v1/reload");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto object = parse(*body);
  if (!object) return kExitRefused;
  const uint64_t failed = number(*object, one ? "failed" : "zones_failed");
  if (failed != 0) {
    print_error(
        {counted(failed, "zone") + " failed to load; the last good version is served where there is one",
         "atlasctl zones --failed says why"});
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
