// LOC, RFC 1876.
#include <algorithm>

#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr uint32_t kEquator = 1u << 31;  // also the prime meridian
constexpr uint32_t kMillisecondsPerDegree = 3'600'000;
constexpr uint32_t kLatitudeMax = 90 * kMillisecondsPerDegree;
constexpr uint32_t kLongitudeMax = 180 * kMillisecondsPerDegree;
constexpr int64_t kAltitudeBase = 10'000'000;  // centimetres below the reference spheroid
constexpr uint64_t kAltitudeMax = 0xffffffff;
constexpr uint64_t kSizeMax = 9'000'000'000;  // centimetres, 9e9
constexpr uint8_t kSizeDefault = 0x12;        // 1 m
constexpr uint8_t kHorizontalDefault = 0x16;  // 10 km
constexpr uint8_t kVerticalDefault = 0x13;    // 10 m

// "12", "12.3" or "12.345" scaled by 10^`decimals`, of at most `max` after scaling.
bool parse_decimal(std::string_view text, int decimals, uint64_t max, uint64_t& value) {
  const size_t point = text.find('.');
  std::string_view fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  if (fraction.size() > static_cast<size_t>(decimals)) return false;
  if (!parse_number(text.substr(0, point), max, value)) return false;
  for (int i = 0; i < decimals; ++i) {
    value *= 10;
    if (fraction.empty()) continue;
    if (fraction[0] < '0' || fraction[0] > '9') return false;
    value += static_cast<uint64_t>(fraction[0] - '0');
    fraction.remove_prefix(1);
  }
  return value <= max;
}

// "degrees [minutes [seconds]] letter", as milliseconds of arc around kEquator.
bool take_angle(TextReader& text, char positive, char negative, uint32_t max) {
  uint64_t total = 0;
  uint32_t unit = kMillisecondsPerDegree;
  for (int part = 0; part < 4; ++part) {
    const RdataToken* token = text.next();
    if (token == nullptr) return false;
    if (part > 0 && token->text.size() == 1) {
      const auto letter = static_cast<char>(token->text[0] & ~0x20);
      if (letter == positive || letter == negative) {
        if (total > max) return text.fail("the angle is too large");
        text.put_u32(letter == positive ? kEquator + total : kEquator - total);
        return true;
      }
    }
    uint64_t value = 0;
    switch (part) {
      case 0:
        if (!parse_number(token->text, max / kMillisecondsPerDegree, value)) {
          return text.fail_is_not("a number of degrees up to " +
                                  std::to_string(max / kMillisecondsPerDegree));
        }
        break;
      case 1:
        if (!parse_number(token->text, 59, value)) {
          return text.fail_is_not("a number of minutes up to 59, or a compass letter");
        }
        break;
      case 2:
        if (!parse_decimal(token->text, 3, 59'999, value)) {
          return text.fail_is_not("a number of seconds up to 59.999, or a compass letter");
        }
        break;
      default:
        return text.fail_is_not(positive == 'N' ? "N or S" : "E or W");
    }
    total += value * unit;
    unit = part == 0 ? 60'000 : 1;
  }
  return false;
}

std::string_view without_metres(std::string_view text) {
  if (!text.empty() && (text.back() == 'm' || text.back() == 'M')) text.remove_suffix(1);
  return text;
}

bool take_altitude(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  std::string_view from = without_metres(token->text);
  const bool below = from.starts_with('-');
  if (below || from.starts_with('+')) from.remove_prefix(1);
  uint64_t centimetres = 0;
  const uint64_t max = below ? kAltitudeBase : kAltitudeMax - kAltitudeBase;
  if (!parse_decimal(from, 2, max, centimetres)) {
    return text.fail_is_not("an altitude", "metres from -100000.00m to 42849672.95m");
  }
  text.put_u32(below ? kAltitudeBase - centimetres : kAltitudeBase + centimetres);
  return true;
}

// A size or precision: one digit and a power of ten, in centimetres.
bool take_size(TextReader& text, uint8_t otherwise) {
  if (text.at_end()) {
    text.put_u8(otherwise);
    return true;
  }
  uint64_t centimetres = 0;
  if (!parse_decimal(without_metres(text.next()->text), 2, kSizeMax, centimetres)) {
    return text.fail_is_not("a size", "metres from 0.00m to 90000000.00m");
  }
  uint8_t exponent = 0;
  for (; centimetres > 9; centimetres /= 10) ++exponent;
  text.put_u8(centimetres << 4 | exponent);
  return true;
}

bool parse_loc(TextReader& text) {
  text.put_u8(0);
  const size_t sizes_at = text.out.size();
  for (const uint8_t octet : {kSizeDefault, kHorizontalDefault, kVerticalDefault}) text.put_u8(octet);
  if (!take_angle(text, 'N', 'S', kLatitudeMax) || !take_angle(text, 'E', 'W', kLongitudeMax) ||
      !take_altitude(text)) {
    return false;
  }
  const size_t end = text.out.size();
  for (const uint8_t otherwise : {kSizeDefault, kHorizontalDefault, kVerticalDefault}) {
    if (!take_size(text, otherwise)) return false;
  }
  std::copy_n(text.out.begin() + static_cast<ptrdiff_t>(end), 3,
              text.out.begin() + static_cast<ptrdiff_t>(sizes_at));
  text.out.resize(end);
  return true;
}

void append_padded(uint64_t value, size_t digits, std::string& out) {
  const std::string text = std::to_string(value);
  out.append(digits - std::min(digits, text.size()), '0');
  out += text;
}

void append_angle(uint32_t value, char positive, char negative, std::string& out) {
  const uint32_t total = value >= kEquator ? value - kEquator : kEquator - value;
  append_number(total / kMillisecondsPerDegree, out);
  out += ' ';
  append_number(total / 60'000 % 60, out);
  out += ' ';
  append_number(total / 1000 % 60, out);
  out += '.';
  append_padded(total % 1000, 3, out);
  out += ' ';
  out += value >= kEquator ? positive : negative;
}

void append_metres(uint64_t centimetres, std::string& out) {
  append_number(centimetres / 100, out);
  out += '.';
  append_padded(centimetres % 100, 2, out);
  out += 'm';
}

bool is_angle(uint32_t value, uint32_t max) {
  return value >= kEquator - max && value <= kEquator + max;
}

// The digit and the exponent are 0 to 9, and zero has one form only.
bool is_size(uint8_t octet) {
  const int digit = octet >> 4, exponent = octet & 15;
  return digit <= 9 && exponent <= 9 && (digit > 0 || exponent == 0);
}

uint64_t size_centimetres(uint8_t octet) {
  uint64_t value = octet >> 4;
  for (int i = octet & 15; i > 0; --i) value *= 10;
  return value;
}

bool read_loc(base::ByteReader& wire, std::string* text) {
  const uint8_t version = wire.u8();
  // Octets of other versions mean something else (RFC 1876 2).
  if (wire.ok() && version != 0) {
    wire.rest();
    return text == nullptr;
  }
  const uint8_t sizes[] = {wire.u8(), wire.u8(), wire.u8()};
  const uint32_t latitude = wire.u32(), longitude = wire.u32(), altitude = wire.u32();
  if (!wire.ok() || !std::ranges::all_of(sizes, is_size) || !is_angle(latitude, kLatitudeMax) ||
      !is_angle(longitude, kLongitudeMax)) {
    return false;
  }
  if (text == nullptr) return true;
  append_angle(latitude, 'N', 'S', *text);
  *text += ' ';
  append_angle(longitude, 'E', 'W', *text);
  *text += ' ';
  const int64_t height = int64_t{altitude} - kAltitudeBase;
  if (height < 0) *text += '-';
  append_metres(static_cast<uint64_t>(height < 0 ? -height : height), *text);
  for (const uint8_t size : sizes) {
    *text += ' ';
    append_metres(size_centimetres(size), *text);
  }
  return true;
}

}  // namespace

constinit const Field kLoc{parse_loc, read_loc};

}  // namespace atlas::dns::rdata
