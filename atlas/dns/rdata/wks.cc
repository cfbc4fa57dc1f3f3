// WKS, RFC 1035 3.4.2: a protocol and a bitmap of its ports.
#include <algorithm>

#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

struct Service {
  std::string_view name;
  uint16_t number;
};

constexpr Service kProtocols[] = {{"icmp", 1}, {"tcp", 6}, {"udp", 17}};

// The services that WKS records named; others are written as port numbers.
constexpr Service kServices[] = {
    {"tcpmux", 1}, {"echo", 7},       {"discard", 9},     {"systat", 11}, {"daytime", 13}, {"netstat", 15}, {"qotd", 17},
    {"chargen", 19},   {"ftp-data", 20},   {"ftp", 21},    {"ssh", 22},     {"telnet", 23},  {"smtp", 25},
    {"time", 37},      {"nameserver", 42}, {"whois", 43},  {"nicname", 43}, {"domain", 53},  {"bootps", 67},
    {"bootpc", 68},    {"tftp", 69},       {"gopher", 70}, {"finger", 79},  {"http", 80},    {"kerberos", 88},
    {"hostname", 101}, {"pop2", 109},      {"pop3", 110},  {"sunrpc", 111}, {"auth", 113},   {"sftp", 115},
    {"nntp", 119},     {"ntp", 123},       {"imap", 143},  {"imap2", 143},  {"snmp", 161},   {"bgp", 179},
    {"irc", 194},      {"ldap", 389},      {"https", 443}, {"login", 513},  {"who", 513},    {"printer", 515},
};

constexpr size_t kBitmapOctetsMax = 65536 / 8;

bool take_service(TextReader& text, std::span<const Service> services, uint64_t max, std::string_view what,
                  uint64_t& number) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  if (parse_number(token->text, max, number)) return true;
  std::string lower(token->text);
  for (char& c : lower) c = static_cast<char>(ascii_lower(static_cast<uint8_t>(c)));
  const auto found = std::ranges::find(services, lower, &Service::name);
  if (found == services.end()) return text.fail_is_not(what, "write its number");
  number = found->number;
  return true;
}

bool parse_services(TextReader& text) {
  uint64_t protocol = 0;
  if (!take_service(text, kProtocols, 255, "a protocol", protocol)) return false;
  text.put_u8(protocol);
  const size_t bitmap_at = text.out.size();
  while (!text.at_end()) {
    uint64_t port = 0;
    if (!take_service(text, kServices, 65535, "a service or port", port)) return false;
    const size_t octet = bitmap_at + port / 8;
    if (octet >= text.out.size()) text.out.resize(octet + 1);
    text.out[octet] |= static_cast<uint8_t>(0x80 >> (port % 8));
  }
  return true;
}

bool read_services(base::ByteReader& wire, std::string* text) {
  const uint8_t protocol = wire.u8();
  const base::Bytes bitmap = wire.rest();
  if (!wire.ok() || bitmap.size() > kBitmapOctetsMax) return false;
  if (text == nullptr) return true;
  // Zero octets at the end are legal, but would not come back from text.
  if (!bitmap.empty() && bitmap.back() == 0) return false;
  append_number(protocol, *text);
  for (size_t port = 0; port < bitmap.size() * 8; ++port) {
    if ((bitmap[port / 8] & 0x80 >> port % 8) == 0) continue;
    *text += ' ';
    append_number(port, *text);
  }
  return true;
}

}  // namespace

constinit const Field kWksServices{parse_services, read_services};

}  // namespace atlas::dns::rdata
