// The members of a request's JSON object, taken one by one. What is wrong or unknown is remembered.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/http/message.h"

namespace boost::json {
class array;
class object;
class value;
}  // namespace boost::json

namespace atlas::control::api {

inline constexpr size_t kReasonOctetsMax = 1000;

class Members {
 public:
  // `where` stands in front of names in messages: "rrsets[2].".
  explicit Members(const boost::json::object& object, std::string where = {});

  // None if there is no such member, or it is wrong.
  std::optional<std::string> text(std::string_view name);
  std::optional<uint64_t> number(std::string_view name, uint64_t max);
  bool flag(std::string_view name);
  const boost::json::array* list(std::string_view name);
  const boost::json::object* object(std::string_view name);
  std::vector<std::string> texts(std::string_view name);
  // Absolute, with or without the final dot; "@" is `apex`.
  std::optional<dns::Name> name(std::string_view name, dns::NameView apex);
  std::optional<dns::RRType> type(std::string_view name);

  // It is an error that `name` is absent.
  void require(std::string_view name);
  // Only the first counts.
  void fail(std::string_view name, std::string_view what);
  void fail(std::string error);
  void take_error_of(const Members& inner);

  bool error_so_far() const { return !error_.empty(); }
  // What was wrong first, members that nobody asked for included.
  std::optional<std::string> error() const;

 private:
  const boost::json::value* find(std::string_view name);

  const boost::json::object& object_;
  std::string where_;
  std::vector<std::string> known_;
  std::string error_;
};

// An absolute name, with or without the final dot.
base::Result<dns::Name> parse_absolute_name(std::string_view text);

// The object of a request's body, which may be absent; 400 if it is none.
std::expected<boost::json::object, http::Response> parse_body(const http::Request& request);

// What every change of a zone can have.
struct Terms {
  std::optional<uint32_t> if_serial;
  std::string reason;
  bool dry_run = false;
};
Terms take_terms(Members& members, bool has_serial = true);
// The same from the query.
std::expected<Terms, http::Response> query_terms(const http::Request& request);

// A whole number of a query or a path; none if it is none, or above `max`.
std::optional<uint64_t> parse_number(std::string_view text, uint64_t max);
// Of the query; `fallback` where it is absent or none.
uint64_t query_number(const http::Request& request, std::string_view name, uint64_t fallback, uint64_t max);

}  // namespace atlas::control::api
