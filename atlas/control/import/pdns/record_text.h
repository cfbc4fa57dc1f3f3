// Rows of PowerDNS' table of records as zone text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "atlas/base/result.h"

namespace atlas::control::import::pdns {

struct Row {
  int64_t id = 0;
  std::string name;
  std::string type;
  std::string content;
  std::optional<uint32_t> ttl;
  std::optional<uint32_t> priority;
};

// One line with its end; names in the content are absolute there, so that the text begins with "$ORIGIN .".
// Fails where the row is no record of DNS.
base::Result<std::string> record_line(const Row& row, uint32_t default_ttl);

}  // namespace atlas::control::import::pdns
