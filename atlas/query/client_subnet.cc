#include "atlas/query/client_subnet.h"

#include <algorithm>
#include <charconv>

#include "atlas/net/address.h"

namespace atlas::query {
namespace {

constexpr uint16_t kFamilyIpv4 = 1;
constexpr uint16_t kFamilyIpv6 = 2;
constexpr size_t kMappedOctets = 12;  // before an IPv4 address in net::IpAddress

}  // namespace

base::Result<dns::ClientSubnetOption> parse_client_subnet(std::string_view text) {
  const size_t slash = std::min(text.find('/'), text.size());
  const auto address = net::IpAddress::parse(text.substr(0, slash));
  if (!address) return base::fail("\"" + std::string(text) + "\" is not a prefix", "as in 192.0.2.0/24");
  const bool is_v4 = address->is_v4();
  const uint8_t bits_max = is_v4 ? 32 : 128;
  dns::ClientSubnetOption subnet;
  subnet.family = is_v4 ? kFamilyIpv4 : kFamilyIpv6;
  subnet.source_prefix = bits_max;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const char* const end = digits.data() + digits.size();
    const auto [at, status] = std::from_chars(digits.data(), end, subnet.source_prefix);
    if (status != std::errc() || at != end || subnet.source_prefix > bits_max) {
      return base::fail("\"" + std::string(digits) + "\" is not a number from 0 to " +
                        std::to_string(bits_max));
    }
  }
  const auto& octets = address->octets();
  std::copy(octets.begin() + (is_v4 ? kMappedOctets : 0), octets.end(), subnet.address.begin());
  for (size_t bit = subnet.source_prefix; bit < 8 * subnet.address.size(); ++bit)
    subnet.address[bit / 8] &= static_cast<uint8_t>(0xff00 >> (bit % 8));
  return subnet;
}

std::string scope_to_text(const dns::ClientSubnetOption& subnet) {
  const auto address = subnet.family == kFamilyIpv4
                           ? net::IpAddress::v4(base::load_u32(subnet.address.data()))
                           : net::IpAddress::v6(subnet.address);
  return address.to_text() + '/' + std::to_string(subnet.scope_prefix);
}

}  // namespace atlas::query
