// <character-string>s (RFC 1035 3.3: a length octet and up to 255 octets) and longer texts.
#include <algorithm>

#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr size_t kStringOctetsMax = 255;
constexpr size_t kX25DigitsMin = 4;  // RFC 1183 3.1

// Appends the length octet and the octets of the next token.
bool take_string(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const size_t length_at = text.out.size();
  text.put_u8(0);
  if (!unescape(text, *token, kStringOctetsMax, text.out)) return false;
  text.out[length_at] = static_cast<uint8_t>(text.out.size() - length_at - 1);
  return true;
}

// The octets of the string that was just taken.
base::Bytes taken_string(const TextReader& text, size_t start) {
  return base::Bytes(text.out).subspan(start + 1);
}

bool read_string(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u8());
  if (wire.ok() && text != nullptr) append_quoted(octets, *text);
  return wire.ok();
}

bool parse_optional_string(TextReader& text) {
  return text.at_end() || take_string(text);
}
bool read_optional_string(base::ByteReader& wire, std::string* text) {
  return wire.remaining() == 0 || read_string(wire, text);
}

bool parse_strings(TextReader& text) {
  do {
    if (!take_string(text)) return false;
  } while (!text.at_end());
  return true;
}

bool read_strings(base::ByteReader& wire, std::string* text) {
  if (!read_string(wire, text)) return false;
  while (wire.remaining() > 0) {
    if (text != nullptr) *text += ' ';
    if (!read_string(wire, text)) return false;
  }
  return true;
}

bool is_digit(uint8_t octet) {
  return octet >= '0' && octet <= '9';
}
bool is_letter(uint8_t octet) {
  return ascii_lower(octet) >= 'a' && ascii_lower(octet) <= 'z';
}

bool is_x25(base::Bytes octets) {
  return octets.size() >= kX25DigitsMin && std::ranges::all_of(octets, is_digit);
}

bool is_decimal(base::Bytes octets) {
  if (!octets.empty() && (octets[0] == '-' || octets[0] == '+')) octets = octets.subspan(1);
  return std::ranges::any_of(octets, is_digit) && std::ranges::count(octets, '.') <= 1 &&
         std::ranges::all_of(octets, [](uint8_t octet) { return octet == '.' || is_digit(octet); });
}

// RFC 8659 4.1.
bool is_caa_tag(base::Bytes octets) {
  return !octets.empty() &&
         std::ranges::all_of(octets, [](uint8_t octet) { return is_digit(octet) || is_letter(octet); });
}

bool parse_x25(TextReader& text) {
  const size_t start = text.out.size();
  if (!take_string(text)) return false;
  return is_x25(taken_string(text, start)) || text.fail_is_not("an X.25 address", "four digits or more");
}

bool read_x25(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u8());
  if (text != nullptr) append_quoted(octets, *text);
  return wire.ok() && is_x25(octets);
}

bool parse_decimal(TextReader& text) {
  const size_t start = text.out.size();
  if (!take_string(text)) return false;
  return is_decimal(taken_string(text, start)) || text.fail_is_not("a decimal number", "as in -32.6882");
}

bool read_decimal(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u8());
  if (text != nullptr) append_quoted(octets, *text);
  return wire.ok() && is_decimal(octets);
}

bool parse_caa_tag(TextReader& text) {
  const size_t start = text.out.size();
  if (!take_string(text)) return false;
  return is_caa_tag(taken_string(text, start)) ||
         text.fail_is_not("a CAA tag",
                          "a tag consists of letters and digits, as in issue, issuewild or iodef");
}

bool read_caa_tag(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u8());
  if (text != nullptr) text->append(octets.begin(), octets.end());
  return wire.ok() && is_caa_tag(octets);
}

bool parse_text_or_empty(TextReader& text) {
  const RdataToken* token = text.next();
  return token != nullptr && unescape(text, *token, kRdataOctetsMax, text.out);
}

bool read_text_or_empty(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.rest();
  if (text != nullptr) append_quoted(octets, *text);
  return wire.ok();
}

bool parse_text(TextReader& text) {
  const size_t start = text.out.size();
  if (!parse_text_or_empty(text)) return false;
  return text.out.size() > start || text.fail("the text must not be empty");
}

bool read_text(base::ByteReader& wire, std::string* text) {
  return wire.remaining() > 0 && read_text_or_empty(wire, text);
}

}  // namespace

constinit const Field kString{take_string, read_string};
constinit const Field kStringOptional{parse_optional_string, read_optional_string};
constinit const Field kStrings{parse_strings, read_strings};
constinit const Field kDigits{parse_x25, read_x25};
constinit const Field kDecimal{parse_decimal, read_decimal};
constinit const Field kCaaTag{parse_caa_tag, read_caa_tag};
constinit const Field kText{parse_text, read_text};
constinit const Field kTextOrEmpty{parse_text_or_empty, read_text_or_empty};

}  // namespace atlas::dns::rdata
