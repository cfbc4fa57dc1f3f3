// EDNS(0), RFC 6891: the OPT record and its options as types.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::dns {

// NSID, RFC 5001: empty in queries.
struct NsidOption {
  std::vector<uint8_t> id;
};

// Client subnet, RFC 7871. `address` holds only the octets that the prefix needs, the rest zero.
struct ClientSubnetOption {
  uint16_t family = 1;  // 1 = IPv4, 2 = IPv6
  uint8_t source_prefix = 0;
  uint8_t scope_prefix = 0;
  std::array<uint8_t, 16> address{};
};

// EXPIRE, RFC 7314: empty in queries.
struct ExpireOption {
  std::optional<uint32_t> seconds;
};

// Cookies, RFC 7873: client part of 8 octets, server part of 0 or 8 to 32.
struct CookieOption {
  std::array<uint8_t, 8> client{};
  std::vector<uint8_t> server;
};

// TCP keepalive, RFC 7828: units of 100 ms, absent in queries.
struct TcpKeepaliveOption {
  std::optional<uint16_t> timeout;
};

// Padding, RFC 7830.
struct PaddingOption {
  uint16_t octets = 0;
};

// CHAIN, RFC 7901.
struct ChainOption {
  Name closest_trust_point;
};

// KEY-TAG, RFC 8145.
struct KeyTagOption {
  std::vector<uint16_t> key_tags;
};

// Extended DNS error, RFC 8914.
struct ExtendedErrorOption {
  ExtendedError code = ExtendedError::Other;
  std::string extra_text;
};

// Report channel, RFC 9567.
struct ReportChannelOption {
  Name agent_domain;
};

// ZONEVERSION, RFC 9660: empty in queries.
struct ZoneVersionOption {
  std::optional<uint8_t> label_count;
  uint8_t type = 0;  // 0 = SOA-SERIAL
  std::vector<uint8_t> version;
};

// DAU, DHU, N3U: algorithms understood, RFC 6975.
struct AlgorithmsOption {
  EdnsOption code = EdnsOption::DAU;
  std::vector<uint8_t> algorithms;
};

// UPDATE-LEASE, RFC 9664: `key_lease` absent in the short form.
struct UpdateLeaseOption {
  uint32_t lease = 0;
  std::optional<uint32_t> key_lease;
};

// Every other option, and known ones whose octets are malformed.
struct UnknownOption {
  EdnsOption code = EdnsOption::LLQ;
  std::vector<uint8_t> data;
};

using Option =
    std::variant<NsidOption, ClientSubnetOption, ExpireOption, CookieOption, TcpKeepaliveOption,
                 PaddingOption, ChainOption, KeyTagOption, ExtendedErrorOption, ReportChannelOption,
                 ZoneVersionOption, AlgorithmsOption, UpdateLeaseOption, UnknownOption>;

struct Edns {
  uint16_t udp_payload_size = 1232;
  uint8_t version = 0;
  bool dnssec_ok = false;           // DO
  bool compact_answers_ok = false;  // CO, RFC 9824
  uint8_t extended_rcode = 0;       // upper eight bits of the RCODE
  std::vector<Option> options;

  template <class T>
  const T* find() const {
    for (const Option& option : options) {
      if (const T* found = std::get_if<T>(&option)) return found;
    }
    return nullptr;
  }
};

EdnsOption option_code(const Option& option);
// Never fails: what does not fit its type becomes an UnknownOption.
Option parse_option(EdnsOption code, base::Bytes data);
// Appends code, length and data.
void append_option(const Option& option, std::vector<uint8_t>& out);
// "NSID: 6e7331 (\"ns1\")", as people read it.
std::string to_text(const Option& option);

}  // namespace atlas::dns
