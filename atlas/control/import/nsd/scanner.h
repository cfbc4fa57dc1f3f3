// nsd.conf as a list of attributes: "name: value value".
#pragma once

#include <string>
#include <vector>

#include "atlas/control/import/source.h"

namespace atlas::control::import::nsd {

struct Attribute {
  std::string name;  // "zonefile", without the colon
  Place place;
  std::vector<std::string> values;
};

// Reads the file and what it includes, in the place of the include. Relative names count from `folder`.
Parsed<std::vector<Attribute>> read_attributes(Source& source, uint16_t file,
                                               const std::filesystem::path& folder);

}  // namespace atlas::control::import::nsd
