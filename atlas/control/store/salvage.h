// Reads a table of which pages are damaged: everything that can be reached, and where something is missing.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/control/store/connection.h"

namespace atlas::control::store {

// Rows with numbers above `after` and up to `until` cannot be read, or never were.
struct Gap {
  int64_t after = 0;
  int64_t until = 0;

  bool holds(int64_t number) const { return number > after && number <= until; }
};

struct Salvaged {
  uint64_t rows = 0;
  std::vector<Gap> gaps;
  bool is_complete = true;  // false: given up, after too many gaps
};

// `source` is a table, how to read it, and which rows: "zones NOT INDEXED WHERE true". Rows are read by
// `number`, a column of integers above 0 that is in order there. `take` gets each row, with the wanted
// columns from 0; what it returns as an error ends it.
base::Result<Salvaged> salvage(Connection& from, std::string_view source, std::string_view number,
                               std::string_view columns,
                               const std::function<base::Result<void>(const Statement&)>& take);

}  // namespace atlas::control::store
