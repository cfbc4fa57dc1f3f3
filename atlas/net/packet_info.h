// Which local address a UDP packet was sent to, or is to be sent from, on a socket of a wildcard address
// (IP_PKTINFO, IPV6_RECVPKTINFO).
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <span>

#include "atlas/net/address.h"

namespace atlas::net {

// Room for the control message of one packet; aligned as cmsghdr.
inline constexpr size_t kPacketInfoOctets = CMSG_SPACE(sizeof(in6_pktinfo));

// The route decides on the interface, but for link-local addresses, which mean nothing without it.
bool is_link_local(const in6_addr& address);

// Turns the control message of a received packet into that of its answer, sent from the address that was
// asked, and returns this address; :: if there is none.
IpAddress take_packet_info(msghdr& header);

// Writes the control message of a packet that is to be sent from `local`, over `interface` if that is not 0,
// to `control`. Returns its octets.
size_t write_packet_info(const IpAddress& local, uint32_t interface, std::span<uint8_t> control);

}  // namespace atlas::net
