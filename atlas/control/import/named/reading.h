// What the parts of the reader of named.conf share.
#pragma once

#include <filesystem>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/named/acl.h"
#include "atlas/control/import/named/tree.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import::named {

using Block = std::vector<Statement>;

// Where statements are looked for, the innermost first; empty ones are not there.
struct Scope {
  const Block* zone = nullptr;
  const Block* view = nullptr;
  const Block* options = nullptr;

  const Statement* find(std::string_view name) const;
};

struct Reading {
  Source& source;
  Findings& findings;
  Setup& setup;
  Acls acls;
  const Block& top;
  std::filesystem::path directory;  // that relative names count from
  bool zones_only = false;          // of a file that PowerDNS reads
};

// "yes", "true" and "1".
bool is_yes(std::string_view word);
// None, and a finding, if the word is not a number up to `most`.
std::optional<uint32_t> number(Reading& reading, const Statement& statement, uint32_t most);
// Says of the statements of a block what has no equal, those of the zones in it excepted.
void report_rest(Reading& reading, const Block& block, std::string_view where);

// options, or the one view.
void take_settings(Reading& reading, const Block& block);
// listen-on, listen-on-v6 and what they name.
void take_listeners(Reading& reading, const Block* options);
// Zones of the top level and of views.
void take_zones(Reading& reading, const Block* options);

}  // namespace atlas::control::import::named
