// Any octets as nsd.conf.
#include "atlas/control/import/nsd/nsd.h"
#include "atlas/control/import/reading_fuzz.h"

namespace import = atlas::control::import;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return import::read_any(data, size, "/etc/nsd.conf",
                          [](auto& source, const char* path, auto& setup, auto& findings) {
                            return static_cast<bool>(import::nsd::read(source, path, setup, findings));
                          });
}
