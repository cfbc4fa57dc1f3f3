// IPSECKEY (RFC 4025) and AMTRELAY (RFC 8777): a gateway, whose form the octet at offset 1 says.
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

enum GatewayType : uint8_t { kNone = 0, kIpv4Address = 1, kIpv6Address = 2, kDomainName = 3 };

constexpr size_t kTypeAt = 1;
constexpr uint8_t kTypeBits = 0x7f;  // of AMTRELAY; the bit above is D
constexpr uint8_t kDiscoveryBit = 0x80;

bool take_gateway(TextReader& text, uint8_t type) {
  switch (type) {
    case kNone: {
      const RdataToken* token = text.next();
      if (token == nullptr) return false;
      return token->text == "." || text.fail_is_not("\".\"", "type 0 means that there is none, written as .");
    }
    case kIpv4Address:
      return kIpv4.parse(text);
    case kIpv6Address:
      return kIpv6.parse(text);
    case kDomainName:
      return take_name(text);
    default:
      return text.fail(std::to_string(type) + " is not a known type of gateway",
                       "types are 0 (none), 1 (IPv4 address), 2 (IPv6 address) and 3 (domain name)");
  }
}

bool read_gateway(base::ByteReader& wire, std::string* text, uint8_t type) {
  switch (type) {
    case kNone:
      if (text != nullptr) *text += '.';
      return true;
    case kIpv4Address:
      return kIpv4.read(wire, text);
    case kIpv6Address:
      return kIpv6.read(wire, text);
    case kDomainName:
      return read_plain_name(wire, text);
    default:
      return false;
  }
}

bool parse_ipsec_gateway(TextReader& text) {
  return take_gateway(text, text.written()[kTypeAt]);
}
bool read_ipsec_gateway(base::ByteReader& wire, std::string* text) {
  return wire.ok() && read_gateway(wire, text, wire.whole()[kTypeAt]);
}

// The D bit and the relay type share an octet but are two words.
bool parse_amt_discovery(TextReader& text) {
  uint64_t discovery = 0, type = 0;
  if (!take_number(text, 1, discovery) || !take_number(text, kTypeBits, type)) return false;
  text.put_u8(discovery << 7 | type);
  return true;
}

bool read_amt_discovery(base::ByteReader& wire, std::string* text) {
  const uint8_t octet = wire.u8();
  if (text != nullptr) {
    *text += (octet & kDiscoveryBit) != 0 ? "1 " : "0 ";
    append_number(octet & kTypeBits, *text);
  }
  return wire.ok();
}

bool parse_amt_relay(TextReader& text) {
  return take_gateway(text, text.written()[kTypeAt] & kTypeBits);
}

// RFC 8777 4.2.4: relays of types to come are legal, but have no text form yet.
bool read_amt_relay(base::ByteReader& wire, std::string* text) {
  if (!wire.ok()) return false;
  const uint8_t type = wire.whole()[kTypeAt] & kTypeBits;
  if (type > kDomainName && text == nullptr) {
    wire.rest();
    return true;
  }
  return read_gateway(wire, text, type);
}

}  // namespace

constinit const Field kIpsecGateway{parse_ipsec_gateway, read_ipsec_gateway};
constinit const Field kAmtDiscovery{parse_amt_discovery, read_amt_discovery};
constinit const Field kAmtRelay{parse_amt_relay, read_amt_relay};

}  // namespace atlas::dns::rdata
