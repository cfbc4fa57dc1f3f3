#include "atlas/zone/text/scanner.h"

#include <array>
#include <cstring>
#include <utility>

namespace atlas::zone::text {
namespace {

enum class Octet : uint8_t {
  kWord,
  kBlank,
  kNewline,
  kReturn,
  kQuote,
  kComment,
  kOpen,
  kClose,
  kBackslash,
  kControl
};

constexpr std::array<Octet, 256> kOctets = [] {
  std::array<Octet, 256> kinds{};
  for (size_t i = 0; i < 32; ++i) kinds[i] = Octet::kControl;
  kinds[127] = Octet::kControl;
  kinds[' '] = kinds['\t'] = Octet::kBlank;
  kinds['\n'] = Octet::kNewline;
  kinds['\r'] = Octet::kReturn;
  kinds['"'] = Octet::kQuote;
  kinds[';'] = Octet::kComment;
  kinds['('] = Octet::kOpen;
  kinds[')'] = Octet::kClose;
  kinds['\\'] = Octet::kBackslash;
  return kinds;
}();

constexpr Octet kind_of(char c) {
  return kOctets[static_cast<uint8_t>(c)];
}

constexpr const char* kByteOrderMark = "\xef\xbb\xbf";

std::string control_message(char c) {
  constexpr const char* kHex = "0123456789abcdef";
  const auto octet = static_cast<uint8_t>(c);
  return std::string("control character 0x") + kHex[octet >> 4] + kHex[octet & 15] + " in the text";
}

std::string control_hint(char c) {
  const auto octet = static_cast<uint8_t>(c);
  const std::string digits = std::to_string(octet);
  return "write the octet as \\" + std::string(3 - digits.size(), '0') + digits +
         "; a file full of such octets is not zone text";
}

}  // namespace

Scanner::Scanner(Window window, uint32_t first_line)
    : window_(std::move(window)), at_(window_.begin()), end_(window_.end()), line_(first_line) {
  if (window_.offset() == 0) {
    const std::string_view text(at_, end_);
    if (text.starts_with(kByteOrderMark)) {
      had_byte_order_mark_ = true;
      at_ += 3;
    }
    is_utf16_ = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");
  }
  line_begin_ = at_;
}

void Scanner::begin_line(const char* at) {
  at_ = line_begin_ = at;
  ++line_;
}

void Scanner::begin_entry() {
  entry_ = {at_, line_begin_, line_};
  tokens_.clear();
  has_inner_quotes_ = false;
  open_ = nullptr;
  begins_blank_ = at_ == line_begin_ && kind_of(*at_) == Octet::kBlank;
}

bool Scanner::read_on() {
  if (window_.is_last()) return false;
  const auto before = entry_.at - entry_.line_begin;
  window_.advance(entry_.line_begin);
  end_ = window_.end();
  line_begin_ = window_.begin();
  at_ = line_begin_ + before;
  line_ = entry_.line;
  begin_entry();
  return true;
}

void Scanner::skip_line() {
  const auto* newline = static_cast<const char*>(std::memchr(at_, '\n', static_cast<size_t>(end_ - at_)));
  at_ = newline == nullptr ? end_ : newline;
}

void Scanner::skip_to_next_line() {
  skip_line();
  if (at_ != end_) begin_line(at_ + 1);
}

Scanner::Outcome Scanner::fail(base::TextPosition where, std::string message, std::string hint) {
  error_ = {where, std::move(message), std::move(hint)};
  open_ = nullptr;
  skip_to_next_line();
  return Outcome::kError;
}

Scanner::Outcome Scanner::fail_unclosed() {
  error_ = {open_position_, "this parenthesis is never closed",
            "a record that goes over several lines ends with ) behind its last field"};
  // The records behind it are read again, each on its own line. There is no other parenthesis among them, so
  // that nothing is read a third time.
  at_ = open_;
  line_ = open_position_.line;
  line_begin_ = open_ - (open_position_.column - 1);
  skip_to_next_line();
  open_ = nullptr;
  return Outcome::kError;
}

// A word ends at a blank, a comment, a parenthesis or a quote, save that of key="value".
bool Scanner::scan_word() {
  const char* const begin = at_;
  const base::TextPosition where = position(begin);
  for (;;) {
    at_ = end_of_word_(at_);
    if (*at_ == '\\') {
      if (at_[1] == '\0' || at_[1] == '\n' || at_[1] == '\r') {
        fail(position(at_), "a backslash at the end of the line",
             "a backslash stands in front of the character it protects; lines are joined with parentheses");
        return false;
      }
      at_ += 2;
    } else if (*at_ == '"' && at_ != begin && at_[-1] == '=') {
      if (!scan_quoted()) return false;
      tokens_.pop_back();
      has_inner_quotes_ = true;
    } else {
      break;
    }
  }
  add_token(begin, at_, false, where);
  return true;
}

bool Scanner::scan_quoted() {
  const char* const quote = at_;
  const base::TextPosition where = position(quote);
  for (++at_;; ++at_) {
    const char c = *at_;
    if (c == '"') break;
    if (c == '\\' && at_[1] != '\n' && at_[1] != '\0') {
      ++at_;
    } else if (c == '\n' || at_ == end_) {
      fail(where, "this quoted string is not closed on its line",
           "end it with a quote; a quote inside a string is written \\\"");
      return false;
    } else if (c == '\0') {
      fail(position(at_), control_message(c), control_hint(c));
      return false;
    }
  }
  ++at_;
  add_token(quote + 1, at_ - 1, true, where);
  return true;
}

Scanner::Outcome Scanner::next() {
  begin_entry();
  if (offset() >= stop_) return Outcome::kEnd;
  for (;;) {
    if (tokens_.empty() && open_ == nullptr) begin_ = at_;
    if (static_cast<size_t>(at_ - begin_) > kEntryOctetsMax || tokens_.size() > kEntryTokensMax) {
      if (open_ != nullptr) return fail_unclosed();
      return fail(tokens_.front().position, "this record is too long", "the longest RDATA has 65535 octets");
    }
    switch (kind_of(*at_)) {
      case Octet::kWord:
      case Octet::kBackslash:
        if (!scan_word()) return Outcome::kError;
        break;
      case Octet::kQuote:
        if (!scan_quoted()) return Outcome::kError;
        break;
      case Octet::kBlank:
        while (kind_of(*++at_) == Octet::kBlank) {
        }
        break;
      case Octet::kComment:
        skip_line();
        break;
      case Octet::kNewline:
        begin_line(at_ + 1);
        if (open_ != nullptr) break;
        if (!tokens_.empty()) return Outcome::kEntry;
        begin_entry();
        if (offset() >= stop_) return Outcome::kEnd;
        break;
      case Octet::kReturn:
        if (at_ + 1 != end_ && at_[1] != '\n') {
          return fail(position(at_), "a carriage return inside a line", "lines end in LF or in CR LF");
        }
        ++at_;
        break;
      case Octet::kOpen:
        if (open_ != nullptr) {
          return fail(position(at_),
                      "a parenthesis inside the one opened at " + std::to_string(open_position_.line) + ":" +
                          std::to_string(open_position_.column),
                      "parentheses do not nest; is the first one closed?");
        }
        open_ = at_;
        open_position_ = position(at_);
        ++at_;
        break;
      case Octet::kClose:
        if (open_ == nullptr) return fail(position(at_), "this parenthesis was never opened");
        open_ = nullptr;
        ++at_;
        break;
      case Octet::kControl:
        if (at_ == end_) {
          if (read_on()) break;
          was_cut_ = open_ != nullptr;
          if (was_cut_) return fail_unclosed();
          return tokens_.empty() ? Outcome::kEnd : Outcome::kEntry;
        }
        return fail(position(at_), control_message(*at_), control_hint(*at_));
    }
  }
}

}  // namespace atlas::zone::text
