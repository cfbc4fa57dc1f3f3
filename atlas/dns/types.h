// The numbers of the DNS protocol, by their IANA mnemonics.
// Source: IANA "Domain Name System (DNS) Parameters".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace atlas::dns {

// RR TYPE. Values that have no name here are legal and shown as TYPEnnn (RFC 3597).
enum class RRType : uint16_t {
#define ATLAS_RRTYPE(number, name, text) name = (number),
#include "atlas/dns/rrtypes.inc"
#undef ATLAS_RRTYPE
};

enum class RRClass : uint16_t { IN = 1, CH = 3, HS = 4, NONE = 254, ANY = 255 };

enum class Opcode : uint8_t { QUERY = 0, IQUERY = 1, STATUS = 2, NOTIFY = 4, UPDATE = 5, DSO = 6 };

// RCODE, the extended ones of EDNS included.
enum class Rcode : uint16_t {
  NOERROR = 0,
  FORMERR = 1,
  SERVFAIL = 2,
  NXDOMAIN = 3,
  NOTIMP = 4,
  REFUSED = 5,
  YXDOMAIN = 6,
  YXRRSET = 7,
  NXRRSET = 8,
  NOTAUTH = 9,
  NOTZONE = 10,
  DSOTYPENI = 11,
  BADVERS = 16,  // 16 is BADSIG in a TSIG
  BADKEY = 17,
  BADTIME = 18,
  BADMODE = 19,
  BADNAME = 20,
  BADALG = 21,
  BADTRUNC = 22,
  BADCOOKIE = 23,
};

// EDNS0 option codes.
enum class EdnsOption : uint16_t {
  LLQ = 1,
  UPDATE_LEASE = 2,
  NSID = 3,
  DAU = 5,
  DHU = 6,
  N3U = 7,
  CLIENT_SUBNET = 8,
  EXPIRE = 9,
  COOKIE = 10,
  TCP_KEEPALIVE = 11,
  PADDING = 12,
  CHAIN = 13,
  KEY_TAG = 14,
  EXTENDED_ERROR = 15,
  CLIENT_TAG = 16,
  SERVER_TAG = 17,
  REPORT_CHANNEL = 18,
  ZONEVERSION = 19,
  MQTYPE_QUERY = 20,
  MQTYPE_RESPONSE = 21,
  UMBRELLA_IDENT = 20292,
  DEVICE_ID = 26946,
};

// Extended DNS Error INFO-CODEs (RFC 8914 and the registry).
enum class ExtendedError : uint16_t {
  Other = 0,
  UnsupportedDnskeyAlgorithm = 1,
  UnsupportedDsDigestType = 2,
  StaleAnswer = 3,
  ForgedAnswer = 4,
  DnssecIndeterminate = 5,
  DnssecBogus = 6,
  SignatureExpired = 7,
  SignatureNotYetValid = 8,
  DnskeyMissing = 9,
  RrsigsMissing = 10,
  NoZoneKeyBitSet = 11,
  NsecMissing = 12,
  CachedError = 13,
  NotReady = 14,
  Blocked = 15,
  Censored = 16,
  Filtered = 17,
  Prohibited = 18,
  StaleNxdomainAnswer = 19,
  NotAuthoritative = 20,
  NotSupported = 21,
  NoReachableAuthority = 22,
  NetworkError = 23,
  InvalidData = 24,
  SignatureExpiredBeforeValid = 25,
  TooEarly = 26,
  UnsupportedNsec3IterationsValue = 27,
  UnableToConformToPolicy = 28,
  Synthesized = 29,
  InvalidQueryType = 30,
};

// TTL in seconds; RFC 2181 8: at most 2^31 - 1.
inline constexpr uint32_t kTtlMax = 0x7fffffff;

// "A", or "TYPE65280" for a number without a name.
std::string to_text(RRType type);
std::string to_text(RRClass rr_class);
std::string to_text(Rcode rcode);
std::string to_text(Opcode opcode);
// "NSID", or "OPT65001".
std::string to_text(EdnsOption option);
// "Not Authoritative", or "" for a number without a name.
std::string_view to_text(ExtendedError error);

// Mnemonic or TYPEnnn / CLASSnnn, in any case.
std::optional<RRType> parse_rrtype(std::string_view text);
std::optional<RRClass> parse_rrclass(std::string_view text);

// RFC 6895 3.1: 128 to 255 are Q and Meta types, which no zone holds; OPT (41) is one too.
constexpr bool is_meta_type(RRType type) {
  const auto number = static_cast<uint16_t>(type);
  return (number >= 128 && number <= 255) || number == 41 || number == 0;
}

}  // namespace atlas::dns
