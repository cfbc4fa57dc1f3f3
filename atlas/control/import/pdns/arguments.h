// pdns.conf: "name=value", "name+=value", one a line.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "atlas/control/import/source.h"

namespace atlas::control::import::pdns {

struct Argument {
  std::string value;
  Place place;
};

// By name, the last one that was given.
using Arguments = std::map<std::string, Argument, std::less<>>;

// Reads the file and those of include-dir.
Parsed<Arguments> read_arguments(Source& source, uint16_t file);

// Parts between commas and blanks.
std::vector<std::string> split(std::string_view text);

}  // namespace atlas::control::import::pdns
