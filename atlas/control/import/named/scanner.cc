#include "atlas/control/import/named/scanner.h"

namespace atlas::control::import::named {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

}  // namespace

void Scanner::advance() {
  if (text_[at_++] == '\n') {
    ++line_;
    line_begin_ = at_;
  }
}

bool Scanner::skip_blanks(Place& unclosed) {
  while (at_ < text_.size()) {
    const std::string_view rest = text_.substr(at_);
    if (is_blank(rest[0])) {
      advance();
    } else if (rest[0] == '#' || rest.starts_with("//")) {
      while (at_ < text_.size() && text_[at_] != '\n') ++at_;
    } else if (rest.starts_with("/*")) {
      unclosed = here();
      const size_t end = text_.find("*/", at_ + 2);
      if (end == std::string_view::npos) return false;
      while (at_ < end + 2) advance();
    } else {
      break;
    }
  }
  return true;
}

Parsed<Token> Scanner::next() {
  Token token;
  if (!skip_blanks(token.place)) {
    return std::unexpected(source_.error(token.place, "this comment does not end", "it ends with */"));
  }
  token.place = here();
  if (at_ == text_.size()) return token;
  const char first = text_[at_];
  switch (first) {
    case '{':
      token.kind = Token::Kind::kOpen;
      break;
    case '}':
      token.kind = Token::Kind::kClose;
      break;
    case ';':
      token.kind = Token::Kind::kSemicolon;
      break;
    case '!':
      token.kind = Token::Kind::kNot;
      break;
    default:
      token.kind = first == '"' ? Token::Kind::kString : Token::Kind::kWord;
  }
  if (token.kind != Token::Kind::kString && token.kind != Token::Kind::kWord) {
    ++at_;
    return token;
  }
  if (token.kind == Token::Kind::kString) {
    ++at_;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) {
        // named takes off one backslash in front of a quote, and leaves all others.
        if (text_[at_ + 1] != '"') token.text += '\\';
        advance();
      }
      token.text += text_[at_];
      advance();
      if (token.text.size() > kWordOctetsMax) break;
    }
    if (at_ == text_.size()) {
      return std::unexpected(source_.error(token.place, "this string does not end", "it ends with a quote"));
    }
    ++at_;
  } else {
    while (at_ < text_.size() && !is_blank(text_[at_]) &&
           std::string_view("{};!\"#").find(text_[at_]) == std::string_view::npos &&
           !text_.substr(at_).starts_with("//") && !text_.substr(at_).starts_with("/*")) {
      token.text += text_[at_++];
      if (token.text.size() > kWordOctetsMax) break;
    }
  }
  if (token.text.size() > kWordOctetsMax) {
    return std::unexpected(
        source_.error(token.place, "a word of more than " + std::to_string(kWordOctetsMax) + " octets", ""));
  }
  return token;
}

}  // namespace atlas::control::import::named
