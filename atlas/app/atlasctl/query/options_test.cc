#include "atlas/app/atlasctl/query/options.h"

#include <gtest/gtest.h>

#include "atlas/app/atlasctl/query/exchange.h"

namespace atlas::app::atlasctl::query {
namespace {

base::Result<Options> parse(std::vector<std::string_view> words) {
  return parse_options(words);
}

std::string question(std::vector<std::string_view> words) {
  const auto options = parse(std::move(words));
  if (!options) return "error: " + options.error().message;
  const dns::Question& asked = options->question;
  return dns::to_text(asked.name) + ' ' + dns::to_text(asked.rr_class) + ' ' + dns::to_text(asked.type);
}

std::string error(std::vector<std::string_view> words) {
  const auto options = parse(std::move(words));
  return options ? "none" : options.error().message + " | " + options.error().hint;
}

TEST(QueryOptions, NameTypeAndClassInAnyOrder) {
  EXPECT_EQ(question({"example"}), "example. IN A");
  EXPECT_EQ(question({"example", "mx"}), "example. IN MX");
  EXPECT_EQ(question({"mx", "example"}), "example. IN MX");
  EXPECT_EQ(question({"version.bind", "CH", "TXT"}), "version.bind. CH TXT");
  EXPECT_EQ(question({"example", "TYPE65280", "CLASS4"}), "example. HS TYPE65280");
  EXPECT_EQ(question({"-t", "ns", "-c", "ch", "example"}), "example. CH NS");
  EXPECT_EQ(question({}), ". IN NS");
}

TEST(QueryOptions, ANameThatLooksLikeATypeIsTheNameIfNothingElseIs) {
  EXPECT_EQ(question({"mx"}), "mx. IN A");
  EXPECT_EQ(question({"mx", "a"}), "mx. IN A");
  EXPECT_EQ(question({"-q", "mx", "ns"}), "mx. IN NS");
  EXPECT_EQ(question({"any", "any", "any"}), "any. ANY ANY");
}

TEST(QueryOptions, ReverseNames) {
  EXPECT_EQ(question({"-x", "192.0.2.1"}), "1.2.0.192.in-addr.arpa. IN PTR");
  EXPECT_EQ(question({"-x192.0.2.1", "TXT"}), "1.2.0.192.in-addr.arpa. IN TXT");
}

TEST(QueryOptions, OneNameOneTypeOneClass) {
  EXPECT_TRUE(question({"a.example", "b.example"}).starts_with("error"));
  EXPECT_TRUE(question({"a.example", "mx", "ns"}).starts_with("error"));
  EXPECT_TRUE(question({"-x", "192.0.2.1", "b.example"}).starts_with("error"));
}

TEST(QueryOptions, ServersWithAndWithoutAPort) {
  const struct {
    std::string_view word, server;
    uint16_t port;
  } kCases[] = {{"@127.0.0.1", "127.0.0.1", 53},        {"@127.0.0.1:5300", "127.0.0.1", 5300},
                {"@127.0.0.1#5300", "127.0.0.1", 5300}, {"@::1", "::1", 53},
                {"@[::1]:5300", "::1", 5300},           {"@ns1.example:54", "ns1.example", 54}};
  for (const auto& expected : kCases) {
    const auto options = parse({expected.word, "example"});
    ASSERT_TRUE(options) << expected.word;
    EXPECT_EQ(options->server, expected.server) << expected.word;
    EXPECT_EQ(options->port, expected.port) << expected.word;
  }
  EXPECT_FALSE(parse({"@", "example"}));
  EXPECT_FALSE(parse({"@[::1", "example"}));
  EXPECT_FALSE(parse({"@127.0.0.1:0", "example"}));
}

TEST(QueryOptions, TheDefaultsAreDigs) {
  const auto options = parse({"example"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->flags, dns::kFlagRD | dns::kFlagAD);
  EXPECT_TRUE(options->edns_enabled);
  EXPECT_TRUE(options->random_cookie);
  EXPECT_EQ(options->edns.udp_payload_size, 1232);
  EXPECT_EQ(options->tries, 3u);
  EXPECT_EQ(options->timeout, std::chrono::seconds(5));
}

TEST(QueryOptions, WordsAndTheirOpposites) {
  const auto options =
      parse({"example", "+tcp", "+do", "+norec", "+cd", "+noad", "+ignore", "+multi", "+nocookie"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->transport, Transport::kTcp);
  EXPECT_TRUE(options->edns.dnssec_ok);
  EXPECT_EQ(options->flags, dns::kFlagCD);
  EXPECT_FALSE(options->retry_truncated);
  EXPECT_TRUE(options->multiline);
  EXPECT_FALSE(options->random_cookie);
  EXPECT_EQ(parse({"example", "+tcp", "+notcp"})->transport, Transport::kUdp);
  EXPECT_EQ(parse({"example", "+tls", "+notcp"})->transport, Transport::kTls);
}

TEST(QueryOptions, SectionsAreChosenInOrder) {
  const auto options = parse({"example", "+noall", "+answer"});
  ASSERT_TRUE(options);
  EXPECT_TRUE(options->sections.answer);
  EXPECT_FALSE(options->sections.comments);
  EXPECT_FALSE(options->sections.statistics);
}

TEST(QueryOptions, EdnsOptions) {
  const auto options = parse(
      {"example", "+nsid", "+expire", "+keepalive", "+zoneversion", "+padding=16", "+ednsopt=65001:cafe"});
  ASSERT_TRUE(options) << options.error().message;
  ASSERT_EQ(options->edns.options.size(), 6u);
  EXPECT_EQ(options->edns.find<dns::PaddingOption>()->octets, 16);
  EXPECT_EQ(options->edns.find<dns::UnknownOption>()->data, (std::vector<uint8_t>{0xca, 0xfe}));
  EXPECT_TRUE(parse({"example", "+nsid", "+nonsid"})->edns.options.empty());
}

TEST(QueryOptions, ClientSubnetIsCutToItsPrefix) {
  const auto options = parse({"example", "+subnet=192.0.2.255/25"});
  ASSERT_TRUE(options);
  const auto* subnet = options->edns.find<dns::ClientSubnetOption>();
  ASSERT_NE(subnet, nullptr);
  EXPECT_EQ(subnet->family, 1);
  EXPECT_EQ(subnet->source_prefix, 25);
  EXPECT_EQ(subnet->address[3], 128);
  EXPECT_EQ(parse({"example", "+subnet=0"})->edns.find<dns::ClientSubnetOption>()->source_prefix, 0);
  EXPECT_EQ(parse({"example", "+subnet=2001:db8::/32"})->edns.find<dns::ClientSubnetOption>()->family, 2);
  EXPECT_FALSE(parse({"example", "+subnet=192.0.2.0/33"}));
}

TEST(QueryOptions, Cookies) {
  const auto options = parse({"example", "+cookie=0102030405060708"});
  ASSERT_TRUE(options);
  EXPECT_FALSE(options->random_cookie);
  EXPECT_EQ(options->edns.find<dns::CookieOption>()->client[7], 8);
  EXPECT_TRUE(error({"example", "+cookie=010203"}).find("+ednsopt=10:HEX") != std::string::npos);
}

TEST(QueryOptions, TransportsHaveTheirPorts) {
  const struct {
    std::vector<std::string_view> words;
    Transport transport;
    uint16_t port;
  } kCases[] = {{{"+tls"}, Transport::kTls, 853},
                {{"+https"}, Transport::kHttps, 443},
                {{"+https-get=/q"}, Transport::kHttps, 443},
                {{"+tls", "-p", "53"}, Transport::kTls, 53},
                {{"+https", "@127.0.0.1:8443"}, Transport::kHttps, 8443},
                {{"+https", "+tls-ca"}, Transport::kHttps, 443},
                {{"+https", "+nohttps"}, Transport::kUdp, 53},
                {{"+quic"}, Transport::kQuic, 853},
                {{"+quic", "+tls-ca"}, Transport::kQuic, 853},
                {{"+http3"}, Transport::kHttp3, 443},
                {{"+http3-get=/q"}, Transport::kHttp3, 443},
                {{"+tls", "axfr"}, Transport::kTls, 853},
                {{"axfr"}, Transport::kTcp, 53}};
  for (const auto& expected : kCases) {
    std::vector<std::string_view> words = expected.words;
    words.emplace_back("example");
    const auto options = parse(words);
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->transport, expected.transport) << words[0];
    EXPECT_EQ(options->port, expected.port) << words[0];
  }
}

TEST(QueryOptions, Https) {
  EXPECT_EQ(parse({"example", "+https"})->https.path, "/dns-query");
  EXPECT_FALSE(parse({"example", "+https=/q"})->https.get);
  EXPECT_EQ(parse({"example", "+https-get=/q"})->https.path, "/q");
  EXPECT_TRUE(parse({"example", "+https-get=/q"})->https.get);
  EXPECT_EQ(error({"example", "+https=dns.test"}),
            "+https: \"dns.test\" is not a path | as in +https=/dns-query; @ names the server");
  EXPECT_FALSE(parse({"example", "+https=/q?x=y"}));
}

TEST(QueryOptions, WhoSpeaksOfCertificatesWantsTls) {
  for (const char* word : {"+tls-ca", "+tls-ca=ca.pem", "+tls-pin=x", "+tls-hostname=dns.test",
                           "+tls-sni=dns.test", "+tls-certfile=me.pem"}) {
    EXPECT_EQ(parse({"example", word})->transport, Transport::kTls) << word;
    EXPECT_EQ(parse({"example", word, "+https"})->transport, Transport::kHttps) << word;
  }
  EXPECT_EQ(parse({"example", "+tls-ca", "+notls-ca"})->transport, Transport::kUdp);
}

TEST(QueryOptions, WhatIsVerified) {
  EXPECT_FALSE(parse({"example", "+tls"})->tls.verify);
  const auto options = parse({"example", "+tls-ca=ca.pem", "+tls-pin=a", "+tls-pin=b"});
  EXPECT_TRUE(options->tls.verify);
  EXPECT_EQ(options->tls.authorities_file, "ca.pem");
  EXPECT_EQ(options->tls.pins, (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(parse({"example", "+tls-pin=a"})->tls.verify);
  EXPECT_TRUE(parse({"example", "+tls-hostname=dns.test"})->tls.verify);
  EXPECT_FALSE(parse({"example", "+tls-sni=dns.test"})->tls.verify);
  EXPECT_TRUE(parse({"example", "+tls-sni=dns.test", "+tls-hostname=dns.test"}));
  const auto other = parse({"example", "+tls-sni=other.test", "+tls-hostname=dns.test"});
  EXPECT_EQ(other->tls.sni, "other.test");
  EXPECT_EQ(other->tls.hostname, "dns.test");
  EXPECT_EQ(error({"example", "+tls-keyfile=me.key"}),
            "+tls-keyfile needs the certificate | +tls-certfile names it");
}

TEST(QueryOptions, KeysOnTheCommandLineAndInFiles) {
  for (const std::string_view word : {"--key", "-y"}) {
    const auto options = parse({"example", word, "hmac-sha512:key.test:AQID"});
    ASSERT_TRUE(options && options->key) << options.error().message;
    EXPECT_EQ(dns::to_text(options->key->name), "key.test.");
    EXPECT_EQ(options->key->algorithm, tsig::Algorithm::kHmacSha512);
  }
  EXPECT_EQ(parse({"example", "--key=key.test:AQID"})->key->algorithm, tsig::Algorithm::kHmacSha256);
  EXPECT_EQ(parse({"example", "--key-file", "k"})->key_file, "k");
  EXPECT_EQ(parse({"example", "-kk"})->key_file, "k");
  EXPECT_FALSE(parse({"example"})->key);
  EXPECT_EQ(error({"example", "--key", "key.test:!"}), "--key: the key's secret is not base64 | ");
  EXPECT_EQ(error({"example", "-k", "k", "-y", "key.test:AQID"}),
            "one key signs a query | --key has it, or --key-file");
}

TEST(QueryOptions, Padding) {
  EXPECT_EQ(parse({"example"})->padding, Padding::kWhereEncrypted);
  EXPECT_EQ(parse({"example", "+padding"})->padding, Padding::kBlocks);
  EXPECT_EQ(parse({"example", "+nopadding"})->padding, Padding::kNever);
  EXPECT_EQ(parse({"example", "+padding=7"})->edns.find<dns::PaddingOption>()->octets, 7);
  EXPECT_TRUE(parse({"example", "+padding=7", "+nopadding"})->edns.options.empty());
}

TEST(QueryOptions, TimesTakeUnits) {
  EXPECT_EQ(parse({"example", "+time=2"})->timeout, std::chrono::seconds(2));
  EXPECT_EQ(parse({"example", "+timeout=250ms"})->timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(parse({"example", "+retry=0"})->tries, 1u);
  EXPECT_FALSE(parse({"example", "+tries=0"}));
}

TEST(QueryOptions, MistakesAreExplained) {
  EXPECT_EQ(error({"example", "+shrot"}), "there is no option +shrot | did you mean +short?");
  EXPECT_EQ(error({"example", "+nonsense"}),
            "there is no option +nonsense | atlasctl query --help lists them");
  EXPECT_EQ(error({"example", "+pad=4", "+ti=1", "+a"}),
            "+a could be several options | write more of the word");
  EXPECT_EQ(error({"example", "+tcp=1"}), "+tcp takes no value | ");
  EXPECT_EQ(error({"example", "+time"}), "+time needs a value | as in +time=TIME");
  EXPECT_EQ(error({"example", "+notime"}), "+time has no opposite | ");
  EXPECT_EQ(error({"example", "-p", "99999"}), "-p: \"99999\" is not a number from 1 to 65535 | ");
  EXPECT_EQ(error({"example", "-p"}), "-p needs a value | ");
  EXPECT_EQ(error({"example", "--json"}), "there is no option --json | write +json");
}

TEST(QueryOptions, TransfersGoOverStreams) {
  const auto axfr = parse({"example", "AXFR"});
  EXPECT_EQ(axfr->transport, Transport::kTcp);
  const auto ixfr = parse({"Ixfr=2026112501", "example", "+quic"});
  EXPECT_EQ(ixfr->question.type, dns::RRType::IXFR);
  EXPECT_EQ(ixfr->ixfr_serial, 2026112501u);
  EXPECT_EQ(ixfr->transport, Transport::kQuic);
  EXPECT_EQ(parse({"example", "-t", "IXFR=7"})->ixfr_serial, 7u);
  const dns::Message query = build_query(*ixfr);
  ASSERT_EQ(query.authorities.size(), 1u);
  EXPECT_EQ(query.authorities[0].type, dns::RRType::SOA);
  EXPECT_EQ(error({"example", "AXFR", "+https"}),
            "a transfer does not go over HTTP | +tls and +quic are encrypted, too");
  EXPECT_EQ(error({"example", "-t", "IXFR=x"}),
            "\"IXFR=x\" is not a record type | as in MX, HTTPS or TYPE65280");
}

TEST(QueryOptions, EveryWordOfTheHelpParses) {
  for (const WordHelp& word : option_words()) {
    if (word.name[0] != '+') continue;
    std::string text(word.name);
    if (!word.value.empty() && !word.value_optional) {
      text += word.value == "PREFIX" ? "=192.0.2.0/24" : word.value == "CODE:HEX" ? "=3:" : "=1";
    }
    const std::string_view beside = word.name == "+tls-keyfile" ? "+tls-certfile=1" : "+all";
    EXPECT_TRUE(parse({"example", text, beside})) << text;
    const std::string opposite = "+no" + std::string(word.name.substr(1));
    EXPECT_EQ(parse({"example", opposite}).has_value(), word.negatable) << opposite;
  }
}

}  // namespace
}  // namespace atlas::app::atlasctl::query
