#include "atlas/app/atlasctl/control/wait_command.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <set>

#include "atlas/base/quantity.h"
#include "atlas/base/time_text.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;

constexpr milliseconds kTimeout{30'000};
constexpr milliseconds kTimeoutMax{7ll * 24 * 3600 * 1000};
// Of one request: those that have come in are shown between two.
constexpr milliseconds kRound{2'000};

// "ns2 192.0.2.7:53".
std::string who(const json::object& secondary) {
  std::string shown = text(secondary, "name");
  const std::string address = text(secondary, "address");
  if (!address.empty() && address != shown) shown += ' ' + address;
  return shown;
}

std::string seconds(milliseconds time) {
  const auto tenths = std::max<int64_t>((time.count() + 50) / 100, 0);
  return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

// Shows those that serve the change and were not shown before.
void show_served(const json::array& secondaries, base::WallTime begun, std::set<std::string>& shown) {
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  for (const json::value& value : secondaries) {
    const json::object* const secondary = value.if_object();
    if (secondary == nullptr || !flag(*secondary, "serves")) continue;
    const std::string name = who(*secondary);
    if (!shown.insert(name).second) continue;
    const auto since = base::parse_rfc3339(text(*secondary, "since")).value_or(begun);
    print(stdout, paint(Style::kName, name) + ' ' + paint(Style::kGood, "serves") + ' ' +
                      std::to_string(number(*secondary, "serial")) + " after " +
                      seconds(std::chrono::duration_cast<milliseconds>(since - begun)) + '\n');
  }
}

// Shows those that do not serve it at the end.
void show_lagging(const json::object& report, const json::array& secondaries) {
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  for (const json::value& value : secondaries) {
    const json::object* const secondary = value.if_object();
    if (secondary == nullptr || flag(*secondary, "serves")) continue;
    std::string line = paint(Style::kName, who(*secondary)) + ' ' + paint(Style::kBad, "lags");
    if (secondary->contains("serial")) line += ": it serves " + std::to_string(number(*secondary, "serial"));
    const std::string error = text(*secondary, "error");
    if (!error.empty()) line += ": " + error;
    if (!secondary->contains("serial") && error.empty()) line += ": it has not answered yet";
    print(stdout, line + '\n');
  }
  if (!flag(report, "served_here")) print(stdout, paint(Style::kBad, "not served here") + '\n');
}

void show_summary(const json::object& report, const json::array& secondaries) {
  const auto serving = std::ranges::count_if(secondaries, [](const json::value& value) {
    return value.is_object() && flag(value.get_object(), "serves");
  });
  const std::string change = "change " + std::to_string(number(report, "change")) + ", serial " +
                             std::to_string(number(report, "serial")) + " of " + text(report, "zone");
  if (secondaries.empty()) {
    print(stdout, change + (flag(report, "served_here") ? ": served here; the zone names no secondaries\n"
                                                        : ": the zone names no secondaries\n"));
    return;
  }
  print(stdout, change + ": served by " + std::to_string(serving) + " of " +
                    counted(secondaries.size(), "server") + '\n');
}

}  // namespace

int wait_for_change(std::span<const std::string_view> given) {
  const auto words = parse_words(kWaitUsage, given);
  if (!words) return fail(words.error());
  const std::string_view id = words->operands[0];
  uint64_t change = 0;
  if (const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), change);
      error != std::errc() || end != id.data() + id.size())
    return fail({"a number was expected, not " + printable(id), ""});
  milliseconds timeout = kTimeout;
  if (const auto given_timeout = words->value("--timeout")) {
    const auto duration = base::parse_duration(*given_timeout);
    if (!duration || *duration > kTimeoutMax)
      return fail({"--timeout needs a time of at most a week, as in 30s", ""});
    timeout = *duration;
  }
  const base::WallTime begun = base::wall_now();
  const base::MonotonicTime end = base::monotonic_now() + timeout;
  std::set<std::string> shown;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - base::monotonic_now());
    const milliseconds round = std::clamp(left, milliseconds(0), kRound);
    const auto body =
        ask(*words, "GET",
            "/v1/changes/" + std::to_string(change) + "/propagation?wait=" + base::duration_text(round));
    if (!body) return body.error();
    const auto report = parse_object(*body);
    const json::array* const secondaries = report ? list(*report, "secondaries") : nullptr;
    if (secondaries == nullptr) return kExitRefused;
    const bool is_in_sync = flag(*report, "in_sync");
    const bool is_over = is_in_sync || base::monotonic_now() >= end;
    if (words->has("--json")) {
      if (is_over) print(stdout, *body);
    } else {
      show_served(*secondaries, begun, shown);
      if (is_over) {
        show_lagging(*report, *secondaries);
        show_summary(*report, *secondaries);
      }
    }
    if (is_over) return is_in_sync ? kExitDone : kExitRefused;
  }
}

}  // namespace atlas::app::atlasctl::control
