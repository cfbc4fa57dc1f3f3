// Any octets as knot.conf.
#include "atlas/control/import/knot/knot.h"
#include "atlas/control/import/reading_fuzz.h"

namespace import = atlas::control::import;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return import::read_any(data, size, "/etc/knot.conf",
                          [](auto& source, const char* path, auto& setup, auto& findings) {
                            return static_cast<bool>(import::knot::read(source, path, setup, findings));
                          });
}
