#include "atlas/dns/types.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace atlas::dns {
namespace {

struct TypeName {
  uint16_t number;
  std::string_view text;
};

constexpr TypeName kTypeNames[] = {
#define ATLAS_RRTYPE(number, name, text) {number, text},
#include "atlas/dns/rrtypes.inc"
#undef ATLAS_RRTYPE
};

constexpr size_t kMnemonicOctetsMax = 10;

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto upper = [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; };
  return std::ranges::equal(a, b, {}, upper, upper);
}

// "TYPE123" with the prefix "TYPE" gives 123.
std::optional<uint16_t> numbered(std::string_view text, std::string_view prefix) {
  if (text.size() <= prefix.size() || !equal_ignoring_case(text.substr(0, prefix.size()), prefix)) return {};
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data() + prefix.size(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

}  // namespace

std::string to_text(RRType type) {
  const auto number = static_cast<uint16_t>(type);
  const auto* found = std::ranges::lower_bound(kTypeNames, number, {}, &TypeName::number);
  if (found != std::end(kTypeNames) && found->number == number) return std::string(found->text);
  return "TYPE" + std::to_string(number);
}

std::string to_text(RRClass rr_class) {
  switch (rr_class) {
    case RRClass::IN:
      return "IN";
    case RRClass::CH:
      return "CH";
    case RRClass::HS:
      return "HS";
    case RRClass::NONE:
      return "NONE";
    case RRClass::ANY:
      return "ANY";
  }
  return "CLASS" + std::to_string(static_cast<uint16_t>(rr_class));
}

std::string to_text(Rcode rcode) {
  switch (rcode) {
#define ATLAS_CASE(name) \
  case Rcode::name:      \
    return #name;
    ATLAS_CASE(NOERROR)
    ATLAS_CASE(FORMERR)
    ATLAS_CASE(SERVFAIL)
    ATLAS_CASE(NXDOMAIN)
    ATLAS_CASE(NOTIMP)
    ATLAS_CASE(REFUSED)
    ATLAS_CASE(YXDOMAIN)
    ATLAS_CASE(YXRRSET)
    ATLAS_CASE(NXRRSET)
    ATLAS_CASE(NOTAUTH)
    ATLAS_CASE(NOTZONE)
    ATLAS_CASE(DSOTYPENI)
    ATLAS_CASE(BADVERS)
    ATLAS_CASE(BADKEY)
    ATLAS_CASE(BADTIME)
    ATLAS_CASE(BADMODE)
    ATLAS_CASE(BADNAME)
    ATLAS_CASE(BADALG)
    ATLAS_CASE(BADTRUNC)
    ATLAS_CASE(BADCOOKIE)
#undef ATLAS_CASE
  }
  return "RCODE" + std::to_string(static_cast<uint16_t>(rcode));
}

std::string to_text(Opcode opcode) {
  switch (opcode) {
    case Opcode::QUERY:
      return "QUERY";
    case Opcode::IQUERY:
      return "IQUERY";
    case Opcode::STATUS:
      return "STATUS";
    case Opcode::NOTIFY:
      return "NOTIFY";
    case Opcode::UPDATE:
      return "UPDATE";
    case Opcode::DSO:
      return "DSO";
  }
  return "OPCODE" + std::to_string(static_cast<unsigned>(opcode));
}

std::string to_text(EdnsOption option) {
  switch (option) {
    case EdnsOption::LLQ:
      return "LLQ";
    case EdnsOption::UPDATE_LEASE:
      return "UPDATE-LEASE";
    case EdnsOption::NSID:
      return "NSID";
    case EdnsOption::DAU:
      return "DAU";
    case EdnsOption::DHU:
      return "DHU";
    case EdnsOption::N3U:
      return "N3U";
    case EdnsOption::CLIENT_SUBNET:
      return "CLIENT-SUBNET";
    case EdnsOption::EXPIRE:
      return "EXPIRE";
    case EdnsOption::COOKIE:
      return "COOKIE";
    case EdnsOption::TCP_KEEPALIVE:
      return "TCP-KEEPALIVE";
    case EdnsOption::PADDING:
      return "PADDING";
    case EdnsOption::CHAIN:
      return "CHAIN";
    case EdnsOption::KEY_TAG:
      return "KEY-TAG";
    case EdnsOption::EXTENDED_ERROR:
      return "EDE";
    case EdnsOption::CLIENT_TAG:
      return "CLIENT-TAG";
    case EdnsOption::SERVER_TAG:
      return "SERVER-TAG";
    case EdnsOption::REPORT_CHANNEL:
      return "REPORT-CHANNEL";
    case EdnsOption::ZONEVERSION:
      return "ZONEVERSION";
    case EdnsOption::MQTYPE_QUERY:
      return "MQTYPE-QUERY";
    case EdnsOption::MQTYPE_RESPONSE:
      return "MQTYPE-RESPONSE";
    case EdnsOption::UMBRELLA_IDENT:
      return "UMBRELLA-IDENT";
    case EdnsOption::DEVICE_ID:
      return "DEVICE-ID";
  }
  return "OPT" + std::to_string(static_cast<uint16_t>(option));
}

std::string_view to_text(ExtendedError error) {
  static constexpr std::array<std::string_view, 31> kTexts = {
      "Other Error",
      "Unsupported DNSKEY Algorithm",
      "Unsupported DS Digest Type",
      "Stale Answer",
      "Forged Answer",
      "DNSSEC Indeterminate",
      "DNSSEC Bogus",
      "Signature Expired",
      "Signature Not Yet Valid",
      "DNSKEY Missing",
      "RRSIGs Missing",
      "No Zone Key Bit Set",
      "NSEC Missing",
      "Cached Error",
      "Not Ready",
      "Blocked",
      "Censored",
      "Filtered",
      "Prohibited",
      "Stale NXDOMAIN Answer",
      "Not Authoritative",
      "Not Supported",
      "No Reachable Authority",
      "Network Error",
      "Invalid Data",
      "Signature Expired before Valid",
      "Too Early",
      "Unsupported NSEC3 Iterations Value",
      "Unable to conform to policy",
      "Synthesized",
      "Invalid Query Type",
  };
  const auto number = static_cast<size_t>(error);
  return number < kTexts.size() ? kTexts[number] : std::string_view{};
}

std::optional<RRType> parse_rrtype(std::string_view text) {
  if (text.size() <= kMnemonicOctetsMax) {
    for (const TypeName& entry : kTypeNames) {
      if (equal_ignoring_case(text, entry.text)) return static_cast<RRType>(entry.number);
    }
  }
  if (const auto number = numbered(text, "TYPE")) return static_cast<RRType>(*number);
  return {};
}

std::optional<RRClass> parse_rrclass(std::string_view text) {
  for (const RRClass known : {RRClass::IN, RRClass::CH, RRClass::HS, RRClass::NONE, RRClass::ANY}) {
    if (equal_ignoring_case(text, to_text(known))) return known;
  }
  if (const auto number = numbered(text, "CLASS")) return static_cast<RRClass>(*number);
  return {};
}

}  // namespace atlas::dns
