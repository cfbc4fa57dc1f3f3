// knot.conf as sections of items: a form of YAML that Knot reads by itself.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atlas/control/import/source.h"

namespace atlas::control::import::knot {

struct Item {
  std::string name;
  Place place;
  std::vector<std::string> values;
};

// Of a section without names ("server:") the only one; else what stands behind a dash.
struct Block {
  std::string section;
  Place place;
  std::vector<Item> items;

  // All values of all items of the name.
  std::vector<std::string> values(std::string_view name) const;
  // The last one; empty if there is none.
  std::string value(std::string_view name) const;
  const Item* find(std::string_view name) const;
};

// Reads the file and what it includes, in the place of the include. Relative names count from the folder of
// the file that names them.
Parsed<std::vector<Block>> read_blocks(Source& source, uint16_t file);

}  // namespace atlas::control::import::knot
