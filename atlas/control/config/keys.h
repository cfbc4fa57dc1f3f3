// Secrets as configurations write them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"

namespace atlas::control::config {

// Base64, with blanks around it.
base::Result<std::vector<uint8_t>> decode_secret(std::string_view text);

}  // namespace atlas::control::config
