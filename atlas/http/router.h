// Which handler answers which request.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "atlas/http/message.h"

namespace atlas::http {

using Handler = std::function<Response(const Request&)>;

struct Route {
  std::string method;
  std::string path;  // template: "/v1/zones/{zone}"; "{name}" stands for one segment
  Handler handler;
};

class Router {
 public:
  void add(std::string method, std::string path, Handler handler);

  // Finds the route and calls its handler; HEAD is answered by GET's. 404 for an unknown path and 405 with
  // Allow for an unknown method, as problems.
  Response handle(Request& request) const;

  std::span<const Route> routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace atlas::http
