#include "atlas/net/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "atlas/base/assert.h"
#include "atlas/base/bytes.h"

namespace atlas::net {
namespace {

constexpr uint8_t kMappedBits = 96;
// "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255" is the longest text of an address.
constexpr size_t kAddressTextMax = 45;

// Octet `index` of the mask of a prefix of `length` bits.
uint8_t mask_octet(size_t index, unsigned length) {
  const unsigned before = static_cast<unsigned>(index) * 8;
  if (length >= before + 8) return 0xff;
  if (length <= before) return 0;
  return static_cast<uint8_t>(0xff00 >> (length - before));
}

std::optional<unsigned> parse_number(std::string_view text, unsigned max) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

constexpr const char* kAddressHint = "an address is written as in 192.0.2.1 or 2001:db8::1";

}  // namespace

IpAddress IpAddress::v4(uint32_t host_order) {
  IpAddress address;
  std::copy(kMapped.begin(), kMapped.end(), address.octets_.begin());
  base::store_u32(&address.octets_[12], host_order);
  return address;
}

IpAddress IpAddress::v6(const std::array<uint8_t, 16>& octets) {
  IpAddress address;
  address.octets_ = octets;
  return address;
}

IpAddress IpAddress::from(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return v4(ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr));
  }
  IpAddress result;
  if (address.ss_family == AF_INET6) {
    std::memcpy(result.octets_.data(), &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, 16);
  }
  return result;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
  if (text.empty() || text.size() > kAddressTextMax) return std::nullopt;
  char terminated[kAddressTextMax + 1] = {};
  std::copy(text.begin(), text.end(), terminated);
  if (std::strlen(terminated) != text.size()) return std::nullopt;
  in_addr four;
  if (::inet_pton(AF_INET, terminated, &four) == 1) return v4(ntohl(four.s_addr));
  IpAddress address;
  if (::inet_pton(AF_INET6, terminated, address.octets_.data()) == 1) return address;
  return std::nullopt;
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets_[12] == 127;
  return std::all_of(octets_.begin(), octets_.end() - 1, [](uint8_t octet) { return octet == 0; }) &&
         octets_[15] == 1;
}

bool IpAddress::is_unspecified() const {
  return std::all_of(octets_.begin() + (is_v4() ? 12 : 0), octets_.end(),
                     [](uint8_t octet) { return octet == 0; });
}

std::string IpAddress::to_text() const {
  char text[INET6_ADDRSTRLEN];
  const bool four = is_v4();
  ::inet_ntop(four ? AF_INET : AF_INET6, octets_.data() + (four ? 12 : 0), text, sizeof text);
  return text;
}

Prefix::Prefix(IpAddress address, uint8_t length) {
  const bool four = address.is_v4();
  ATLAS_ASSERT(length <= (four ? 32 : 128));
  mapped_length_ = four ? static_cast<uint8_t>(length + kMappedBits) : length;
  std::array<uint8_t, 16> octets = address.octets();
  for (size_t i = 0; i < octets.size(); ++i) octets[i] &= mask_octet(i, mapped_length_);
  address_ = IpAddress::v6(octets);
}

base::Result<Prefix> Prefix::parse(std::string_view text) {
  const size_t slash = text.find('/');
  const std::string_view address_text = text.substr(0, slash);
  const auto address = IpAddress::parse(address_text);
  if (!address) return base::fail(quoted(address_text) + " is not an IP address", kAddressHint);

  const bool four = address->is_v4();
  // ::ffff:192.0.2.0/120 is 192.0.2.0/24 in other words.
  const bool mapped = four && address_text.find(':') != std::string_view::npos;
  const unsigned bits = four && !mapped ? 32 : 128;
  unsigned length = bits;
  if (slash != std::string_view::npos) {
    const auto number = parse_number(text.substr(slash + 1), bits);
    if (!number || (mapped && *number < kMappedBits)) {
      return base::fail(
          quoted(text.substr(slash + 1)) + " is not a prefix length",
          "it is a number from " + std::to_string(mapped ? +kMappedBits : 0) + " to " + std::to_string(bits));
    }
    length = *number;
  }
  const Prefix prefix(*address, static_cast<uint8_t>(mapped ? length - kMappedBits : length));
  if (prefix.address_ != *address) {
    return base::fail(quoted(text) + " has bits behind its prefix length",
                      "did you mean " + prefix.to_text() + "?");
  }
  return prefix;
}

bool Prefix::contains(const IpAddress& address) const {
  if (address.is_v4() != is_v4()) return false;
  const size_t whole = mapped_length_ / 8;
  if (std::memcmp(address.octets().data(), address_.octets().data(), whole) != 0) return false;
  if (whole == 16) return true;
  return ((address.octets()[whole] ^ address_.octets()[whole]) & mask_octet(whole, mapped_length_)) == 0;
}

IpAddress Prefix::last() const {
  std::array<uint8_t, 16> octets = address_.octets();
  for (size_t i = 0; i < octets.size(); ++i)
    octets[i] |= static_cast<uint8_t>(~mask_octet(i, mapped_length_));
  return IpAddress::v6(octets);
}

std::string Prefix::to_text() const {
  return address_.to_text() + '/' + std::to_string(is_v4() ? mapped_length_ - kMappedBits : mapped_length_);
}

base::Result<Endpoint> Endpoint::parse(std::string_view text, uint16_t default_port) {
  std::string_view address_text = text;
  std::string_view port_text;
  bool has_port = false;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return base::fail(quoted(text) + " lacks its \"]\"");
    address_text = text.substr(1, close - 1);
    const std::string_view behind = text.substr(close + 1);
    if (!behind.empty() && behind[0] != ':') {
      return base::fail(quoted(text) + " has something other than a port behind \"]\"",
                        "as in [2001:db8::1]:53");
    }
    has_port = !behind.empty();
    if (has_port) port_text = behind.substr(1);
  } else if (const size_t colon = text.find(':');
             colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
    address_text = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    has_port = true;
  }

  const auto address = IpAddress::parse(address_text);
  if (!address) {
    return base::fail(quoted(address_text) + " is not an IP address",
                      "an endpoint is written as in 192.0.2.1:53 or [2001:db8::1]:53");
  }
  Endpoint endpoint{*address, default_port};
  if (has_port) {
    const auto port = parse_number(port_text, 65535);
    if (!port) return base::fail(quoted(port_text) + " is not a port", "a port is a number from 0 to 65535");
    endpoint.port = static_cast<uint16_t>(*port);
  }
  return endpoint;
}

Endpoint Endpoint::from(const sockaddr_storage& address) {
  // Both families keep the port at the same place.
  static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
  return {IpAddress::from(address), ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port)};
}

socklen_t Endpoint::to_sockaddr(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof out);
  if (address.is_v4()) {
    auto& four = reinterpret_cast<sockaddr_in&>(out);
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&four.sin_addr, address.octets().data() + 12, 4);
    return sizeof four;
  }
  auto& six = reinterpret_cast<sockaddr_in6&>(out);
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  std::memcpy(&six.sin6_addr, address.octets().data(), 16);
  return sizeof six;
}

std::string Endpoint::to_text() const {
  const std::string text = address.to_text();
  return (address.is_v4() ? text : '[' + text + ']') + ':' + std::to_string(port);
}

}  // namespace atlas::net
