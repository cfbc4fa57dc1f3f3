// Splits zone text into entries: the logical lines of RFC 1035 5.1, in which parentheses join lines, comments
// are gone and words are marked. No allocation once the token buffer and the window have grown.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/diagnostic.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/text/scan_kernel.h"
#include "atlas/zone/text/window.h"

namespace atlas::zone::text {

// The longest RDATA written as one hexadecimal digit a word, and room for what stands in front of it.
inline constexpr size_t kEntryTokensMax = 2 * dns::kRdataOctetsMax + 64;
// The longest RDATA with every octet as an escape inside an escape, and room for blanks and comments. What is
// longer is an unclosed parenthesis.
inline constexpr size_t kEntryOctetsMax = 4 * 1024 * 1024;

class Scanner {
 public:
  enum class Outcome : uint8_t {
    kEntry,  // tokens() holds at least one
    kError,  // error() says what; the next call goes on behind it
    kEnd,    // of the text, or what stop_at() was told
  };
  struct Error {
    base::TextPosition position;
    std::string message;
    std::string hint;
  };

  // `first_line` is the number of the line that the window begins with: text before it was read elsewhere.
  explicit Scanner(Window window, uint32_t first_line = 1);

  // Ends between two entries at `offset` or behind it, until it is told another place.
  void stop_at(uint64_t offset) { stop_ = offset; }
  // Of what comes next, between two entries.
  uint64_t offset() const { return window_.offset() + static_cast<uint64_t>(at_ - window_.begin()); }
  uint32_t line() const { return line_; }
  // The text ended inside of parentheses.
  bool was_cut() const { return was_cut_; }

  // The tokens of the entry before are gone then.
  Outcome next();

  // Of the last entry. Quotes are taken off and escapes left in place; in `key="value"` the quotes stay.
  std::span<const dns::RdataToken> tokens() const { return tokens_; }
  // The entry's first line begins with a blank: the owner is that of the record before.
  bool begins_blank() const { return begins_blank_; }
  // A token of the last entry has quotes inside, as key="value" has.
  bool has_inner_quotes() const { return has_inner_quotes_; }
  const Error& error() const { return error_; }
  bool had_byte_order_mark() const { return had_byte_order_mark_; }
  bool is_utf16() const { return is_utf16_; }

 private:
  // Where an entry begins.
  struct Mark {
    const char* at;
    const char* line_begin;
    uint32_t line;
  };

  // Reads on, back at the begin of the entry. False at the end of the text.
  bool read_on();
  base::TextPosition position(const char* at) const {
    return {line_, static_cast<uint32_t>(at - line_begin_) + 1};
  }
  void add_token(const char* begin, const char* end, bool quoted, base::TextPosition where) {
    tokens_.push_back({{begin, static_cast<size_t>(end - begin)}, quoted, where});
  }
  void begin_line(const char* at);
  bool scan_word();
  bool scan_quoted();
  // Moves to the end of the current line.
  void skip_line();
  void skip_to_next_line();
  Outcome fail(base::TextPosition where, std::string message, std::string hint = {});
  Outcome fail_unclosed();

  void begin_entry();

  Window window_;
  const decltype(ScanKernel::end_of_word) end_of_word_ = scan_kernel().end_of_word;
  const char* at_;
  const char* end_;  // there lies a NUL
  const char* line_begin_;
  uint32_t line_ = 1;
  Mark entry_{};
  const char* begin_;  // of the entry, less what is in front of its first token

  std::vector<dns::RdataToken> tokens_;
  bool begins_blank_ = false;
  bool has_inner_quotes_ = false;
  bool had_byte_order_mark_ = false;
  bool is_utf16_ = false;
  bool was_cut_ = false;
  uint64_t stop_ = UINT64_MAX;

  // The open parenthesis and the line behind it, where reading goes on if it is never closed.
  const char* open_ = nullptr;
  base::TextPosition open_position_;
  Error error_;
};

}  // namespace atlas::zone::text
