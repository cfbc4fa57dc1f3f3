#include "atlas/app/version.h"

#include "version_values.h"

namespace atlas::app {

std::string_view version() {
  return ATLAS_VERSION;
}

std::string_view revision() {
  return ATLAS_REVISION;
}

std::string_view version_text() {
  return revision().empty() ? std::string_view(ATLAS_VERSION)
                            : std::string_view(ATLAS_VERSION " (" ATLAS_REVISION ")");
}

}  // namespace atlas::app
