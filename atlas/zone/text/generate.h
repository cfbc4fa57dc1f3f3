// $GENERATE, BIND's directive that writes one record for each number of a range.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::zone::text {

// The longest number in a template: 63 labels of one nibble fill a name.
inline constexpr uint32_t kGenerateWidthMax = 127;
// What one line of a template may grow to: a name of 255 octets with every octet as an escape, and some
// RDATA.
inline constexpr size_t kGeneratedTextOctetsMax = 8192;

struct GenerateRange {
  uint32_t first = 0;
  uint32_t last = 0;
  uint32_t step = 1;

  uint64_t count() const { return (uint64_t{last} - first) / step + 1; }
};

// "1-254" or "0-30/2".
base::Result<GenerateRange> parse_generate_range(std::string_view text);

// Appends `pattern` with the number put in: $ in decimal, ${offset,width,base} with bases d, o, x, X, n
// (nibbles as labels, least first) and N; $$ and \$ are a dollar sign.
base::Result<void> append_generated(std::string_view pattern, uint32_t number, std::string& out);

}  // namespace atlas::zone::text
