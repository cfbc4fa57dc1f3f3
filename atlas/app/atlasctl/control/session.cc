#include "atlas/app/atlasctl/control/session.h"

#include <time.h>
#include <unistd.h>

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cstdlib>

#include "atlas/app/atlasctl/typed_name.h"
#include "atlas/base/diagnostic.h"
#include "atlas/base/file.h"
#include "atlas/base/quantity.h"
#include "atlas/base/time_text.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

// What the control socket takes, with its quotes.
constexpr uint64_t kInputOctetsMax = 64 << 20;
constexpr int kConflict = 409;

std::string socket_path(const Words& words) {
  if (const auto given = words.value("--socket")) return std::string(*given);
  const char* named = std::getenv("ATLAS_SOCKET");
  return named != nullptr && *named != '\0' ? named : "/run/atlas/control.sock";
}

// What is wrong with a zone text, as check-zone shows it. False if the problem has none.
bool print_findings(const json::object& problem, std::string_view source) {
  const json::array* findings = list(problem, "diagnostics");
  if (findings == nullptr || findings->empty()) return false;
  const Paint paint(ColorMode::kAuto, STDERR_FILENO);
  for (const json::value& finding : *findings) {
    const json::object* one = finding.if_object();
    if (one == nullptr) continue;
    base::Diagnostic shown;
    const bool is_error = text(*one, "severity") == "error";
    shown.severity = is_error ? base::Severity::kError : base::Severity::kWarning;
    shown.file = source;
    shown.position = {static_cast<uint32_t>(number(*one, "line")),
                      static_cast<uint32_t>(number(*one, "column"))};
    shown.message = text(*one, "message");
    shown.hint = text(*one, "hint");
    shown.source_line = text(*one, "source_line");
    std::string rendered = base::render(shown);
    const std::string_view word = is_error ? "error: " : "warning: ";
    if (const size_t at = rendered.find(word); at != std::string::npos)
      rendered.replace(at, word.size(), paint(is_error ? Style::kBad : Style::kWarning, word));
    print(stderr, rendered);
  }
  return true;
}

// A local time; the fields that are left out are 0.
std::optional<base::WallTime> parse_local(const std::string& text) {
  for (const char* form :
       {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"}) {
    tm parts{};
    parts.tm_isdst = -1;
    const char* const end = ::strptime(text.c_str(), form, &parts);
    if (end == nullptr || *end != '\0') continue;
    const time_t seconds = ::mktime(&parts);
    if (seconds != -1) return std::chrono::system_clock::from_time_t(seconds);
  }
  return base::parse_rfc3339(text);
}

}  // namespace

void print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

int fail(const base::Error& error) {
  print_error(error);
  return kExitRefused;
}

int print_problem(const Reply& reply, std::string_view source) {
  boost::system::error_code error;
  const json::value parsed = json::parse(reply.body, error);
  const json::object* const problem = error ? nullptr : parsed.if_object();
  const std::string detail = problem == nullptr ? "" : text(*problem, "detail");
  if (problem == nullptr || !print_findings(*problem, source)) {
    std::string hint = problem == nullptr ? "" : text(*problem, "hint");
    if (const std::string at = problem == nullptr ? "" : text(*problem, "configured_at"); !at.empty())
      hint += (hint.empty() ? "" : "\n") + ("it is configured at " + at);
    print_error({detail.empty() ? "the server answered " + std::to_string(reply.status) : detail, hint});
  }
  const bool is_conflict = problem != nullptr && text(*problem, "code") == "conflict";
  return reply.status == kConflict && is_conflict ? kExitConflict : kExitRefused;
}

Asked<Reply> reply_to(const Words& words, const std::string& method, const std::string& target,
                      const std::string& body) {
  auto reply = request(socket_path(words), method, target, body);
  if (reply) return std::move(*reply);
  print_error(reply.error());
  return std::unexpected(kExitNoServer);
}

Asked<> ask(const Words& words, const std::string& method, const std::string& target, const std::string& body,
            std::string_view source) {
  auto reply = reply_to(words, method, target, body);
  if (!reply) return std::unexpected(reply.error());
  if (reply->status < 300) return std::move(reply->body);
  return std::unexpected(print_problem(*reply, source));
}

Asked<json::object> ask_object(const Words& words, const std::string& method, const std::string& target,
                               const std::string& body, std::string_view source) {
  const auto answer = ask(words, method, target, body, source);
  if (!answer) return std::unexpected(answer.error());
  auto object = parse_object(*answer);
  if (!object) return std::unexpected(kExitRefused);
  return std::move(*object);
}

std::optional<json::object> parse_object(const std::string& body) {
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

bool flag(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_bool() && value->get_bool();
}

const json::array* list(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_array();
}

const json::object* object_in(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? nullptr : value->if_object();
}

std::string encoded(std::string_view text) {
  constexpr const char* kDigits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto octet = static_cast<uint8_t>(c);
    const bool is_plain = (octet >= '0' && octet <= '9') || (octet >= 'A' && octet <= 'Z') ||
                          (octet >= 'a' && octet <= 'z') || c == '-' || c == '.' || c == '_' || c == '~';
    if (is_plain) {
      out += c;
    } else {
      out += '%';
      out += kDigits[octet >> 4];
      out += kDigits[octet & 15];
    }
  }
  return out;
}

Asked<dns::Name> typed_name(std::string_view typed) {
  auto name = parse_typed_name(typed);
  if (name) return std::move(*name);
  return std::unexpected(
      fail({printable(typed) + " is no domain name: " + name.error().message, name.error().hint}));
}

Asked<> zone_target(std::string_view typed) {
  const auto name = typed_name(typed);
  if (!name) return std::unexpected(name.error());
  return "/v1/zones/" + encoded(dns::to_text(name->view()));
}

void add_query(std::string& target, std::string_view name, std::string_view value) {
  target += target.find('?') == std::string::npos ? '?' : '&';
  target.append(name).append("=").append(encoded(value));
}

Asked<> zone_holding(const Words& words, const dns::Name& name) {
  if (const auto given = words.value("--zone")) {
    const auto zone = typed_name(*given);
    if (!zone) return std::unexpected(zone.error());
    return dns::to_text(zone->view());
  }
  const std::string typed = dns::to_text(name.view());
  const auto page = ask_object(words, "GET", "/v1/zones?limit=1&holds=" + encoded(typed));
  if (!page) return std::unexpected(page.error());
  const json::array* zones = list(*page, "zones");
  if (zones == nullptr || zones->empty() || !zones->front().is_object()) {
    return std::unexpected(
        fail({"no zone here holds " + typed, "atlasctl zone list shows those that there are"}));
  }
  return std::string(text(zones->front().get_object(), "zone"));
}

bool add_terms(const Words& words, json::object& body) {
  if (const auto reason = words.value("--reason")) body["reason"] = *reason;
  if (words.has("--dry-run")) body["dry_run"] = true;
  const auto given = words.value("--if-serial");
  if (!given) return true;
  uint32_t serial = 0;
  const auto [end, error] = std::from_chars(given->data(), given->data() + given->size(), serial);
  if (error != std::errc() || end != given->data() + given->size()) {
    fail({"--if-serial needs a serial, not " + printable(*given), ""});
    return false;
  }
  body["if_serial"] = serial;
  return true;
}

bool add_terms(const Words& words, std::string& target) {
  json::object terms;
  if (!add_terms(words, terms)) return false;
  if (const auto reason = words.value("--reason")) add_query(target, "reason", *reason);
  if (terms.contains("dry_run")) add_query(target, "dry_run", "true");
  if (const auto serial = words.value("--if-serial")) add_query(target, "if_serial", *serial);
  return true;
}

Asked<> parse_past(std::string_view text, base::WallTime now) {
  if (const auto ago = base::parse_duration(text); ago && ago->count() > 0)
    return base::rfc3339_text(now - *ago);
  const auto time = parse_local(std::string(text));
  if (time && *time <= now) return base::rfc3339_text(*time);
  return std::unexpected(fail({time ? printable(text) + " is still to come" : printable(text) + " is no time",
                               "as in 1h30m (ago), 2026-11-25T10:00 or 2026-11-25"}));
}

std::string local_time(std::string_view rfc3339) {
  const auto time = base::parse_rfc3339(rfc3339);
  if (!time) return printable(rfc3339);
  const time_t seconds = std::chrono::system_clock::to_time_t(*time);
  tm parts{};
  ::localtime_r(&seconds, &parts);
  std::array<char, 64> text;
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

bool confirmed(const Words& words, const std::string& question) {
  if (words.has("--yes") || words.has("--dry-run") || ::isatty(STDIN_FILENO) != 1) return true;
  print(stderr, question + " [y/N] ");
  std::array<char, 16> line{};
  if (std::fgets(line.data(), line.size(), stdin) != nullptr && (line[0] == 'y' || line[0] == 'Y'))
    return true;
  print(stderr, "nothing was done\n");
  return false;
}

Asked<> read_input(std::string_view path) {
  auto content = base::read_file(path == "-" ? "/dev/stdin" : std::string(path), kInputOctetsMax);
  if (content) return std::move(*content);
  return std::unexpected(fail(content.error()));
}

}  // namespace atlas::app::atlasctl::control
