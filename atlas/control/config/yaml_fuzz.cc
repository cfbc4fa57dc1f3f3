#include "atlas/control/config/tree.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  atlas::control::config::Sources sources;
  const uint16_t file = sources.add("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  (void)atlas::control::config::parse_yaml(sources, file);
  return 0;
}
