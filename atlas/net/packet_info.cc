#include "atlas/net/packet_info.h"

#include <array>
#include <cstring>

namespace atlas::net {
namespace {

template <typename Info>
size_t write(const Info& info, int level, int type, std::span<uint8_t> control) {
  auto* const header = reinterpret_cast<cmsghdr*>(control.data());
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
  return CMSG_SPACE(sizeof info);
}

}  // namespace

bool is_link_local(const in6_addr& address) {
  return address.s6_addr[0] == 0xfe && (address.s6_addr[1] & 0xc0) == 0x80;
}

IpAddress take_packet_info(msghdr& header) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO) {
      auto& info = *reinterpret_cast<in_pktinfo*>(CMSG_DATA(control));
      info.ipi_ifindex = 0;
      return IpAddress::v4(ntohl(info.ipi_spec_dst.s_addr));
    }
    if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO) {
      auto& info = *reinterpret_cast<in6_pktinfo*>(CMSG_DATA(control));
      if (!is_link_local(info.ipi6_addr)) info.ipi6_ifindex = 0;
      std::array<uint8_t, 16> octets;
      std::memcpy(octets.data(), &info.ipi6_addr, octets.size());
      return IpAddress::v6(octets);
    }
  }
  header.msg_controllen = 0;
  return {};
}

size_t write_packet_info(const IpAddress& local, uint32_t interface, std::span<uint8_t> control) {
  const auto& octets = local.octets();
  if (local.is_v4()) {
    in_pktinfo info{};
    info.ipi_ifindex = static_cast<int>(interface);
    std::memcpy(&info.ipi_spec_dst, octets.data() + octets.size() - sizeof info.ipi_spec_dst,
                sizeof info.ipi_spec_dst);
    return write(info, IPPROTO_IP, IP_PKTINFO, control);
  }
  in6_pktinfo info{};
  info.ipi6_ifindex = interface;
  std::memcpy(&info.ipi6_addr, octets.data(), sizeof info.ipi6_addr);
  return write(info, IPPROTO_IPV6, IPV6_PKTINFO, control);
}

}  // namespace atlas::net
