// One HTTP request over a Unix socket.
#pragma once

#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::app::atlasctl::control {

struct Reply {
  int status = 0;
  std::string body;
};

// Waits a minute at most: a reload answers when it is done. `body` is JSON, or empty.
base::Result<Reply> request(const std::string& socket_path, const std::string& method,
                            const std::string& target, std::string_view body = {});

}  // namespace atlas::app::atlasctl::control
