// Numbers, and numbers that have names.
#include <algorithm>
#include <chrono>

#include "atlas/dns/rdata/field.h"
#include "atlas/dns/ttl.h"

namespace atlas::dns::rdata {
namespace {

constexpr uint64_t kU32Max = 0xffffffff;

template <int kOctets>
uint64_t read_octets(base::ByteReader& wire) {
  uint64_t value = 0;
  for (int i = 0; i < kOctets; ++i) value = value << 8 | wire.u8();
  return value;
}

template <int kOctets>
void put_octets(TextReader& text, uint64_t value) {
  for (int shift = 8 * (kOctets - 1); shift >= 0; shift -= 8) text.put_u8(value >> shift);
}

template <int kOctets>
bool parse_integer(TextReader& text) {
  uint64_t value = 0;
  if (!take_number(text, ~uint64_t{0} >> (64 - 8 * kOctets), value)) return false;
  put_octets<kOctets>(text, value);
  return true;
}

template <int kOctets>
bool read_integer(base::ByteReader& wire, std::string* text) {
  const uint64_t value = read_octets<kOctets>(wire);
  if (text != nullptr) append_number(value, *text);
  return wire.ok();
}

struct Mnemonic {
  uint16_t number;
  std::string_view text;
};

constexpr Mnemonic kAlgorithms[] = {
    {0, "DELETE"},
    {1, "RSAMD5"},
    {2, "DH"},
    {3, "DSA"},
    {4, "ECC"},
    {5, "RSASHA1"},
    {6, "DSA-NSEC3-SHA1"},
    {6, "NSEC3DSA"},
    {7, "RSASHA1-NSEC3-SHA1"},
    {7, "NSEC3RSASHA1"},
    {8, "RSASHA256"},
    {10, "RSASHA512"},
    {12, "ECC-GOST"},
    {12, "ECCGOST"},
    {13, "ECDSAP256SHA256"},
    {14, "ECDSAP384SHA384"},
    {15, "ED25519"},
    {16, "ED448"},
    {17, "SM2SM3"},
    {23, "ECC-GOST12"},
    {252, "INDIRECT"},
    {253, "PRIVATEDNS"},
    {254, "PRIVATEOID"},
};

constexpr Mnemonic kCertTypes[] = {
    {1, "PKIX"}, {2, "SPKI"},   {3, "PGP"},     {4, "IPKIX"}, {5, "ISPKI"},
    {6, "IPGP"}, {7, "ACPKIX"}, {8, "IACPKIX"}, {253, "URI"}, {254, "OID"},
};

constexpr Mnemonic kDsyncSchemes[] = {{1, "NOTIFY"}};

constexpr Mnemonic kErrors[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SERVFAIL"}, {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADSIG"},  {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return ascii_lower(static_cast<uint8_t>(x)) == ascii_lower(static_cast<uint8_t>(y));
  });
}

template <int kOctets>
bool parse_mnemonic(TextReader& text, std::span<const Mnemonic> mnemonics, std::string_view what) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  uint64_t value = 0;
  if (!parse_number(token->text, ~uint64_t{0} >> (64 - 8 * kOctets), value)) {
    const auto found = std::ranges::find_if(
        mnemonics, [&](const Mnemonic& each) { return equal_ignoring_case(each.text, token->text); });
    if (found == mnemonics.end()) return text.fail_is_not(what, "write its number or its mnemonic");
    value = found->number;
  }
  put_octets<kOctets>(text, value);
  return true;
}

template <int kOctets>
bool read_mnemonic(base::ByteReader& wire, std::string* text, std::span<const Mnemonic> mnemonics) {
  const uint64_t value = read_octets<kOctets>(wire);
  if (text != nullptr) {
    const auto found = std::ranges::find(mnemonics, value, &Mnemonic::number);
    if (found == mnemonics.end()) {
      append_number(value, *text);
    } else {
      *text += found->text;
    }
  }
  return wire.ok();
}

bool parse_algorithm(TextReader& text) {
  return parse_mnemonic<1>(text, kAlgorithms, "a DNSSEC algorithm");
}
bool parse_cert_type(TextReader& text) {
  return parse_mnemonic<2>(text, kCertTypes, "a certificate type");
}
bool read_cert_type(base::ByteReader& wire, std::string* text) {
  return read_mnemonic<2>(wire, text, kCertTypes);
}
bool parse_dsync_scheme(TextReader& text) {
  return parse_mnemonic<1>(text, kDsyncSchemes, "a DSYNC scheme");
}
bool read_dsync_scheme(base::ByteReader& wire, std::string* text) {
  return read_mnemonic<1>(wire, text, kDsyncSchemes);
}
bool parse_error(TextReader& text) {
  return parse_mnemonic<2>(text, kErrors, "an error code");
}
bool read_error(base::ByteReader& wire, std::string* text) {
  return read_mnemonic<2>(wire, text, kErrors);
}

bool parse_type(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const auto type = parse_rrtype(token->text);
  if (!type) return text.fail_is_not("an RR type", "write a mnemonic, or TYPE and a number, as in TYPE65280");
  text.put_u16(static_cast<uint16_t>(*type));
  return true;
}

bool read_type(base::ByteReader& wire, std::string* text) {
  const uint16_t number = wire.u16();
  if (text != nullptr) *text += to_text(static_cast<RRType>(number));
  return wire.ok();
}

bool parse_ttl_field(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const auto seconds = dns::parse_ttl(token->text);
  if (!seconds || *seconds > kU32Max) {
    return text.fail_is_not("a time of at most 4294967295 seconds",
                            "write seconds, or numbers with the units w, d, h, m and s, as in 1h30m");
  }
  text.put_u32(*seconds);
  return true;
}

constexpr size_t kTimeDigits = 14;  // YYYYMMDDHHmmSS

bool parse_date(std::string_view text, uint64_t& seconds) {
  if (text.size() != kTimeDigits || text.find_first_not_of("0123456789") != std::string_view::npos)
    return false;
  const auto part = [text](size_t at, size_t size) {
    uint64_t value = 0;
    parse_number(text.substr(at, size), kU32Max, value);
    return value;
  };
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(part(0, 4))),
                                         std::chrono::month(static_cast<unsigned>(part(4, 2))),
                                         std::chrono::day(static_cast<unsigned>(part(6, 2))));
  const uint64_t hour = part(8, 2), minute = part(10, 2), second = part(12, 2);
  if (!date.ok() || date.year() < std::chrono::year(1970) || hour > 23 || minute > 59 || second > 59)
    return false;
  const auto days = static_cast<uint64_t>(std::chrono::sys_days(date).time_since_epoch().count());
  seconds = days * 86'400 + hour * 3600 + minute * 60 + second;
  return seconds <= kU32Max;
}

bool parse_time(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  uint64_t seconds = 0;
  if (!parse_date(token->text, seconds) && !parse_number(token->text, kU32Max, seconds)) {
    return text.fail_is_not("a time",
                            "write YYYYMMDDHHmmSS in UTC, from 1970 to February 2106, or seconds since 1970");
  }
  text.put_u32(seconds);
  return true;
}

void append_two_digits(unsigned value, std::string& out) {
  out += static_cast<char>('0' + value / 10);
  out += static_cast<char>('0' + value % 10);
}

bool read_time(base::ByteReader& wire, std::string* text) {
  const uint32_t seconds = wire.u32();
  if (text == nullptr) return wire.ok();
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(seconds / 86'400))};
  append_number(static_cast<uint64_t>(static_cast<int>(date.year())), *text);
  append_two_digits(static_cast<unsigned>(date.month()), *text);
  append_two_digits(static_cast<unsigned>(date.day()), *text);
  append_two_digits(seconds / 3600 % 24, *text);
  append_two_digits(seconds / 60 % 60, *text);
  append_two_digits(seconds % 60, *text);
  return wire.ok();
}

}  // namespace

constinit const Field kU8{parse_integer<1>, read_integer<1>};
constinit const Field kU16{parse_integer<2>, read_integer<2>};
constinit const Field kU32{parse_integer<4>, read_integer<4>};
constinit const Field kU48{parse_integer<6>, read_integer<6>};
constinit const Field kU64{parse_integer<8>, read_integer<8>};
constinit const Field kTtl{parse_ttl_field, read_integer<4>};
constinit const Field kTime{parse_time, read_time};
constinit const Field kRRType{parse_type, read_type};
constinit const Field kAlgorithm{parse_algorithm, read_integer<1>};
constinit const Field kCertType{parse_cert_type, read_cert_type};
constinit const Field kDsyncScheme{parse_dsync_scheme, read_dsync_scheme};
constinit const Field kError{parse_error, read_error};

}  // namespace atlas::dns::rdata
