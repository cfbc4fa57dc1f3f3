// named.conf as a tree of statements.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atlas/control/import/source.h"

namespace atlas::control::import::named {

struct Statement;

// One part of a statement: a word, a string in quotes, or a block of statements.
struct Value {
  enum class Kind : uint8_t { kWord, kString, kBlock };

  Kind kind = Kind::kWord;
  Place place;
  std::string text;
  std::vector<Statement> block;

  bool is_block() const { return kind == Kind::kBlock; }
};

// Ends in a semicolon. Its first part names it where the grammar has names; "!" is a part of its own.
struct Statement {
  std::vector<Value> values;

  const Place& place() const { return values.front().place; }
  const std::string& name() const { return values.front().text; }
  // Empty if there are fewer, or if it is a block.
  std::string_view word(size_t index) const;
  // The first block; null if there is none.
  const std::vector<Statement>* block() const;
};

// Reads the file and what it includes, which takes the place of the include statement. Relative names of
// included files count from the `directory` that was set before, as in named, or else from `folder`.
Parsed<std::vector<Statement>> read_tree(Source& source, uint16_t file, const std::filesystem::path& folder);

// The last statement of the name; null if there is none. Names are compared without case.
const Statement* find(const std::vector<Statement>& block, std::string_view name);
bool is_named(const Statement& statement, std::string_view name);
bool equal(std::string_view a, std::string_view b);

}  // namespace atlas::control::import::named
