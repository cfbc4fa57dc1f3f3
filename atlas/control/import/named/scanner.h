// The words of named.conf.
#pragma once

#include <string>
#include <string_view>

#include "atlas/control/import/source.h"

namespace atlas::control::import::named {

struct Token {
  enum class Kind : uint8_t { kWord, kString, kOpen, kClose, kSemicolon, kNot, kEnd };

  Kind kind = Kind::kEnd;
  Place place;
  std::string text;
};

class Scanner {
 public:
  Scanner(const Source& source, uint16_t file) : source_(source), file_(file), text_(source.text(file)) {}

  Parsed<Token> next();

 private:
  Place here() const { return {file_, {line_, static_cast<uint32_t>(at_ - line_begin_ + 1)}}; }
  void advance();
  // False, with the place of its begin, if a comment does not end.
  bool skip_blanks(Place& unclosed);

  const Source& source_;
  uint16_t file_;
  std::string_view text_;
  size_t at_ = 0;
  size_t line_begin_ = 0;
  uint32_t line_ = 1;
};

}  // namespace atlas::control::import::named
