#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr size_t kIpv4Octets = 4;
constexpr size_t kIpv6Octets = 16;

constexpr auto kHexValues = [] {
  std::array<int8_t, 256> values;
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values[static_cast<size_t>('0' + i)] = static_cast<int8_t>(i);
  for (int i = 10; i < 16; ++i) {
    values[static_cast<size_t>('a' + i - 10)] = values[static_cast<size_t>('A' + i - 10)] =
        static_cast<int8_t>(i);
  }
  return values;
}();

// -1 if it is no hex digit.
int hex_value(char c) {
  return kHexValues[static_cast<uint8_t>(c)];
}

void append_address(int family, const uint8_t* octets, std::string& out) {
  char ended[INET6_ADDRSTRLEN];
  out += ::inet_ntop(family, octets, ended, sizeof ended);
}

bool parse_ipv4_field(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  uint8_t octets[4];
  if (!parse_ipv4(token->text, octets)) {
    return text.fail_is_not("an IPv4 address",
                            "an IPv4 address is four numbers from 0 to 255, as in 192.0.2.1");
  }
  text.put(octets);
  return true;
}

bool read_ipv4_field(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(4);
  if (wire.ok() && text != nullptr) append_ipv4(octets.data(), *text);
  return wire.ok();
}

bool parse_ipv6_field(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  uint8_t octets[16];
  if (!parse_ipv6(token->text, octets)) {
    return text.fail_is_not("an IPv6 address",
                            "an IPv6 address looks like 2001:db8::1, without a zone or prefix");
  }
  text.put(octets);
  return true;
}

bool read_ipv6_field(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(16);
  if (wire.ok() && text != nullptr) append_ipv6(octets.data(), *text);
  return wire.ok();
}

constexpr char kLowerHex[] = "0123456789abcdef";

// RFC 6742 2.1.2: four groups of one to four hex digits, and no "::".
bool parse_locator(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  std::string_view rest = token->text;
  for (int group = 0; group < 4; ++group) {
    const size_t size = group < 3 ? rest.find(':') : rest.size();
    unsigned value = 0;
    bool good = size >= 1 && size <= 4;
    for (size_t i = 0; good && i < size; ++i) {
      good = hex_value(rest[i]) >= 0;
      value = value << 4 | static_cast<unsigned>(hex_value(rest[i]) & 15);
    }
    if (!good) return text.fail_is_not("four groups of hex digits", "as in 0014:4fff:ff20:ee64");
    text.put_u16(value);
    rest.remove_prefix(group < 3 ? size + 1 : size);
  }
  return true;
}

bool read_locator(base::ByteReader& wire, std::string* text) {
  for (int group = 0; group < 4; ++group) {
    const uint16_t value = wire.u16();
    if (text == nullptr) continue;
    if (group > 0) *text += ':';
    for (const int shift : {12, 8, 4, 0}) *text += kLowerHex[value >> shift & 15];
  }
  return wire.ok();
}

// RFC 7043: pairs of hex digits with hyphens.
template <size_t kOctets>
bool parse_eui(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const std::string_view from = token->text;
  bool good = from.size() == kOctets * 3 - 1;
  for (size_t i = 0; good && i < from.size(); ++i)
    good = i % 3 == 2 ? from[i] == '-' : hex_value(from[i]) >= 0;
  if (!good) {
    return text.fail_is_not(kOctets == 6 ? "an EUI-48" : "an EUI-64",
                            kOctets == 6 ? "as in 00-00-5e-00-53-2a" : "as in 00-00-5e-ef-10-00-00-2a");
  }
  for (size_t i = 0; i < from.size(); i += 3) {
    text.put_u8(static_cast<uint64_t>(hex_value(from[i]) << 4 | hex_value(from[i + 1])));
  }
  return true;
}

template <size_t kOctets>
bool read_eui(base::ByteReader& wire, std::string* text) {
  for (size_t i = 0; i < kOctets; ++i) {
    const uint8_t octet = wire.u8();
    if (text == nullptr) continue;
    if (i > 0) *text += '-';
    *text += kLowerHex[octet >> 4];
    *text += kLowerHex[octet & 15];
  }
  return wire.ok();
}

constexpr uint64_t kZeros = 0x3030303030303030;

template <class Word>
Word load_lowest_first(const char* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  if constexpr (std::endian::native == std::endian::little) return word;
  Word turned = 0;
  for (size_t i = 0; i < sizeof word; ++i) turned = turned << 8 | (word >> 8 * i & 0xff);
  return turned;
}

}  // namespace

bool parse_ipv4(std::string_view text, uint8_t* octets) {
  constexpr size_t kTextOctetsMin = 7, kTextOctetsMax = 15;
  const size_t text_octets = text.size();
  if (text_octets < kTextOctetsMin || text_octets > kTextOctetsMax) return false;
  // The text, its first octet lowest. Nobody foresees how many digits the next number has, so that no branch
  // depends on it.
  uint64_t low, high = 0;
  if (text_octets < 8) {
    low = load_lowest_first<uint32_t>(text.data()) | uint64_t{load_lowest_first<uint32_t>(text.data() + 3)}
                                                         << 24;
  } else {
    low = load_lowest_first<uint64_t>(text.data());
    const size_t half = 4 * (16 - text_octets);  // of the bits of what stands in `low` too
    high = load_lowest_first<uint64_t>(text.data() + text_octets - 8) >> half >> half;
  }
  // The highest bit of each octet that ends a number.
  uint64_t low_ends = octets_that_are('.', low), high_ends = octets_that_are('.', high);
  (text_octets < 8 ? low_ends : high_ends) |= uint64_t{0x80} << 8 * (text_octets % 8);
  low ^= kZeros;
  high ^= kZeros;
  for (size_t i = 0; i < kIpv4Octets; ++i) {
    const auto digits = static_cast<size_t>(std::countr_zero(low_ends)) / 8;
    if (digits == 0 || digits > 3) return false;
    // The last digit stands in the third octet.
    const uint32_t number = static_cast<uint32_t>(low) << 8 * (3 - digits) & 0xffffff;
    if (((number | (number + 0x767676)) & 0x808080) != 0) return false;
    const uint32_t value = (number & 0xff) * 100 + (number >> 8 & 0xff) * 10 + (number >> 16);
    // 010 is octal to some.
    static constexpr std::array<uint32_t, 4> kLeast = {0, 0, 10, 100};
    if (value < kLeast[digits] || value > 255) return false;
    octets[i] = static_cast<uint8_t>(value);
    const size_t bits = 8 * (digits + 1);
    low = low >> bits | high << (64 - bits);
    high >>= bits;
    low_ends = low_ends >> bits | high_ends << (64 - bits);
    high_ends >>= bits;
  }
  return (low_ends | high_ends) == 0;
}

// RFC 4291 2.2. "::" may stand for one group or more, as inet_pton() has it.
bool parse_ipv6(std::string_view text, uint8_t* octets) {
  size_t used = 0;
  std::optional<size_t> gap;  // where the zeros of "::" go
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    if (*at == ':' && end - at > 1 && at[1] == ':') {
      if (gap) return false;
      gap = used;
      at += 2;
      continue;
    }
    // One colon between groups, and none at an end.
    if (used != 0 && gap != used && *at++ != ':') return false;
    const char* const begin = at;
    const char* const most = end - begin < 4 ? end : begin + 4;
    unsigned value = 0;
    for (int digit; at != most && (digit = hex_value(*at)) >= 0; ++at) {
      value = value << 4 | static_cast<unsigned>(digit);
    }
    if (at == begin || used == kIpv6Octets) return false;
    if (at != end && *at == '.') {
      if (used + kIpv4Octets > kIpv6Octets || !parse_ipv4({begin, end}, octets + used)) return false;
      used += kIpv4Octets;
      break;
    }
    octets[used++] = static_cast<uint8_t>(value >> 8);
    octets[used++] = static_cast<uint8_t>(value);
  }
  if (gap.has_value() == (used == kIpv6Octets)) return false;
  if (gap) {
    std::copy_backward(octets + *gap, octets + used, octets + kIpv6Octets);
    std::fill_n(octets + *gap, kIpv6Octets - used, uint8_t{0});
  }
  return true;
}

void append_ipv4(const uint8_t* octets, std::string& out) {
  append_address(AF_INET, octets, out);
}
void append_ipv6(const uint8_t* octets, std::string& out) {
  append_address(AF_INET6, octets, out);
}

constinit const Field kIpv4{parse_ipv4_field, read_ipv4_field};
constinit const Field kIpv6{parse_ipv6_field, read_ipv6_field};
constinit const Field kLocator64{parse_locator, read_locator};
constinit const Field kEui48{parse_eui<6>, read_eui<6>};
constinit const Field kEui64{parse_eui<8>, read_eui<8>};

}  // namespace atlas::dns::rdata
