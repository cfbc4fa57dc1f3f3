#include "atlas/control/api/members.h"

#include <algorithm>
#include <boost/json.hpp>

namespace atlas::control::api {
namespace {

namespace json = boost::json;

// Bodies are text of one zone in one string, or lists of small objects.
constexpr size_t kDepthMax = 8;

}  // namespace

Members::Members(const json::object& object, std::string where) : object_(object), where_(std::move(where)) {}

const json::value* Members::find(std::string_view name) {
  known_.emplace_back(name);
  const json::value* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::optional<std::string> Members::text(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return {};
  if (value->is_string()) return std::string(value->get_string());
  fail(name, "is a string");
  return {};
}

std::optional<uint64_t> Members::number(std::string_view name, uint64_t max) {
  const json::value* value = find(name);
  if (value == nullptr) return {};
  if (value->is_int64() && value->get_int64() >= 0 && static_cast<uint64_t>(value->get_int64()) <= max)
    return static_cast<uint64_t>(value->get_int64());
  fail(name, "is a whole number from 0 to " + std::to_string(max));
  return {};
}

bool Members::flag(std::string_view name) {
  const json::value* value = find(name);
  if (value == nullptr) return false;
  if (!value->is_bool()) fail(name, "is true or false");
  return value->is_bool() && value->get_bool();
}

const json::array* Members::list(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && !value->is_array()) fail(name, "is a list");
  return value == nullptr ? nullptr : value->if_array();
}

const json::object* Members::object(std::string_view name) {
  const json::value* value = find(name);
  if (value != nullptr && !value->is_object()) fail(name, "is an object");
  return value == nullptr ? nullptr : value->if_object();
}

std::vector<std::string> Members::texts(std::string_view name) {
  std::vector<std::string> texts;
  const json::array* values = list(name);
  if (values == nullptr) return texts;
  for (const json::value& value : *values) {
    if (!value.is_string()) {
      fail(name, "is a list of strings");
      break;
    }
    texts.emplace_back(value.get_string());
  }
  return texts;
}

std::optional<dns::Name> Members::name(std::string_view name, dns::NameView apex) {
  const auto given = text(name);
  if (!given) return {};
  if (*given == "@") return dns::Name(apex);
  auto parsed = parse_absolute_name(*given);
  if (parsed) return *parsed;
  fail(name, "is no domain name: " + parsed.error().message);
  return {};
}

std::optional<dns::RRType> Members::type(std::string_view name) {
  const auto given = text(name);
  if (!given) return {};
  const auto parsed = dns::parse_rrtype(*given);
  if (!parsed) {
    fail(name, "is no RR type: \"" + *given + '"');
  } else if (dns::is_meta_type(*parsed)) {
    fail(name, "is a type that no zone holds: " + *given);
  } else {
    return parsed;
  }
  return {};
}

void Members::require(std::string_view name) {
  if (find(name) == nullptr) fail(name, "is missing");
}

void Members::fail(std::string_view name, std::string_view what) {
  fail(where_ + std::string(name) + ' ' + std::string(what));
}

void Members::fail(std::string error) {
  if (error_.empty()) error_ = std::move(error);
}

void Members::take_error_of(const Members& inner) {
  if (auto error = inner.error()) fail(std::move(*error));
}

std::optional<std::string> Members::error() const {
  if (!error_.empty()) return error_;
  for (const auto& member : object_) {
    if (std::ranges::find(known_, member.key()) == known_.end())
      return "there is no member " + where_ + std::string(member.key());
  }
  return {};
}

base::Result<dns::Name> parse_absolute_name(std::string_view text) {
  if (text.empty()) return base::fail("it is empty");
  if (text == "@") return base::fail("\"@\" stands for nothing here");
  return dns::parse_name(text, {});
}

std::expected<json::object, http::Response> parse_body(const http::Request& request) {
  if (request.body.empty()) return json::object();
  json::parse_options options;
  options.max_depth = kDepthMax;
  boost::system::error_code error;
  json::value value = json::parse(request.body, error, {}, options);
  if (error) return std::unexpected(http::problem(400, "the body is no JSON: " + error.message()));
  if (!value.is_object()) return std::unexpected(http::problem(400, "the body is no JSON object"));
  return std::move(value.get_object());
}

Terms take_terms(Members& members, bool has_serial) {
  Terms terms;
  if (has_serial) {
    if (const auto serial = members.number("if_serial", UINT32_MAX))
      terms.if_serial = static_cast<uint32_t>(*serial);
  }
  terms.reason = members.text("reason").value_or("");
  if (terms.reason.size() > kReasonOctetsMax)
    members.fail("reason", "is longer than " + std::to_string(kReasonOctetsMax) + " octets");
  terms.dry_run = members.flag("dry_run");
  return terms;
}

std::expected<Terms, http::Response> query_terms(const http::Request& request) {
  Terms terms;
  if (const std::string_view text = request.query_value("if_serial"); !text.empty()) {
    const auto serial = parse_number(text, UINT32_MAX);
    if (!serial) return std::unexpected(http::problem(400, "if_serial is a whole number of 32 bits"));
    terms.if_serial = static_cast<uint32_t>(*serial);
  }
  // What JSON brings is UTF-8, what a query brings may be anything.
  terms.reason = json::parse(http::json_string(request.query_value("reason"))).get_string();
  if (terms.reason.size() > kReasonOctetsMax) {
    return std::unexpected(
        http::problem(400, "reason is longer than " + std::to_string(kReasonOctetsMax) + " octets"));
  }
  const std::string_view dry_run = request.query_value("dry_run");
  if (!dry_run.empty() && dry_run != "true" && dry_run != "false")
    return std::unexpected(http::problem(400, "dry_run is true or false"));
  terms.dry_run = dry_run == "true";
  return terms;
}

std::optional<uint64_t> parse_number(std::string_view text, uint64_t max) {
  constexpr size_t kDigitsMax = 18;
  if (text.empty() || text.size() > kDigitsMax) return {};
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return {};
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  if (value > max) return {};
  return value;
}

uint64_t query_number(const http::Request& request, std::string_view name, uint64_t fallback, uint64_t max) {
  const auto value = parse_number(request.query_value(name), INT64_MAX);
  return value ? std::min(*value, max) : fallback;
}

}  // namespace atlas::control::api
