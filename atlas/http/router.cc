#include "atlas/http/router.h"

#include <optional>

#include "atlas/http/target.h"

namespace atlas::http {
namespace {

// Takes the next segment off the front of "/a/b".
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const size_t end = path.find('/');
  const std::string_view segment = path.substr(0, end);
  path = end == std::string_view::npos ? std::string_view() : path.substr(end);
  return segment;
}

using Parameters = std::map<std::string, std::string, std::less<>>;

std::optional<Parameters> match(std::string_view pattern, std::string_view path) {
  Parameters parameters;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view expected = take_segment(pattern);
    auto actual = percent_decode(take_segment(path));
    if (!actual) return {};
    if (expected.starts_with('{')) {
      if (actual->empty()) return {};
      parameters[std::string(expected.substr(1, expected.size() - 2))] = std::move(*actual);
    } else if (expected != *actual) {
      return {};
    }
  }
  if (!pattern.empty() || !path.empty()) return {};
  return parameters;
}

}  // namespace

void Router::add(std::string method, std::string path, Handler handler) {
  routes_.push_back({std::move(method), std::move(path), std::move(handler)});
}

Response Router::handle(Request& request) const {
  std::string allowed;
  const std::string_view method = request.method == "HEAD" ? std::string_view("GET") : request.method;
  for (const Route& route : routes_) {
    auto parameters = match(route.path, request.path);
    if (!parameters) continue;
    if (route.method == method) {
      request.parameters = std::move(*parameters);
      return route.handler(request);
    }
    allowed += (allowed.empty() ? "" : ", ") + route.method;
  }
  if (allowed.empty()) return problem(404, "there is nothing at " + request.path);
  Response response = problem(405, request.path + " allows " + allowed);
  response.headers.push_back({"Allow", allowed});
  return response;
}

}  // namespace atlas::http
