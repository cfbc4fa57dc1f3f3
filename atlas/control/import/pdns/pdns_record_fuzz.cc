// Any octets as the columns of a record: what comes of them is one line of zone text, whatever they hold.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "atlas/base/assert.h"
#include "atlas/control/import/pdns/record_text.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace atlas::control::import::pdns;
  // Name, type and content, each but the last ended by NUL.
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto take = [&] {
    const std::string_view part = rest.substr(0, rest.find('\0'));
    rest = part.size() == rest.size() ? std::string_view() : rest.substr(part.size() + 1);
    return std::string(part);
  };
  Row row;
  row.name = take();
  row.type = take();
  row.content = rest;
  row.priority = static_cast<uint32_t>(size);
  const auto line = record_line(row, 60);
  if (!line) return 0;
  ATLAS_ASSERT(std::ranges::count(*line, '\n') == 1);
  ATLAS_ASSERT(line->ends_with('\n'));
  ATLAS_ASSERT(line->find('\0') == std::string::npos);
  return 0;
}
