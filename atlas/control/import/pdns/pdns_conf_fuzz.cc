// Any octets as pdns.conf.
#include "atlas/control/import/pdns/pdns.h"
#include "atlas/control/import/reading_fuzz.h"

namespace import = atlas::control::import;

namespace {

atlas::base::Result<import::pdns::Database> open_none(const std::filesystem::path&) {
  return atlas::base::fail("no database");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return import::read_any(
      data, size, "/etc/pdns.conf", [](auto& source, const char* path, auto& setup, auto& findings) {
        return static_cast<bool>(import::pdns::read(source, path, open_none, setup, findings));
      });
}
