#include "atlas/base/encoding.h"

#include <array>

namespace atlas::base {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";
constexpr std::string_view kBase32HexDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
constexpr std::string_view kBase64Digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64UrlDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr uint8_t kNoDigit = 0xff;
using DigitValues = std::array<uint8_t, 256>;

constexpr DigitValues digit_values(std::string_view digits, bool ignore_case) {
  DigitValues values{};
  values.fill(kNoDigit);
  for (size_t i = 0; i < digits.size(); ++i) {
    const char c = digits[i];
    values[static_cast<uint8_t>(c)] = static_cast<uint8_t>(i);
    if (ignore_case && c >= 'A' && c <= 'Z') values[static_cast<uint8_t>(c | 0x20)] = static_cast<uint8_t>(i);
  }
  return values;
}

constexpr DigitValues kHexValues = digit_values(kHexDigits, true);
constexpr DigitValues kBase32HexValues = digit_values(kBase32HexDigits, true);
constexpr DigitValues kBase64Values = digit_values(kBase64Digits, false);
constexpr DigitValues kBase64UrlValues = digit_values(kBase64UrlDigits, false);

// The digits of all octets, without padding.
void append_digits(Bytes octets, std::string_view digits, std::string& out) {
  size_t at = 0;
  for (; at + 3 <= octets.size(); at += 3) {
    const uint32_t group = uint32_t{octets[at]} << 16 | uint32_t{octets[at + 1]} << 8 | octets[at + 2];
    for (const int shift : {18, 12, 6, 0}) out += digits[group >> shift & 63];
  }
  const size_t rest = octets.size() - at;
  if (rest == 0) return;
  const uint32_t group = uint32_t{octets[at]} << 16 | (rest == 2 ? uint32_t{octets[at + 1]} << 8 : 0);
  out += digits[group >> 18];
  out += digits[group >> 12 & 63];
  if (rest == 2) out += digits[group >> 6 & 63];
}

}  // namespace

void append_hex(Bytes octets, std::string& out) {
  for (const uint8_t octet : octets) {
    out += kHexDigits[octet >> 4];
    out += kHexDigits[octet & 15];
  }
}

void append_base64(Bytes octets, std::string& out) {
  append_digits(octets, kBase64Digits, out);
  if (const size_t rest = octets.size() % 3; rest != 0) out.append(3 - rest, '=');
}

void append_base64url(Bytes octets, std::string& out) {
  append_digits(octets, kBase64UrlDigits, out);
}

void append_base32hex(Bytes octets, std::string& out) {
  const size_t begin = out.size();
  out.resize(begin + base32hex_digits(octets.size()));
  encode_base32hex(octets, reinterpret_cast<uint8_t*>(out.data() + begin));
}

void encode_base32hex(Bytes octets, uint8_t* digits) {
  uint32_t bits = 0;
  int count = 0;
  const auto put = [&](uint32_t five) { *digits++ = static_cast<uint8_t>(kBase32HexDigits[five & 31]); };
  for (const uint8_t octet : octets) {
    bits = bits << 8 | octet;
    for (count += 8; count >= 5; count -= 5) put(bits >> (count - 5));
  }
  if (count > 0) put(bits << (5 - count));
}

bool HexDecoder::decode(std::string_view piece, std::vector<uint8_t>& out) {
  for (const char c : piece) {
    const uint8_t value = kHexValues[static_cast<uint8_t>(c)];
    if (value == kNoDigit) return false;
    if (odd_) {
      out.push_back(static_cast<uint8_t>(high_ << 4 | value));
    } else {
      high_ = value;
    }
    odd_ = !odd_;
  }
  return true;
}

bool Base64Decoder::decode(std::string_view piece, std::vector<uint8_t>& out) {
  for (const char c : piece) {
    if (c == '=') {
      if (count_ + padding_ < 2 || count_ + padding_ > 3) return false;
      if (++padding_ + count_ < 4) continue;
      // The group is whole: 18 bits hold two octets, 12 hold one.
      if (count_ == 3) {
        if ((bits_ & 3) != 0) return false;
        out.push_back(static_cast<uint8_t>(bits_ >> 10));
        out.push_back(static_cast<uint8_t>(bits_ >> 2));
      } else {
        if ((bits_ & 15) != 0) return false;
        out.push_back(static_cast<uint8_t>(bits_ >> 4));
      }
      continue;
    }
    const uint8_t value = kBase64Values[static_cast<uint8_t>(c)];
    if (value == kNoDigit || padding_ > 0) return false;
    bits_ = bits_ << 6 | value;
    if (++count_ < 4) continue;
    out.push_back(static_cast<uint8_t>(bits_ >> 16));
    out.push_back(static_cast<uint8_t>(bits_ >> 8));
    out.push_back(static_cast<uint8_t>(bits_));
    bits_ = 0;
    count_ = 0;
  }
  return true;
}

bool Base64Decoder::finish() const {
  return padding_ == 0 ? count_ == 0 : count_ + padding_ == 4;
}

bool decode_base32hex(std::string_view text, std::vector<uint8_t>& out) {
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const uint8_t value = kBase32HexValues[static_cast<uint8_t>(c)];
    if (value == kNoDigit) return false;
    bits = bits << 5 | value;
    count += 5;
    if (count >= 8) {
      count -= 8;
      out.push_back(static_cast<uint8_t>(bits >> count));
    }
  }
  return count < 5 && (bits & ((1u << count) - 1)) == 0;
}

std::optional<size_t> decode_base64url(std::string_view text, std::span<uint8_t> out) {
  const auto* at = reinterpret_cast<const uint8_t*>(text.data());
  uint8_t* to = out.data();
  const auto value = [&](size_t i) -> uint32_t { return kBase64UrlValues[at[i]]; };
  // Values of digits have six bits, kNoDigit has all: one look at the end tells whether there was one.
  uint32_t seen = 0;
  for (size_t groups = text.size() / 4; groups > 0; --groups, at += 4, to += 3) {
    const uint32_t a = value(0), b = value(1), c = value(2), d = value(3);
    const uint32_t group = a << 18 | b << 12 | c << 6 | d;
    seen |= a | b | c | d;
    to[0] = static_cast<uint8_t>(group >> 16);
    to[1] = static_cast<uint8_t>(group >> 8);
    to[2] = static_cast<uint8_t>(group);
  }
  switch (text.size() % 4) {
    case 1:
      return {};
    case 2: {
      const uint32_t a = value(0), b = value(1);
      seen |= a | b | (b & 15) << 6;
      to[0] = static_cast<uint8_t>(a << 2 | b >> 4);
      break;
    }
    case 3: {
      const uint32_t a = value(0), b = value(1), c = value(2);
      seen |= a | b | c | (c & 3) << 6;
      to[0] = static_cast<uint8_t>(a << 2 | b >> 4);
      to[1] = static_cast<uint8_t>(b << 4 | c >> 2);
      break;
    }
    default:
      break;
  }
  if (seen > 63) return {};
  return base64url_octets(text.size());
}

}  // namespace atlas::base
