// A6, RFC 2874 3.1: the last 128 - prefix-length bits of an address, and a name where the others are found.
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr uint8_t kPrefixMax = 128;

constexpr size_t suffix_octets(uint8_t prefix) {
  return (kPrefixMax - prefix + 7u) / 8;
}
// The bits of the first suffix octet that belong to the prefix.
constexpr uint8_t pad_bits(uint8_t prefix) {
  return static_cast<uint8_t>(~(0xff >> prefix % 8));
}

bool parse_suffix(TextReader& text) {
  uint64_t number = 0;
  if (!take_number(text, kPrefixMax, number)) return false;
  const auto prefix = static_cast<uint8_t>(number);
  text.put_u8(prefix);
  if (prefix == kPrefixMax) return true;
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  uint8_t address[16];
  if (!parse_ipv6(token->text, address)) return text.fail_is_not("an IPv6 address", "as in ::1:0:0:1");
  const size_t first = 16 - suffix_octets(prefix);
  address[first] &= static_cast<uint8_t>(~pad_bits(prefix));
  text.put(base::Bytes(address).subspan(first));
  return true;
}

bool read_suffix(base::ByteReader& wire, std::string* text) {
  const uint8_t prefix = wire.u8();
  if (!wire.ok() || prefix > kPrefixMax) return false;
  if (text != nullptr) append_number(prefix, *text);
  if (prefix == kPrefixMax) return true;
  const base::Bytes suffix = wire.bytes(suffix_octets(prefix));
  if (!wire.ok() || (suffix[0] & pad_bits(prefix)) != 0) return false;
  if (text == nullptr) return true;
  std::array<uint8_t, 16> address{};
  for (size_t i = 0; i < suffix.size(); ++i) address[16 - suffix.size() + i] = suffix[i];
  *text += ' ';
  append_ipv6(address.data(), *text);
  return true;
}

// A prefix of no bits has no name.
bool parse_prefix_name(TextReader& text) {
  return text.written()[0] == 0 || take_name(text);
}
bool read_prefix_name(base::ByteReader& wire, std::string* text) {
  return wire.whole()[0] == 0 || read_plain_name(wire, text);
}

}  // namespace

constinit const Field kA6Suffix{parse_suffix, read_suffix};
constinit const Field kA6PrefixName{parse_prefix_name, read_prefix_name, NameUse::kLower};

}  // namespace atlas::dns::rdata
