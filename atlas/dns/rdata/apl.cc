// APL, RFC 3123: address prefixes, as in "1:192.0.2.0/24 !2:2001:db8::/32".
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr uint16_t kFamilyIpv4 = 1;
constexpr uint16_t kFamilyIpv6 = 2;
constexpr uint8_t kNegation = 0x80;

constexpr size_t family_octets(uint64_t family) {
  return family == kFamilyIpv4 ? 4 : family == kFamilyIpv6 ? 16 : 0;
}

bool take_item(TextReader& text) {
  static constexpr const char* kHint =
      "write [!]family:address/prefix, as in 1:192.0.2.0/24 or !2:2001:db8::/32";
  std::string_view item = text.next()->text;
  const bool negated = item.starts_with('!');
  if (negated) item.remove_prefix(1);
  const size_t colon = item.find(':');
  const size_t slash = item.rfind('/');
  if (colon == std::string_view::npos || slash == std::string_view::npos || slash < colon) {
    return text.fail_is_not("an address prefix", kHint);
  }
  uint64_t family = 0, prefix = 0;
  if (!parse_number(item.substr(0, colon), 0xffff, family) || family_octets(family) == 0) {
    return text.fail_is_not("an address prefix: the family is 1 (IPv4) or 2 (IPv6)", kHint);
  }
  uint8_t address[16];
  const std::string_view address_text = item.substr(colon + 1, slash - colon - 1);
  if (family == kFamilyIpv4 ? !parse_ipv4(address_text, address) : !parse_ipv6(address_text, address)) {
    return text.fail_is_not("an address prefix: the address is malformed", kHint);
  }
  if (!parse_number(item.substr(slash + 1), family_octets(family) * 8, prefix)) {
    return text.fail_is_not("an address prefix: the prefix length is malformed or too large", kHint);
  }
  // RFC 3123 4: trailing zero octets are not sent.
  size_t octets = family_octets(family);
  while (octets > 0 && address[octets - 1] == 0) --octets;
  text.put_u16(family);
  text.put_u8(prefix);
  text.put_u8((negated ? kNegation : 0) | octets);
  text.put(base::Bytes(address, octets));
  return true;
}

bool parse_apl(TextReader& text) {
  while (!text.at_end()) {
    if (!take_item(text)) return false;
  }
  return true;
}

// An item of another family is legal, but has no text form.
bool read_item(base::ByteReader& wire, std::string* text) {
  const uint16_t family = wire.u16();
  const uint8_t prefix = wire.u8();
  const uint8_t flags = wire.u8();
  const base::Bytes octets = wire.bytes(flags & ~kNegation);
  if (!wire.ok() || (!octets.empty() && octets.back() == 0)) return false;
  const size_t size = family_octets(family);
  if (size == 0) return text == nullptr;
  if (octets.size() > size || prefix > size * 8) return false;
  if (text == nullptr) return true;
  std::array<uint8_t, 16> address{};
  for (size_t i = 0; i < octets.size(); ++i) address[i] = octets[i];
  if ((flags & kNegation) != 0) *text += '!';
  append_number(family, *text);
  *text += ':';
  family == kFamilyIpv4 ? append_ipv4(address.data(), *text) : append_ipv6(address.data(), *text);
  *text += '/';
  append_number(prefix, *text);
  return true;
}

bool read_apl(base::ByteReader& wire, std::string* text) {
  for (bool first = true; wire.remaining() > 0; first = false) {
    if (text != nullptr && !first) *text += ' ';
    if (!read_item(wire, text)) return false;
  }
  return wire.ok();
}

}  // namespace

constinit const Field kApl{parse_apl, read_apl};

}  // namespace atlas::dns::rdata
