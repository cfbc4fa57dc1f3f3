// Queries from a file of "NAME TYPE" lines, with "do" behind them where DNSSEC records are wanted.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "atlas/base/result.h"

namespace atlas::bench {

// In wire form, with EDNS.
base::Result<std::vector<uint8_t>> make_query(const std::string& name, const std::string& type,
                                              bool dnssec_ok = false);

base::Result<std::vector<std::vector<uint8_t>>> read_queries(const std::string& path);

}  // namespace atlas::bench
