#include "atlas/zone/zonemd.h"

#include <gtest/gtest.h>

#include <string>

#include "atlas/dns/rdata.h"
#include "atlas/zone/text/parser.h"

namespace atlas::zone {
namespace {

using dns::RRType;

std::shared_ptr<const Zone> zone_of(const std::string& apex, const std::string& text) {
  const dns::Name name = dns::parse_name(apex).value();
  SourceFiles sources;
  RecordList records;
  DiagnosticLog log(10);
  text::parse_zone("zone", text, name, {}, sources, records, log);
  EXPECT_EQ(log.error_count(), 0u) << base::render(log.finish(sources));
  records.sort();
  return Zone::build(name, records);
}

std::string zonemd_text(const Zone& zone, ZonemdHash hash) {
  const RRsetEdit edit = make_zonemd(zone, hash);
  std::string text = std::to_string(edit.ttl) + ' ' + dns::rdata_to_text(edit.type, edit.rdatas.at(0));
  for (char& c : text) c = static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(c)));
  return text;
}

void expect_good(const Zone& zone) {
  const ZonemdCheck check = check_zonemd(zone);
  EXPECT_EQ(check.verdict, ZonemdVerdict::kGood) << check.reason;
}

constexpr const char* kSimpleZone = R"(
example.      86400  IN  SOA     ns1 admin 2018031900 1800 900 604800 86400
              86400  IN  NS      ns1
              86400  IN  NS      ns2
ns1           3600   IN  A       203.0.113.63
ns2           3600   IN  AAAA    2001:db8::63
)";

// RFC 8976 A.1 to A.4; what is of a private scheme is as long as its hash algorithm wants it.
TEST(Zonemd, ASimpleZone) {
  const std::string digest =
      "2018031900 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9"
      "a9713b3c9ae5cc27777f98b8e730044c";
  expect_good(*zone_of("example.", kSimpleZone + ("example. 86400 ZONEMD " + digest + "\n")));
}

// Without what lies outside of the zone, which is never part of one.
TEST(Zonemd, AComplexZone) {
  expect_good(*zone_of("example.", std::string(kSimpleZone) + R"(
example.      86400  IN  ZONEMD  2018031900 1 1 (
  a3b69bad980a3504e1cffcb0fd6397f93848071c93151f552ae2f6b1711d4bd2d8b39808226d7b9db71e34b72077f8fe )
NS2           3600   IN  AAAA    2001:db8::63
occluded.sub  7200   IN  TXT     "I'm occluded but must be digested"
sub           7200   IN  NS      ns1
duplicate     300    IN  TXT     "I must be digested just once"
duplicate     300    IN  TXT     "I must be digested just once"
UPPERCASE     3600   IN  TXT     "canonicalize uppercase owner names"
*             777    IN  PTR     dont-forget-about-wildcards
mail          3600   IN  MX      20 MAIL1
mail          3600   IN  MX      10 Mail2.Example.
sortme        3600   IN  AAAA    2001:db8::5:61
sortme        3600   IN  AAAA    2001:db8::3:62
sortme        3600   IN  AAAA    2001:db8::4:63
sortme        3600   IN  AAAA    2001:db8::1:65
sortme        3600   IN  AAAA    2001:db8::2:64
non-apex      900    IN  ZONEMD  2018031900 1 1 (
  616c6c6f776564206275742069676e6f7265642e20616c6c6f776564206275742069676e6f7265642e20616c6c6f7765 )
)"));
}

constexpr const char* kSeveralDigests = R"(
example.      86400  IN  SOA     ns1 admin 2018031900 1800 900 604800 86400
example.      86400  IN  NS      ns1.example.
example.      86400  IN  NS      ns2.example.
ns1.example.  3600   IN  A       203.0.113.63
ns2.example.  86400  IN  TXT     "This example has multiple digests"
NS2.EXAMPLE.  3600   IN  AAAA    2001:db8::63
)";
const std::string kSha384 =
    "62e6cf51b02e54b9b5f967d547ce43136792901f9f88e637493daaf401c92c279dd10f0edb1c56f8080211f8480ee306";
const std::string kSha512 =
    "08cfa1115c7b948c4163a901270395ea226a930cd2cbcf2fa9a5e6eb85f37c8a"
    "4e114d884e66f176eab121cb02db7d652e0cc4827e7a3204f166b47e5613fd27";
const std::string kPrivateHash = "example. 86400 ZONEMD 2018031900 1 240 e2d523f654b9422a96c5a8f44607bbee\n";
const std::string kPrivateScheme =
    "example. 86400 ZONEMD 2018031900 241 1 e1846540e33a9e4189792d18d5d131f605fc283e" + std::string(56, '0') +
    "\n";

TEST(Zonemd, SeveralDigests) {
  const auto zone = zone_of("example.", kSeveralDigests);
  EXPECT_EQ(zonemd_text(*zone, ZonemdHash::kSha384), "86400 2018031900 1 1 " + kSha384);
  EXPECT_EQ(zonemd_text(*zone, ZonemdHash::kSha512), "86400 2018031900 1 2 " + kSha512);
  const std::string front = std::string(kSeveralDigests) + kPrivateHash + kPrivateScheme;
  expect_good(*zone_of("example.", front + "example. 86400 ZONEMD 2018031900 1 2 " + kSha512 + "\n"));
  expect_good(*zone_of("example.", front + "example. 86400 ZONEMD 2018031900 1 1 " + kSha384 + "\n" +
                                       "example. 86400 ZONEMD 2018031900 1 2 " + std::string(128, '0') +
                                       "\n"));
}

TEST(Zonemd, ASignedZone) {
  expect_good(*zone_of("uri.arpa.", R"ZONE(
uri.arpa. 3600 IN SOA sns.dns.icann.org. noc.dns.icann.org. 2018100702 10800 3600 1209600 3600
uri.arpa. 3600 IN RRSIG SOA 8 2 3600 20210217232440 20210120232440 37444 uri.arpa. (
  GzQw+QzwLDJr13REPGVmpEChjD1D2XlX0ie1DnWHpgaEw1E/dhs3lCN3
  +BmHd4Kx3tffTRgiyq65HxR6feQ5v7VmAifjyXUYB1DZur1eP5q0Ms2y
  gCB3byoeMgCNsFS1oKZ2LdzNBRpy3oace8xQn1SpmHGfyrsgg+WbHKCT
  1dY= )
uri.arpa. 86400 IN NS a.iana-servers.net.
uri.arpa. 86400 IN NS b.iana-servers.net.
uri.arpa. 86400 IN NS c.iana-servers.net.
uri.arpa. 86400 IN NS ns2.lacnic.net.
uri.arpa. 86400 IN NS sec3.apnic.net.
uri.arpa. 86400 IN RRSIG NS 8 2 86400 20210217232440 20210120232440 37444 uri.arpa. (
  M+Iei2lcewWGaMtkPlrhM9FpUAHXFkCHTVpeyrjxjEONeNgKtHZor5e4
  V4qJBOzNqo8go/qJpWlFBm+T5Hn3asaBZVstFIYky38/C8UeRLPKq1hT
  THARYUlFrexr5fMtSUAVOgOQPSBfH3xBq/BgSccTdRb9clD+HE7djpqr
  LS4= )
uri.arpa. 600 IN MX 10 pechora.icann.org.
uri.arpa. 600 IN RRSIG MX 8 2 600 20210217232440 20210120232440 37444 uri.arpa. (
  kQAJQivmv6A5hqYBK8h6Z13ESY69gmosXwKI6WE09I8RFetfrxr24ecd
  nYd0lpnDtgNNSoHkYRSOoB+C4+zuJsoyAAzGo9uoWMWj97/2xeGhf3PT
  C9meQ9Ohi6hul9By7OR76XYmGhdWX8PBi60RUmZ1guslFBfQ8izwPqzu
  phs= )
uri.arpa. 3600 IN NSEC ftp.uri.arpa. NS SOA MX RRSIG NSEC DNSKEY ZONEMD
uri.arpa. 3600 IN RRSIG NSEC 8 2 3600 20210217232440 20210120232440 37444 uri.arpa. (
  dU/rXLM/naWd1+1PiWiYVaNJyCkiuyZJSccr91pJI673T8r3685B4ODM
  YFafZRboVgwnl3ZrXddY6xOhZL3n9V9nxXZwjLJ2HJUojFoKcXTlpnUy
  YUYvVQ2kj4GHAo6fcGCEp5QFJ2KbCpeJoS+PhKGRRx28icCiNT4/uXQv
  O2E= )
uri.arpa. 3600 IN DNSKEY 256 3 8 (
  AwEAAbMxuFuLeVDuOwIMzYOTD/bTREjLflo7wOi6ieIJhqltEzgjNzmW
  Jf9kGwwDmzxU7kbthMEhBNBZNn84zmcyRSCMzuStWveL7xmqqUlE3swL
  8kLOvdZvc75XnmpHrk3ndTyEb6eZM7slh2C63Oh6K8VR5VkiZAkEGg0u
  ZIT3NjsF )
uri.arpa. 3600 IN DNSKEY 257 3 8 (
  AwEAAdkTaWkZtZuRh7/OobBUFxM+ytTst+bCu0r9w+rEwXD7GbDs0pIM
  hMenrZzoAvmv1fQxw2MGs6Ri6yPKfNULcFOSt9l8i6BVBLI+SKTY6XXe
  DUQpSEmSaxohHeRPMQFzpysfjxINp/L2rGtZ7yPmxY/XRiFPSO0myqwG
  Ja9r06Zw9CHM5UDHKWV/E+zxPFq/I7CfPbrrzbUotBX7Z6Vh3Sarllbe
  8cGUB2UFNaTRgwB0TwDBPRD5ER3w2Dzbry9NhbElTr7vVfhaGWeOGuqA
  UXwlXEg6CrNkmJXJ2F1Rzr9WHUzhp7uWxhAbmJREGfi2dEyPAbUAyCjB
  qhFaqglknvc= )
uri.arpa. 3600 IN DNSKEY 257 3 8 (
  AwEAAenQaBoFmDmvRT+/H5oNbm0Tr5FmNRNDEun0Jpj/ELkzeUrTWhNp
  QmZeIMC8I0kZ185tEvOnRvn8OvV39B17QIdrvvKGIh2HlgeDRCLolhao
  jfn2QM0DStjF/WWHpxJOmE6CIuvhqYEU37yoJscGAPpPVPzNvnL1HhYT
  aao1VRYWQ/maMrJ+bfHg+YX1N6M/8MnRjIKBif1FWjbCKvsn6dnuGGL9
  oCWYUFJ3DwofXuhgPyZMkzPc88YkJj5EMvbMH4wtelbCwC+ivx732l0w
  /rXJn0ciQSOgoeVvDio8dIJmWQITWQAuP+q/ZHFEFHPlrP3gvQh5mcVS
  48eLX71Bq7c= )
uri.arpa. 3600 IN RRSIG DNSKEY 8 2 3600 20210217232440 20210120232440 12670 uri.arpa. (
  DBE2gkKAoxJCfz47KKxzoImN/0AKArhIVHE7TyTwy0DdRPo44V5R+vL6
  thUxlQ1CJi2Rw0jwAXymx5Y3Q873pOEllH+4bJoIT4dmoBmPXfYWW7Cl
  vw9UPKHRP0igKHmCVwIeBYDTU3gfLcMTbR4nEWPDN0GxlL1Mf7ITaC2I
  oabo79Ip3M/MR8I3Vx/xZ4ZKKPHtLn3xUuJluPNanqJrED2gTslL2xWZ
  1tqjsAjJv7JnJo2HJ8XVRB5zBto0IaJ2oBlqcjdcQ/0VlyoM8uOy1pDw
  HQ2BJl7322gNMHBP9HSiUPIOaIDNUCwW8eUcW6DIUk+s9u3GN1uTqwWz
  sYB/rA== )
uri.arpa. 3600 IN RRSIG DNSKEY 8 2 3600 20210217232440 20210120232440 30577 uri.arpa. (
  Kx6HwP4UlkGc1UZ7SERXtQjPajOF4iUvkwDj7MEG1xbQFB1KoJiEb/ei
  W0qmSWdIhMDv8myhgauejRLyJxwxz8HDRV4xOeHWnRGfWBk4XGYwkejV
  zOHzoIArVdUVRbr2JKigcTOoyFN+uu52cNB7hRYu7dH5y1hlc6UbOnzR
  pMtGxcgVyKQ+/ARbIqGG3pegdEOvV49wTPWEiyY65P2urqhvnRg5ok/j
  zwAdMx4XGshiib7Ojq0sRVl2ZIzj4rFgY/qsSO8SEXEhMo2VuSkoJNio
  fVzYoqpxEeGnANkIT7Tx2xJL1BWyJxyc7E8Wr2QSgCcc+rYL6IkHDtJG
  Hy7TaQ== )
uri.arpa. 3600 IN ZONEMD 2018100702 1 1 (
  0DBC3C4DBFD75777C12CA19C337854B1577799901307C482E9D91D5D15CD934D16319D98E30C4201CF25A1D5A0254960 )
uri.arpa. 3600 IN RRSIG ZONEMD 8 2 3600 20210217232440 20210120232440 37444 uri.arpa. (
  QDo4XZcL3HMyn8aAHyCUsu/Tqj4Gkth8xY1EqByOb8XOTwVtA4ZNQORE
  1siqNqjtJUbeJPtJSbLNqCL7rCq0CzNNnBscv6IIf4gnqJZjlGtHO30o
  hXtKvEc4z7SU3IASsi6bB3nLmEAyERdYSeU6UBfx8vatQDIRhkgEnnWU
  Th4= )
ftp.uri.arpa. 604800 IN NAPTR 0 0 "" "" "!^ftp://([^:/?#]*).*$!\\1!i" .
ftp.uri.arpa. 604800 IN RRSIG NAPTR 8 3 604800 20210217232440 20210120232440 37444 uri.arpa. (
  EygekDgl+Lyyq4NMSEpPyOrOywYf9Y3FAB4v1DT44J3R5QGidaH8l7ZF
  jHoYFI8sY64iYOCV4sBnX/dh6C1L5NgpY+8l5065Xu3vvjyzbtuJ2k6Y
  YwJrrCbvl5DDn53zAhhO2hL9uLgyLraZGi9i7TFGd0sm3zNyUF/EVL0C
  cxU= )
ftp.uri.arpa. 3600 IN NSEC http.uri.arpa. NAPTR RRSIG NSEC
ftp.uri.arpa. 3600 IN RRSIG NSEC 8 3 3600 20210217232440 20210120232440 37444 uri.arpa. (
  pbP4KxevPXCu/bDqcvXiuBppXyFEmtHyiy0eAN5gS7mi6mp9Z9bWFjx/
  LdH9+6oFGYa5vGmJ5itu/4EDMe8iQeZbI8yrpM4TquB7RR/MGfBnTd8S
  +sjyQtlRYG7yqEu77Vd78Fme22BKPJ+MVqjS0JHMUE/YUGomPkAjLJJw
  wGw= )
http.uri.arpa. 604800 IN NAPTR 0 0 "" "" "!^http://([^:/?#]*).*$!\\1!i" .
http.uri.arpa. 604800 IN RRSIG NAPTR 8 3 604800 20210217232440 20210120232440 37444 uri.arpa. (
  eTqbWvt1GvTeXozuvm4ebaAfkXFQKrtdu0cEiExto80sHIiCbO0WL8UD
  a/J3cDivtQca7LgUbOb6c17NESsrsVkc6zNPx5RK2tG7ZQYmhYmtqtfg
  1oU5BRdHZ5TyqIXcHlw9Blo2pir1Y9IQgshhD7UOGkbkEmvB1Lrd0aHh
  AAg= )
http.uri.arpa. 3600 IN NSEC mailto.uri.arpa. NAPTR RRSIG NSEC
http.uri.arpa. 3600 IN RRSIG NSEC 8 3 3600 20210217232440 20210120232440 37444 uri.arpa. (
  R9rlNzw1CVz2N08q6DhULzcsuUm0UKcPaGAWEU40tr81jEDHsFHNM+kh
  CdOI8nDstzA42aee4rwCEgijxJpRCcY9hrO1Ysrrr2fdqNz60JikMdar
  vU5O0p0VXeaaJDfJQT44+o+YXaBwI7Qod3FTMx7aRib8i7istvPm1Rr7
  ixA= )
mailto.uri.arpa. 604800 IN NAPTR 0 0 "" "" "!^mailto:(.*)@(.*)$!\\2!i" .
mailto.uri.arpa. 604800 IN RRSIG NAPTR 8 3 604800 20210217232440 20210120232440 37444 uri.arpa. (
  Ch2zTG2F1plEvQPyIH4Yd80XXLjXOPvMbiqDjpJBcnCJsV8QF7kr0wTL
  nUT3dB+asQudOjPyzaHGwFlMzmrrAsszN4XAMJ6htDtFJdsgTMP/NkHh
  YRSmVv6rLeAhd+mVfObY12M//b/GGVTjeUI/gJaLW0fLVZxr1Fp5U5CR
  jyw= )
mailto.uri.arpa. 3600 IN NSEC urn.uri.arpa. NAPTR RRSIG NSEC
mailto.uri.arpa. 3600 IN RRSIG NSEC 8 3 3600 20210217232440 20210120232440 37444 uri.arpa. (
  fQUbSIE6E7JDi2rosah4SpCOTrKufeszFyj5YEavbQuYlQ5cNFvtm8Ku
  E2xXMRgRI4RGvM2leVqcoDw5hS3m2pOJLxH8l2WE72YjYvWhvnwc5Rof
  e/8yB/vaSK9WCnqN8y2q6Vmy73AGP0fuiwmuBra7LlkOiqmyx3amSFiz
  wms= )
urn.uri.arpa. 604800 IN NAPTR 0 0 "" "" "/urn:([^:]+)/\\1/i" .
urn.uri.arpa. 604800 IN RRSIG NAPTR 8 3 604800 20210217232440 20210120232440 37444 uri.arpa. (
  CVt2Tgz0e5ZmaSXqRfNys/8OtVCk9nfP0zhezhN8Bo6MDt6yyKZ2kEEW
  JPjkN7PCYHjO8fGjnUn0AHZI2qBNv7PKHcpR42VY03q927q85a65weOO
  1YE0vPYMzACpua9TOtfNnynM2Ws0uN9URxUyvYkXBdqOC81N3sx1dVEL
  cwc= )
urn.uri.arpa. 3600 IN NSEC uri.arpa. NAPTR RRSIG NSEC
urn.uri.arpa. 3600 IN RRSIG NSEC 8 3 3600 20210217232440 20210120232440 37444 uri.arpa. (
  JuKkMiC3/j9iM3V8/izcouXWAVGnSZjkOgEgFPhutMqoylQNRcSkbEZQ
  zFK8B/PIVdzZF0Y5xkO6zaKQjOzz6OkSaNPIo1a7Vyyl3wDY/uLCRRAH
  RJfpknuY7O+AUNXvVVIEYJqZggd4kl/Rjh1GTzPYZTRrVi5eQidI1LqC
  Oeg= )
)ZONE"));
}

TEST(Zonemd, SaysWhatIsWrong) {
  const auto check = [](const std::string& zonemds) {
    return check_zonemd(*zone_of("example.", kSeveralDigests + zonemds));
  };
  const auto digest = [](const std::string& rdata) { return "example. 86400 ZONEMD " + rdata + "\n"; };
  EXPECT_EQ(check("").verdict, ZonemdVerdict::kAbsent);
  ZonemdCheck found = check(kPrivateHash + kPrivateScheme);
  EXPECT_EQ(found.verdict, ZonemdVerdict::kUnsupported);
  EXPECT_EQ(found.reason, "scheme 241 is not known");
  found = check(kPrivateHash);
  EXPECT_EQ(found.reason, "hash algorithm 240 is not known");

  const auto expect_bad = [&](const std::string& zonemds, const std::string& reason) {
    const ZonemdCheck bad = check(zonemds);
    EXPECT_EQ(bad.verdict, ZonemdVerdict::kBad);
    EXPECT_EQ(bad.reason, reason);
  };
  expect_bad(digest("2018031901 1 1 " + kSha384) + kPrivateScheme,
             "the SHA-384 digest is of serial 2018031901, and the zone has 2018031900");
  expect_bad(digest("2018031900 1 2 " + std::string(128, '0')), "the SHA-512 digest is not that of the zone");
  expect_bad(digest("2018031900 1 1 " + kSha384) + digest("2018031900 1 1 " + std::string(96, '0')),
             "there is more than one SHA-384 digest");
}

TEST(Zonemd, WhatIsMadeIsGood) {
  const auto zone = zone_of("example.", kSimpleZone);
  for (const ZonemdHash hash : {ZonemdHash::kSha384, ZonemdHash::kSha512}) {
    const auto edited = edit_zone(*zone, std::vector<RRsetEdit>{make_zonemd(*zone, hash)}).value();
    expect_good(*edited);
    // Its own ZONEMD does not count.
    EXPECT_EQ(zone_digest(*edited, hash), zone_digest(*zone, hash));
    const auto changed =
        edit_zone(*edited,
                  std::vector<RRsetEdit>{
                      {dns::parse_name("www.example.").value(), RRType::A, {}, 60, {{192, 0, 2, 1}}}})
            .value();
    EXPECT_EQ(check_zonemd(*changed).verdict, ZonemdVerdict::kBad);
  }
}

}  // namespace
}  // namespace atlas::zone
