#include "atlas/app/atlasctl/control/made_report.h"

#include <unistd.h>

#include <boost/json.hpp>

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

// A screen full.
constexpr size_t kDiffLinesShown = 40;

std::string counts_of(const json::object& made) {
  return grouped(number(made, "records_removed")) + " removed, " + grouped(number(made, "records_added")) +
         " added";
}

void print_warnings(const json::object& made, std::string_view source) {
  const json::array* findings = list(made, "diagnostics");
  if (findings == nullptr) return;
  const Paint paint(ColorMode::kAuto, STDERR_FILENO);
  for (const json::value& finding : *findings) {
    const json::object* one = finding.if_object();
    if (one == nullptr) continue;
    std::string line(source);
    if (number(*one, "line") != 0)
      line += (line.empty() ? "line " : ":") + std::to_string(number(*one, "line"));
    print(stderr, line + (line.empty() ? "" : ": ") + paint(Style::kWarning, "warning: ") +
                      text(*one, "message") + '\n');
  }
}

bool is_nothing(const json::object& made) {
  return number(made, "change") == 0 && number(made, "records_removed") == 0 &&
         number(made, "records_added") == 0;
}

// False if nothing would be done.
bool print_preview(const json::object& made, std::string_view source) {
  print_warnings(made, source);
  if (is_nothing(made)) {
    print(stdout, text(made, "zone") + " is so already, with serial " +
                      std::to_string(number(made, "serial")) + '\n');
    return false;
  }
  if (const json::object* diff = object_in(made, "diff")) print_diff(*diff, kDiffLinesShown);
  return true;
}

int print_made(const Words& words, const json::object& made, std::string_view source) {
  if (is_nothing(made)) {
    print_preview(made, source);
    return kExitDone;
  }
  print_warnings(made, source);
  const uint64_t id = number(made, "change");
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  print(stdout, paint(Style::kName, text(made, "zone")) + " has serial " +
                    std::to_string(number(made, "serial")) + " by change " + std::to_string(id) +
                    ": records " + counts_of(made) + '\n');
  const auto change = ask_object(words, "GET", "/v1/changes/" + std::to_string(id));
  if (!change) return change.error();
  if (const json::object* diff = object_in(*change, "diff")) print_diff(*diff, kDiffLinesShown);
  return kExitDone;
}

}  // namespace

void print_diff(const json::object& diff, size_t lines_max) {
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  const json::value* value = diff.if_contains("text");
  if (value == nullptr || !value->is_string()) return;
  std::string_view rest(value->get_string());
  std::string out;
  size_t lines = 0, left_out = number(diff, "left_out");
  while (!rest.empty()) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    std::string line(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (++lines > lines_max) {
      ++left_out;
      continue;
    }
    std::ranges::replace(line, '\t', ' ');
    out += paint(line.starts_with('-')   ? Style::kBad
                 : line.starts_with('+') ? Style::kGood
                                         : Style::kPlain,
                 printable(line)) +
           '\n';
  }
  if (left_out != 0) out += paint(Style::kDim, "  and " + counted(left_out, "more record")) + '\n';
  print(stdout, out);
}

int change_zone(const Words& words, const std::string& method, const std::string& target,
                const json::object& body, std::string_view source) {
  const auto answer = ask(words, method, target, json::serialize(body), source);
  if (!answer) return answer.error();
  if (words.has("--json")) return print(stdout, *answer), kExitDone;
  const auto made = parse_object(*answer);
  if (!made) return kExitRefused;
  if (!words.has("--dry-run")) return print_made(words, *made, source);
  if (print_preview(*made, source)) {
    print(stdout, "nothing was done: records would be " + counts_of(*made) + '\n');
  }
  return kExitDone;
}

int change_zone_if_confirmed(const Words& words, const std::string& method, const std::string& target,
                             json::object body, const std::string& question, std::string_view source) {
  if (words.has("--yes") || words.has("--dry-run") || words.has("--json") || ::isatty(STDIN_FILENO) != 1)
    return change_zone(words, method, target, body, source);
  json::object preview = body;
  preview["dry_run"] = true;
  const auto made = ask_object(words, method, target, json::serialize(preview), source);
  if (!made) return made.error();
  if (!print_preview(*made, source)) return kExitDone;
  if (!confirmed(words, question + " (records " + counts_of(*made) + ')')) return kExitRefused;
  body["if_serial"] = number(*made, "serial");
  return change_zone(words, method, target, body);
}

}  // namespace atlas::app::atlasctl::control
