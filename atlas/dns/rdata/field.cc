#include "atlas/dns/rdata/field.h"

#include <charconv>

namespace atlas::dns::rdata {
namespace {

// A longer token is cut in messages.
constexpr size_t kShownOctetsMax = 60;

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string shown(std::string_view token) {
  std::string text = "\"";
  text += token.substr(0, kShownOctetsMax);
  if (token.size() > kShownOctetsMax) text += "...";
  return text += '"';
}

bool parse_nothing(TextReader&) {
  return true;
}
bool read_nothing(base::ByteReader&, std::string*) {
  return true;
}

}  // namespace

constinit const Field kNothing{parse_nothing, read_nothing};

const RdataToken* TextReader::next() {
  if (!at_end()) return &tokens_[next_++];
  error_ = {tokens_.size(), tokens_.empty() ? "the RDATA is missing" : "the RDATA ends too early", {}};
  return nullptr;
}

bool TextReader::fail(std::string message, std::string hint) {
  error_ = {next_ == 0 ? 0 : next_ - 1, std::move(message), std::move(hint)};
  return false;
}

bool TextReader::fail_is_not(std::string_view what, std::string hint) {
  std::string message = shown(next_ == 0 ? std::string_view() : tokens_[next_ - 1].text);
  message += " is not ";
  message += what;
  return fail(std::move(message), std::move(hint));
}

void TextReader::put_u16(uint64_t value) {
  put_u8(value >> 8);
  put_u8(value);
}

void TextReader::put_u32(uint64_t value) {
  put_u16(value >> 16);
  put_u16(value);
}

bool parse_number(std::string_view text, uint64_t max, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value <= max;
}

bool take_number(TextReader& text, uint64_t max, uint64_t& value) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  if (parse_number(token->text, max, value)) return true;
  return text.fail_is_not("a number from 0 to " + std::to_string(max));
}

void append_number(uint64_t value, std::string& out) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

bool unescape(TextReader& text, const RdataToken& token, size_t octets_max, std::vector<uint8_t>& out) {
  const size_t start = out.size();
  const std::string_view from = token.text;
  for (size_t i = 0; i < from.size(); ++i) {
    auto octet = static_cast<uint8_t>(from[i]);
    if (octet == '"') {
      return text.fail("a quote inside a word", "put the whole string in quotes, or write the quote as \\\"");
    }
    if (octet == '\\') {
      if (++i == from.size()) return text.fail("the string ends in a backslash", "write a backslash as \\\\");
      octet = static_cast<uint8_t>(from[i]);
      if (is_digit(from[i])) {
        if (i + 2 >= from.size() || !is_digit(from[i + 1]) || !is_digit(from[i + 2])) {
          return text.fail("an escape \\DDD needs three digits", "write a backslash as \\\\");
        }
        const int value = (from[i] - '0') * 100 + (from[i + 1] - '0') * 10 + (from[i + 2] - '0');
        if (value > 255) return text.fail("an escape \\DDD is at most \\255");
        octet = static_cast<uint8_t>(value);
        i += 2;
      }
    }
    if (out.size() - start == octets_max) {
      return text.fail("the string is longer than " + std::to_string(octets_max) + " octets",
                       octets_max == 255 ? "split it: \"first part\" \"second part\"" : "");
    }
    out.push_back(octet);
  }
  return true;
}

void append_quoted(base::Bytes octets, std::string& out) {
  out += '"';
  for (const uint8_t octet : octets) {
    if (octet < 0x20 || octet >= 0x7f) {
      const char escape[] = {'\\', static_cast<char>('0' + octet / 100),
                             static_cast<char>('0' + octet / 10 % 10), static_cast<char>('0' + octet % 10)};
      out.append(escape, sizeof escape);
    } else {
      if (octet == '"' || octet == '\\') out += '\\';
      out += static_cast<char>(octet);
    }
  }
  out += '"';
}

}  // namespace atlas::dns::rdata
