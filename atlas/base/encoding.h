// Octets as text: base16, base32hex, base64 and base64url of RFC 4648. The decoders that are classes take a
// value in several pieces, as DNS writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"

namespace atlas::base {

// Upper-case hex.
void append_hex(Bytes octets, std::string& out);
// With padding.
void append_base64(Bytes octets, std::string& out);
// RFC 4648 5, without padding.
void append_base64url(Bytes octets, std::string& out);
// Upper case, without padding.
void append_base32hex(Bytes octets, std::string& out);
// The same without a string: `digits` has room for base32hex_digits(octets.size()).
void encode_base32hex(Bytes octets, uint8_t* digits);
constexpr size_t base32hex_digits(size_t octets) {
  return (octets * 8 + 4) / 5;
}

// Feed pieces with decode(), then ask finish() whether the whole was complete. After a false, stop.
class HexDecoder {
 public:
  // Takes both cases. False at a character that is not a hex digit.
  bool decode(std::string_view piece, std::vector<uint8_t>& out);
  // False if a digit is left over.
  bool finish() const { return !odd_; }

 private:
  bool odd_ = false;
  uint8_t high_ = 0;
};

class Base64Decoder {
 public:
  // False at a character outside the alphabet, and at anything behind the padding.
  bool decode(std::string_view piece, std::vector<uint8_t>& out);
  // False if padding is missing or unused bits are not zero.
  bool finish() const;

 private:
  uint32_t bits_ = 0;
  uint8_t count_ = 0;    // characters of the open group of four
  uint8_t padding_ = 0;  // of the last group
};

// A whole value of lower or upper case without padding. False, with `out` unspecified, if malformed.
bool decode_base32hex(std::string_view text, std::vector<uint8_t>& out);
// A whole value without padding into `out`, which has room for base64url_octets(text.size()). Returns how
// many octets it has, none if it is malformed: a character outside the alphabet, a length that cannot be,
// unused bits that are not zero. Allocates nothing.
std::optional<size_t> decode_base64url(std::string_view text, std::span<uint8_t> out);
constexpr size_t base64url_octets(size_t digits) {
  return digits / 4 * 3 + digits % 4 * 3 / 4;
}
constexpr size_t base64url_digits(size_t octets) {
  return (octets * 8 + 5) / 6;
}

}  // namespace atlas::base
