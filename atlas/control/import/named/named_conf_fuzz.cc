// Any octets as named.conf.
#include "atlas/control/import/named/named.h"
#include "atlas/control/import/reading_fuzz.h"

namespace import = atlas::control::import;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return import::read_any(
      data, size, "/etc/named.conf", [](auto& source, const char* path, auto& setup, auto& findings) {
        return static_cast<bool>(import::named::read(source, path, false, setup, findings));
      });
}
