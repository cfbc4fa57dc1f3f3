// A YAML text as a tree of values with their places, and the texts they came from.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/diagnostic.h"

namespace atlas::control::config {

struct Node {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMapping };

  Kind kind = Kind::kNull;
  bool quoted = false;  // a scalar in quotes is text, whatever it looks like
  uint16_t file = 0;    // index into Sources
  base::TextPosition position;
  base::TextPosition key_position;  // children of a mapping only
  std::string key;                  // children of a mapping only
  std::string text;                 // scalars only
  std::vector<Node> children;       // of a sequence or a mapping, in file order

  bool is_scalar() const { return kind == Kind::kScalar; }
  bool is_sequence() const { return kind == Kind::kSequence; }
  bool is_mapping() const { return kind == Kind::kMapping; }
  const Node* find(std::string_view name) const;
};

// The files that a configuration was read from.
class Sources {
 public:
  uint16_t add(std::filesystem::path path, std::string text);
  const std::filesystem::path& path(uint16_t file) const { return files_[file].path; }
  const std::string& text(uint16_t file) const { return files_[file].text; }
  size_t size() const { return files_.size(); }

  // A diagnostic with the line shown.
  base::Diagnostic diagnostic(uint16_t file, base::TextPosition position, std::string message,
                              std::string hint = {}) const;

 private:
  struct File {
    std::filesystem::path path;
    std::string text;
  };
  std::vector<File> files_;
};

// Parses one YAML document. Anchors, aliases and tags are refused: a configuration says what it means in
// place.
std::expected<Node, base::Diagnostic> parse_yaml(const Sources& sources, uint16_t file);

}  // namespace atlas::control::config
