// HTTP requests and responses as values.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/http/exchange.h"
#include "atlas/http/limits.h"

namespace atlas::http {

struct Request {
  std::string method;                                          // "GET"
  std::string path;                                            // percent-encoded, without the query
  std::map<std::string, std::string, std::less<>> query;       // decoded
  std::map<std::string, std::string, std::less<>> parameters;  // of the route's path template, decoded
  std::string content_type;
  std::string body;
  std::string actor;  // who asks, as the listener knows: "uid=0(root) pid=123", or an address
  uint64_t id = 0;    // for Server::answer_later()

  // Empty if absent.
  std::string_view query_value(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
  }
  std::string_view parameter(std::string_view name) const {
    const auto found = parameters.find(name);
    return found == parameters.end() ? std::string_view() : std::string_view(found->second);
  }
};

// What a codec has read, as routers want it: query strings decoded, nothing shared with the codec. None if
// the query string is malformed.
std::optional<Request> to_request(const RequestView& view);

struct Header {
  std::string name;
  std::string value;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<Header> headers;
};

// What a handler returns that will answer later, through Server::answer_later().
inline Response later() {
  Response response;
  response.status = 0;
  return response;
}

// RFC 9457: {"type":"about:blank","title":"Not Found","status":404,"detail":...}. `extra` is more JSON
// members, as in `"diagnostics":[...]`, or empty.
Response problem(int status, std::string_view detail, std::string_view extra = {});

// The problem that a codec answers of itself; `outcome` is of a request, not of a connection.
Response refusal(Outcome outcome);

// "Not Found".
std::string_view reason(int status);

// A JSON string, quotes included.
std::string json_string(std::string_view text);

}  // namespace atlas::http
