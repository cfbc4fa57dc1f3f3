#include "atlas/dns/rdata.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <random>
#include <tuple>

#include <algorithm>

#include "atlas/base/encoding.h"

namespace atlas::dns {
namespace {

Name name_of(std::string_view text) {
  return parse_name(text).value();
}

std::string hex_of(base::Bytes octets) {
  std::string hex;
  base::append_hex(octets, hex);
  return hex;
}

std::vector<uint8_t> octets_of(std::string_view hex) {
  std::vector<uint8_t> octets;
  base::HexDecoder decoder;
  EXPECT_TRUE(decoder.decode(hex, octets) && decoder.finish()) << hex;
  return octets;
}

// The wire form as hex, or the error.
std::string wire_of(RRType type, std::string_view text) {
  const auto rdata = parse_rdata(type, text, name_of("example."));
  if (!rdata) return rdata.error().message;
  EXPECT_TRUE(is_valid_rdata(type, *rdata)) << text;
  return hex_of(*rdata);
}

std::string canonical_text(RRType type, std::string_view text) {
  const auto rdata = parse_rdata(type, text, name_of("example."));
  return rdata ? rdata_to_text(type, *rdata) : rdata.error().message;
}

bool is_refused(RRType type, std::string_view text) {
  return !parse_rdata(type, text, name_of("example."));
}

TEST(Rdata, ErrorsNameTheTokenAndGiveAHint) {
  const RdataToken tokens[] = {{"10", false, {1, 1}}, {"bad..name", false, {1, 4}}};
  std::vector<uint8_t> out = {7};
  auto parsed = parse_rdata(RRType::MX, tokens, {}, out);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().token, 1u);
  EXPECT_EQ(parsed.error().message, "\"bad..name\" is not a domain name: it has an empty label");
  EXPECT_EQ(out, std::vector<uint8_t>{7});

  parsed = parse_rdata(RRType::MX, std::span(tokens).first(1), {}, out);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().token, 1u);
  EXPECT_EQ(parsed.error().message, "the RDATA ends too early");
  EXPECT_EQ(parsed.error().hint, "MX is written as: preference exchange");
  EXPECT_EQ(out, std::vector<uint8_t>{7});

  const RdataToken address[] = {{"192.0.2.1", false, {}}, {"192.0.2.2", false, {}}};
  parsed = parse_rdata(RRType::A, address, {}, out);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().token, 1u);
  EXPECT_EQ(parsed.error().message, "there is more text than the RDATA of A has");
}

TEST(Rdata, GenericFormIsTakenForEveryTypeAndCheckedForKnownOnes) {
  EXPECT_EQ(wire_of(RRType::A, "\\# 4 C0000201"), "C0000201");
  EXPECT_EQ(wire_of(RRType::A, "\\# 4 C0 0002 01"), "C0000201");
  EXPECT_EQ(wire_of(RRType::A, "\\# 3 C00002"), "these octets are not valid RDATA of A");
  EXPECT_EQ(wire_of(RRType::NS, "\\# 2 C000"), "these octets are not valid RDATA of NS");
  EXPECT_EQ(wire_of(static_cast<RRType>(65280), "\\# 0"), "");
  EXPECT_EQ(wire_of(static_cast<RRType>(65280), "\\# 2 ABCD"), "ABCD");
  EXPECT_EQ(wire_of(static_cast<RRType>(65280), "\\# 3 ABCD"), "the length says 3 octets, but 2 follow");
  EXPECT_TRUE(is_refused(static_cast<RRType>(65280), "192.0.2.1"));
  EXPECT_TRUE(is_refused(RRType::NULL_, "ABCD"));
  // In quotes it is a string.
  EXPECT_EQ(wire_of(RRType::TXT, "\"\\#\" 0"), "01230130");
}

TEST(Rdata, MalformedWireIsShownInGenericFormOnly) {
  EXPECT_EQ(rdata_to_text(RRType::A, octets_of("C00002")), "\\# 3 C00002");
  EXPECT_EQ(rdata_to_text(RRType::A, {}), "\\# 0");
  EXPECT_EQ(rdata_to_text(RRType::MX, octets_of("000A0161")), "\\# 4 000A0161");
  EXPECT_EQ(rdata_to_text(RRType::NS, octets_of("C00C")), "\\# 2 C00C");
  EXPECT_EQ(rdata_to_text(RRType::TXT, octets_of("0561")), "\\# 2 0561");
  EXPECT_EQ(rdata_to_text(RRType::NSEC, octets_of("00000100")), "\\# 4 00000100");
  EXPECT_EQ(rdata_to_text(RRType::NSEC, octets_of("0001014000010140")), "\\# 8 0001014000010140");
  EXPECT_EQ(rdata_to_text(RRType::SVCB, octets_of("00010000030003123456")), "\\# 10 00010000030003123456");
  std::string text = "www\tA\t";
  append_rdata_text(RRType::A, octets_of("C0"), text);
  EXPECT_EQ(text, "www\tA\t\\# 1 C0");
}

TEST(Rdata, LegalButUnprintableIsValidAndShownInGenericForm) {
  const struct {
    RRType type;
    const char* hex;
  } kCases[] = {
      {RRType::APL, "00030800"},             // family 3
      {RRType::LOC, "01FF"},                 // version 1
      {RRType::ATMA, "0201"},                // format 2
      {RRType::WKS, "C0000201060100"},       // zero octet at the end
      {RRType::AMTRELAY, "0A04ABCD"},        // relay type 4
      {RRType::SVCB, "0000000003000201BB"},  // AliasMode with a SvcParam
  };
  for (const auto& each : kCases) {
    const auto octets = octets_of(each.hex);
    EXPECT_TRUE(is_valid_rdata(each.type, octets)) << each.hex;
    EXPECT_EQ(rdata_to_text(each.type, octets), "\\# " + std::to_string(octets.size()) + " " + each.hex);
    EXPECT_EQ(wire_of(each.type, rdata_to_text(each.type, octets)), each.hex);
  }
}

TEST(Rdata, StringsKeepTheirOctets) {
  EXPECT_EQ(wire_of(RRType::TXT, "a\\\"b \"c d\" \\065 \"\""), "0361226203632064014100");
  EXPECT_EQ(canonical_text(RRType::TXT, "a\\\"b \"c d\" \\065\\000\\\\ \"\""),
            R"("a\"b" "c d" "A\000\\" "")");
  EXPECT_EQ(wire_of(RRType::TXT, '"' + std::string(255, 'a') + '"').size(), 512u);
  EXPECT_EQ(wire_of(RRType::TXT, std::string(256, 'a')), "the string is longer than 255 octets");
  for (const char* text : {"\\256", "\\1", "\\12x", "a\\", "a\"b c\"", "\"open"}) {
    EXPECT_TRUE(is_refused(RRType::TXT, text)) << text;
  }
}

TEST(Rdata, RefusesRdataBeyond65535Octets) {
  std::string text;
  for (int i = 0; i < 256; ++i) text += std::string(255, 'a') + ' ';
  EXPECT_EQ(wire_of(RRType::TXT, text), "the RDATA is longer than 65535 octets");
  text.resize(255u * 256);  // 255 strings
  EXPECT_EQ(wire_of(RRType::TXT, text).size(), 2u * 255 * 256);
  EXPECT_TRUE(is_refused(RRType::OPENPGPKEY, std::string(100'000, 'A')));
  EXPECT_FALSE(is_valid_rdata(static_cast<RRType>(65280), std::vector<uint8_t>(65536)));
}

TEST(Rdata, TimesAreDatesOrSecondsAndTtlsTakeUnits) {
  const std::string tail = " 2143 foo. AQID";
  EXPECT_EQ(canonical_text(RRType::RRSIG, "A RSASHA256 2 1h30m 20380119031408 0" + tail),
            "A 8 2 5400 20380119031408 19700101000000 2143 foo. AQID");
  EXPECT_EQ(canonical_text(RRType::RRSIG, "A 8 2 0 4294967295 951827696" + tail),
            "A 8 2 0 21060207062815 20000229123456 2143 foo. AQID");
  for (const char* time : {"20380119031460", "20380132000000", "20010229000000", "19691231235959",
                           "21060207062816", "4294967296", "2038011903140"}) {
    EXPECT_TRUE(is_refused(RRType::RRSIG, "A 8 2 0 0 " + std::string(time) + tail)) << time;
  }
  EXPECT_EQ(canonical_text(RRType::SOA, ". . 1 1W 2d3H 4m5s 0"), ". . 1 604800 183600 245 0");
  for (const char* ttl : {"", "1x", "h", "1h30", "8000w", "-1", "1.5h"}) {
    EXPECT_TRUE(is_refused(RRType::SOA, ". . 1 0 0 0 " + std::string(ttl))) << ttl;
  }
}

TEST(Rdata, SvcbFollowsTheExamplesOfRfc9460) {
  // RFC 9460 D.2.
  EXPECT_EQ(
      wire_of(RRType::SVCB, "16 foo.example.org. alpn=h2,h3-19 mandatory=ipv4hint,alpn ipv4hint=192.0.2.1"),
      "001003666F6F076578616D706C65036F7267000000000400010004"
      "0001000902683205"
      "68332D313900040004C0000201");
  EXPECT_EQ(wire_of(RRType::SVCB, R"(16 foo.example.org. alpn="f\\\\oo\\,bar,h2")"),
            "001003666F6F076578616D706C65036F7267000001000C08665C6F6F2C626172026832");
  EXPECT_EQ(canonical_text(RRType::SVCB, R"(16 foo.example.org. alpn=f\\\092oo\092,bar,h2)"),
            R"(16 foo.example.org. alpn="f\\\\oo\\,bar,h2")");
  EXPECT_EQ(canonical_text(RRType::SVCB, "1 . key3=\\001\\187 key667=\"hello\\210qoo\" alpn=\"h2,h3\""),
            "1 . alpn=h2,h3 port=443 key667=\"hello\\210qoo\"");
  EXPECT_EQ(canonical_text(RRType::HTTPS, "1 . key9=\"\\000\\029\" docpath pvd ohttp"),
            "1 . ohttp tls-supported-groups=29 docpath pvd");
}

TEST(Rdata, SvcbRefusesWhatRfc9460Forbids) {
  for (const char* params : {"port=53 port=54",
                             "mandatory=mandatory alpn=h2",
                             "mandatory=port",
                             "mandatory=port,port port=1",
                             "mandatory=",
                             "no-default-alpn",
                             "no-default-alpn=x alpn=h2",
                             "alpn",
                             "alpn=",
                             "alpn=,h2",
                             "alpn=h2,",
                             "alpn=a\\\\b",
                             "port",
                             "port=65536",
                             "port=1,2",
                             "key65535=x",
                             "key65536",
                             "key012=x",
                             "key",
                             "ipv4hint=192.0.2.1,",
                             "ipv4hint",
                             "ipv6hint=1.2.3.4",
                             "ech",
                             "ech=A",
                             "dohpath=dns{?dns}",
                             "dohpath=/dns",
                             "dohpath=/{?dnsx}",
                             "ohttp=1",
                             "tls-supported-groups=1,1",
                             "tls-supported-groups",
                             "\"port=53\"",
                             "nosuchkey=1",
                             "PORT=53",
                             "=x",
                             "pvd=1"}) {
    EXPECT_TRUE(is_refused(RRType::SVCB, "1 . " + std::string(params))) << params;
  }
  EXPECT_TRUE(is_refused(RRType::SVCB, "0 . port=53"));
  // Keys out of order, a key twice, a mandatory key that is absent.
  EXPECT_FALSE(is_valid_rdata(RRType::SVCB, octets_of("000100000300020035000100030268320A")));
  EXPECT_FALSE(is_valid_rdata(RRType::SVCB, octets_of("000100000300020035000300020035")));
  EXPECT_FALSE(is_valid_rdata(RRType::SVCB, octets_of("0001000000000200030001000302"
                                                      "6832")));
}

TEST(Rdata, EmptyBitmapsAndListsAreFine) {
  EXPECT_EQ(canonical_text(RRType::CSYNC, "1 2"), "1 2");
  EXPECT_EQ(canonical_text(RRType::APL, ""), "");
  EXPECT_EQ(canonical_text(RRType::NXNAME, ""), "");
  EXPECT_EQ(wire_of(RRType::NXNAME, "\\# 0"), "");
  EXPECT_TRUE(is_refused(RRType::NXNAME, "x"));
  EXPECT_FALSE(is_valid_rdata(RRType::NXNAME, octets_of("00")));
}

TEST(Rdata, TypeBitmapsAreSortedIntoWindows) {
  EXPECT_EQ(wire_of(RRType::NSEC, ". TYPE65535 A TYPE256 A"),
            "00000140010180FF20" + std::string(62, '0') + "01");
  EXPECT_EQ(canonical_text(RRType::NSEC, ". TYPE65535 CAA A TYPE0"), ". TYPE0 A CAA TYPE65535");
}

// A message of 12 octets of header, then a name that RDATA can point to.
std::vector<uint8_t> message_with(std::string_view rdata_hex) {
  auto message = octets_of(
      "000000000000000000000000"
      "03777777074578616D706C6500");
  const auto rdata = octets_of(rdata_hex);
  message.insert(message.end(), rdata.begin(), rdata.end());
  return message;
}

constexpr size_t kRdataAt = 12 + 13;

std::string read_from_message(RRType type, std::string_view rdata_hex) {
  const auto message = message_with(rdata_hex);
  base::ByteReader reader(message, kRdataAt);
  std::vector<uint8_t> out = {1, 2, 3};
  const bool read = read_rdata(type, reader, static_cast<uint16_t>(message.size() - kRdataAt), out);
  if (!read) return out == std::vector<uint8_t>{1, 2, 3} ? "malformed" : "malformed, but output was changed";
  EXPECT_TRUE(reader.at_end());
  EXPECT_TRUE(is_valid_rdata(type, base::Bytes(out).subspan(3)));
  return rdata_to_text(type, base::Bytes(out).subspan(3));
}

TEST(Rdata, DecompressesWhereRfc3597Says) {
  EXPECT_EQ(read_from_message(RRType::NS, "C00C"), "www.Example.");
  EXPECT_EQ(read_from_message(RRType::MX, "000A046D61696CC010"), "10 mail.Example.");
  EXPECT_EQ(read_from_message(RRType::SOA, "C00CC0100000000100000002000000030000000400000005"),
            "www.Example. Example. 1 2 3 4 5");
  EXPECT_EQ(read_from_message(RRType::SRV, "000100020003C00C"), "1 2 3 www.Example.");
  EXPECT_EQ(read_from_message(RRType::RP, "C00CC010"), "www.Example. Example.");
  EXPECT_EQ(read_from_message(RRType::NAPTR,
                              "000100020173"
                              "00"
                              "00"
                              "C00C"),
            "1 2 \"s\" \"\" \"\" www.Example.");
  EXPECT_EQ(read_from_message(RRType::NXT, "C00C40"), "www.Example. A");
}

TEST(Rdata, DoesNotDecompressNewerTypes) {
  EXPECT_EQ(read_from_message(RRType::DNAME, "C00C"), "malformed");
  EXPECT_EQ(read_from_message(RRType::KX, "0001C00C"), "malformed");
  EXPECT_EQ(read_from_message(RRType::NSEC, "C00C000140"), "malformed");
  EXPECT_EQ(read_from_message(RRType::SVCB, "0001C00C"), "malformed");
  EXPECT_EQ(read_from_message(RRType::LP, "0001C00C"), "malformed");
}

TEST(Rdata, RefusesMalformedRdataInMessages) {
  EXPECT_EQ(read_from_message(RRType::NS, ""), "malformed");
  EXPECT_EQ(read_from_message(RRType::NS, "C0"), "malformed");
  EXPECT_EQ(read_from_message(RRType::NS, "C00C00"), "malformed");
  EXPECT_EQ(read_from_message(RRType::NS, "C019"), "malformed");  // at itself
  EXPECT_EQ(read_from_message(RRType::NS, "C0FF"), "malformed");
  EXPECT_EQ(read_from_message(RRType::MX, "000A"), "malformed");
  EXPECT_EQ(read_from_message(RRType::SOA, "C00CC01000000001000000020000000300000004"), "malformed");
  EXPECT_EQ(read_from_message(RRType::A, "C0000201FF"), "malformed");

  // The name's octets go on behind the RDATA's end.
  const auto message = message_with(
      "0161"
      "00");
  base::ByteReader reader(message, kRdataAt);
  std::vector<uint8_t> out;
  EXPECT_FALSE(read_rdata(RRType::NS, reader, 2, out));
  EXPECT_FALSE(read_rdata(RRType::A, reader, 4, out));
  EXPECT_TRUE(out.empty());
}

TEST(Rdata, CanonicalFormLowersNamesOfTheTypesInRfc4034) {
  const auto canonical = [](RRType type, std::string_view text) {
    auto rdata = parse_rdata(type, text, name_of("example.")).value();
    make_canonical(type, rdata);
    return rdata_to_text(type, rdata);
  };
  EXPECT_EQ(canonical(RRType::NS, "NS.Example.COM."), "ns.example.com.");
  EXPECT_EQ(canonical(RRType::SOA, "A. B. 1 2 3 4 5"), "a. b. 1 2 3 4 5");
  EXPECT_EQ(canonical(RRType::MX, "16705 MAIL."), "16705 mail.");
  EXPECT_EQ(canonical(RRType::SRV, "16705 16705 16705 S."), "16705 16705 16705 s.");
  EXPECT_EQ(canonical(RRType::NAPTR, "1 2 \"U\" \"E2U\" \"!A!B!\" N."), "1 2 \"U\" \"E2U\" \"!A!B!\" n.");
  EXPECT_EQ(canonical(RRType::DNAME, "D."), "d.");
  EXPECT_EQ(canonical(RRType::KX, "1 K."), "1 k.");
  EXPECT_EQ(canonical(RRType::A6, "64 ::1 P."), "64 ::1 p.");
  EXPECT_EQ(canonical(RRType::A6, "0 4141::1"), "0 4141::1");
  EXPECT_EQ(canonical(RRType::RRSIG, "A 8 2 0 0 0 1 S. QUJD"),
            "A 8 2 0 19700101000000 19700101000000 1 s. QUJD");
  EXPECT_EQ(canonical(RRType::PX, "1 A. B."), "1 a. b.");
  // RFC 6840 5.1, and types newer than RFC 4034.
  EXPECT_EQ(canonical(RRType::NSEC, "N. A"), "N. A");
  EXPECT_EQ(canonical(RRType::SVCB, "1 S."), "1 S.");
  EXPECT_EQ(canonical(RRType::HIP, "1 AA AA== R."), "1 AA AA== R.");
  EXPECT_EQ(canonical(RRType::IPSECKEY, "1 3 0 G."), "1 3 0 G.");
  EXPECT_EQ(canonical(RRType::TXT, "ABC"), "\"ABC\"");

  std::vector<uint8_t> malformed = octets_of("000A0541");
  make_canonical(RRType::MX, malformed);
  EXPECT_EQ(hex_of(malformed), "000A0541");
}

TEST(Rdata, AdditionalNames) {
  const auto additional = [](RRType type, std::string_view text) {
    const auto rdata = parse_rdata(type, text, name_of("example.")).value();
    const auto name = additional_name(type, rdata);
    return name ? to_text(*name) : std::string();
  };
  EXPECT_EQ(additional(RRType::NS, "ns"), "ns.example.");
  EXPECT_EQ(additional(RRType::MX, "10 mail"), "mail.example.");
  EXPECT_EQ(additional(RRType::MX, "0 ."), "");
  EXPECT_EQ(additional(RRType::SRV, "1 2 3 server"), "server.example.");
  EXPECT_EQ(additional(RRType::SRV, "0 0 0 ."), "");
  EXPECT_EQ(additional(RRType::SVCB, "1 target"), "target.example.");
  EXPECT_EQ(additional(RRType::HTTPS, "1 ."), ".");
  EXPECT_EQ(additional(RRType::HTTPS, "0 ."), "");
  EXPECT_EQ(additional(RRType::NAPTR, "1 1 \"A\" \"x\" \"\" host"), "host.example.");
  EXPECT_EQ(additional(RRType::NAPTR, "1 1 \"s\" \"x\" \"\" host"), "");
  EXPECT_EQ(additional(RRType::KX, "1 kdc"), "kdc.example.");
  EXPECT_EQ(additional(RRType::CNAME, "www"), "");
  EXPECT_EQ(additional(RRType::PTR, "www"), "");
}

TEST(Rdata, CompressibleNamesMatchTheLayoutOfTheirTypes) {
  for (int number = 0; number < 300; ++number) {
    const auto type = static_cast<RRType>(number);
    const auto [prefix, names] = compressible_names(type);
    if (names == 0) continue;
    std::vector<uint8_t> rdata(prefix, 0);
    for (int i = 0; i < names; ++i) rdata.insert(rdata.end(), {1, 'A', 0});
    if (type == RRType::SOA) rdata.resize(rdata.size() + 20);
    EXPECT_TRUE(is_valid_rdata(type, rdata)) << to_text(type);
    make_canonical(type, rdata);
    for (int i = 0; i < names; ++i)
      EXPECT_EQ(rdata[prefix + 3u * static_cast<size_t>(i) + 1], 'a') << to_text(type);
  }
}

// Types that are known by name only; every other type of the registry has text of its own.
TEST(Rdata, EveryRegisteredTypeHasTextOfItsOwnButThese) {
  const RRType kGenericOnly[] = {RRType::NULL_, RRType::OPT,    RRType::UINFO, RRType::UID,
                                 RRType::GID,   RRType::UNSPEC, RRType::IXFR,  RRType::AXFR,
                                 RRType::MAILB, RRType::MAILA,  RRType::ANY};
  static constexpr struct {
    RRType type;
    const char* text;
  } kRegistered[] = {
#define ATLAS_RRTYPE(number, name, text) {RRType::name, text},
#include "atlas/dns/rrtypes.inc"
#undef ATLAS_RRTYPE
  };
  for (const auto& [type, text] : kRegistered) {
    const auto parsed = parse_rdata(type, "");
    const bool has_none = !parsed && parsed.error().message.ends_with("has no text form of its own");
    EXPECT_EQ(has_none, std::ranges::find(kGenericOnly, type) != std::end(kGenericOnly)) << text;
  }
}

// What the C library takes for an address, as people and other servers know it.
TEST(Rdata, AddressesAreThoseOfInetPton) {
  const auto agrees = [](const std::string& text) {
    uint8_t octets[16];
    for (const auto& [family, type, size] :
         {std::tuple(AF_INET, RRType::A, 4), std::tuple(AF_INET6, RRType::AAAA, 16)}) {
      const bool wanted = ::inet_pton(family, text.c_str(), octets) == 1;
      const auto parsed = parse_rdata(type, text);
      EXPECT_EQ(parsed.has_value(), wanted) << text;
      if (wanted && parsed) {
        EXPECT_TRUE(std::ranges::equal(*parsed, std::span(octets).first(static_cast<size_t>(size)))) << text;
      }
    }
  };
  for (const char* text : {"1:2:3:4:5:6:7:8::",
                           "::1:2:3:4:5:6:7:8",
                           "::1:2:3:4:5:6:7",
                           "1::8",
                           "1:2:3:4:5:6:7::",
                           "::",
                           ":::",
                           "::1.2.3.4",
                           "1:2:3:4:5:6:1.2.3.4",
                           "1:2:3:4:5:6:7:1.2.3.4",
                           "::1.2.3.04",
                           "1.2.3.4::",
                           ":1::",
                           "::1:",
                           "12345::",
                           "0.0.0.0",
                           "255.255.255.256",
                           "00.0.0.0",
                           "1.2.3",
                           "1.2.3.4.",
                           "ffff:F00f::aB"}) {
    agrees(text);
  }
  std::mt19937 random(1);
  const std::string pieces[] = {":",   "::", ".",  "0",     "1", "10",      "255",
                                "256", "a",  "Ff", "12345", "g", "1.2.3.4", "2001:db8"};
  for (int round = 0; round < 100'000; ++round) {
    std::string text;
    for (size_t i = random() % 14 + 1; i > 0; --i) text += pieces[random() % std::size(pieces)];
    agrees(text);
  }
}

}  // namespace
}  // namespace atlas::dns
