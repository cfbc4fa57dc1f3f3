#include "atlas/net/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "atlas/base/checksum.h"

namespace atlas::net {
namespace {

constexpr std::array<uint8_t, 12> kSignature = {'\r', '\n', '\r', '\n', 0,   '\r',
                                                '\n', 'Q',  'U',  'I',  'T', '\n'};
constexpr std::string_view kVersion1Signature = "PROXY ";
constexpr uint8_t kVersion = 2;
constexpr uint8_t kCommandLocal = 0;
constexpr uint8_t kCommandProxy = 1;
constexpr uint8_t kFamilyUnspecified = 0;
constexpr uint8_t kFamilyIpv4 = 1;
constexpr uint8_t kFamilyIpv6 = 2;
constexpr uint8_t kFamilyUnix = 3;
constexpr uint8_t kTransportLast = 2;
constexpr size_t kIpv4Octets = 12;
constexpr size_t kIpv6Octets = 36;
constexpr size_t kUnixOctets = 216;
constexpr uint8_t kChecksumType = 0x03;  // PP2_TYPE_CRC32C
constexpr size_t kChecksumOctets = 4;
constexpr size_t kPrefixOctets = 3;  // type and length of a TLV

ProxyHeader malformed(ProxyError error) {
  ProxyHeader header;
  header.state = ProxyHeader::State::kMalformed;
  header.error = error;
  return header;
}

bool begins_alike(base::Bytes octets, base::Bytes with) {
  const size_t size = std::min(octets.size(), with.size());
  return std::ranges::equal(octets.first(size), with.first(size));
}

IpAddress take_address(base::ByteReader& reader, uint8_t family) {
  if (family == kFamilyIpv4) return IpAddress::v4(reader.u32());
  std::array<uint8_t, 16> octets;
  std::ranges::copy(reader.bytes(octets.size()), octets.begin());
  return IpAddress::v6(octets);
}

// The type-length-values behind the addresses, of `whole`, a complete header.
ProxyError check_values(base::Bytes whole, size_t offset) {
  base::ByteReader reader(whole, offset);
  while (!reader.at_end()) {
    const uint8_t type = reader.u8();
    const uint16_t length = reader.u16();
    const size_t at = reader.offset();
    reader.skip(length);
    if (!reader.ok()) return ProxyError::kLength;
    if (type != kChecksumType) continue;
    if (length != kChecksumOctets) return ProxyError::kLength;
    // Section 2.2.4: over the whole header, with the checksum's own octets zero.
    constexpr std::array<uint8_t, kChecksumOctets> kZeros{};
    uint32_t sum = base::crc32c(whole.first(at));
    sum = base::crc32c(kZeros, sum);
    sum = base::crc32c(whole.subspan(at + kChecksumOctets), sum);
    if (sum != base::load_u32(&whole[at])) return ProxyError::kChecksum;
  }
  return ProxyError::kNone;
}

}  // namespace

ProxyHeader parse_proxy_header(base::Bytes octets) {
  if (!begins_alike(octets, kSignature)) {
    return malformed(begins_alike(octets, base::bytes_of(kVersion1Signature)) &&
                             octets.size() >= kVersion1Signature.size()
                         ? ProxyError::kVersion1
                         : ProxyError::kNotProxy);
  }
  if (octets.size() < kProxyHeaderOctetsMin) return {};
  base::ByteReader reader(octets, kSignature.size());
  const uint8_t version_and_command = reader.u8();
  const uint8_t family_and_transport = reader.u8();
  const size_t size = kProxyHeaderOctetsMin + reader.u16();
  const uint8_t command = version_and_command & 0xf;
  const uint8_t family = family_and_transport >> 4;
  if (version_and_command >> 4 != kVersion) return malformed(ProxyError::kVersion);
  if (command > kCommandProxy) return malformed(ProxyError::kCommand);
  if (family > kFamilyUnix || (family_and_transport & 0xf) > kTransportLast)
    return malformed(ProxyError::kFamily);
  if (size > kProxyHeaderOctetsMax) return malformed(ProxyError::kLength);
  const size_t addresses = family == kFamilyIpv4   ? kIpv4Octets
                           : family == kFamilyIpv6 ? kIpv6Octets
                           : family == kFamilyUnix ? kUnixOctets
                                                   : 0;
  ProxyHeader header;
  // Section 2.2: what LOCAL says about addresses is ignored, whatever its form.
  const bool told = command == kCommandProxy && family != kFamilyUnspecified;
  if (told && size - kProxyHeaderOctetsMin < addresses) return malformed(ProxyError::kLength);
  if (octets.size() < size) return header;
  if (told) {
    if (const ProxyError error = check_values(octets.first(size), kProxyHeaderOctetsMin + addresses);
        error != ProxyError::kNone)
      return malformed(error);
    if (family != kFamilyUnix) {
      const IpAddress source = take_address(reader, family);
      const IpAddress destination = take_address(reader, family);
      const uint16_t source_port = reader.u16();
      header.source = {source, source_port};
      header.destination = {destination, reader.u16()};
    }
  }
  header.state = ProxyHeader::State::kComplete;
  header.octets = static_cast<uint16_t>(size);
  return header;
}

std::vector<uint8_t> write_proxy_header(ProxyTransport transport, const std::optional<Endpoint>& source,
                                        const std::optional<Endpoint>& destination) {
  const bool told = source && destination;
  const bool v4 = told && source->address.is_v4();
  const size_t addresses = !told ? 0 : v4 ? kIpv4Octets : kIpv6Octets;
  std::vector<uint8_t> header(kProxyHeaderOctetsMin + addresses + kPrefixOctets + kChecksumOctets);
  base::ByteWriter writer(header);
  writer.bytes(kSignature);
  writer.u8(static_cast<uint8_t>(kVersion << 4 | (told ? kCommandProxy : kCommandLocal)));
  writer.u8(
      !told ? uint8_t{0}
            : static_cast<uint8_t>((v4 ? kFamilyIpv4 : kFamilyIpv6) << 4 | static_cast<uint8_t>(transport)));
  writer.u16(static_cast<uint16_t>(header.size() - kProxyHeaderOctetsMin));
  if (told) {
    for (const Endpoint* end : {&*source, &*destination})
      writer.bytes(base::Bytes(end->address.octets()).subspan(v4 ? 12 : 0));
    writer.u16(source->port);
    writer.u16(destination->port);
  }
  writer.u8(kChecksumType);
  writer.u16(kChecksumOctets);
  writer.u32(0);
  base::store_u32(&header[header.size() - kChecksumOctets], base::crc32c(header));
  return header;
}

}  // namespace atlas::net
