// IP addresses, prefixes and endpoints as values.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::net {

// IPv4 and IPv6 in one 16-octet space: IPv4 is held mapped (::ffff:0:0/96), so that prefixes of both compare
// alike.
class IpAddress {
 public:
  constexpr IpAddress() = default;  // ::
  static IpAddress v4(uint32_t host_order);
  static IpAddress v6(const std::array<uint8_t, 16>& octets);
  // From a socket address of AF_INET or AF_INET6. Mapped IPv4 addresses become IPv4.
  static IpAddress from(const sockaddr_storage& address);
  static std::optional<IpAddress> parse(std::string_view text);

  bool is_v4() const { return std::memcmp(octets_.data(), kMapped.data(), kMapped.size()) == 0; }
  bool is_loopback() const;     // 127.0.0.0/8 or ::1
  bool is_unspecified() const;  // 0.0.0.0 or ::
  const std::array<uint8_t, 16>& octets() const { return octets_; }
  std::string to_text() const;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;

 private:
  // RFC 4291 2.5.5.2.
  static constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

  std::array<uint8_t, 16> octets_{};
};

class Prefix {
 public:
  Prefix() = default;  // ::/0
  // Bits behind the length are cleared. `length` counts in the address's own family: at most 32 or 128.
  Prefix(IpAddress address, uint8_t length);
  // "192.0.2.0/24", "2001:db8::/32", or one address. Fails if bits behind the length are set.
  static base::Result<Prefix> parse(std::string_view text);

  // "::/0" holds no IPv4 address: a prefix belongs to one family.
  bool contains(const IpAddress& address) const;
  bool is_v4() const { return mapped_length_ >= 96 && address_.is_v4(); }
  // The lowest and the highest address.
  const IpAddress& first() const { return address_; }
  // In the prefix's own family.
  uint8_t length() const { return static_cast<uint8_t>(is_v4() ? mapped_length_ - 96 : mapped_length_); }
  IpAddress last() const;
  std::string to_text() const;

  friend auto operator<=>(const Prefix&, const Prefix&) = default;

 private:
  IpAddress address_;
  uint8_t mapped_length_ = 0;  // in the 128-bit space
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  // "192.0.2.1:53", "[2001:db8::1]:53", "192.0.2.1@53" is not accepted; without a port, `default_port`.
  static base::Result<Endpoint> parse(std::string_view text, uint16_t default_port);
  static Endpoint from(const sockaddr_storage& address);
  // Fills `out` and returns the length of the sockaddr. IPv4 becomes AF_INET.
  socklen_t to_sockaddr(sockaddr_storage& out) const;
  std::string to_text() const;

  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

}  // namespace atlas::net
