#include "atlas/app/atlasctl/query/report.h"

#include <gtest/gtest.h>

#include "atlas/app/atlasctl/query/json_report.h"
#include "atlas/app/atlasctl/query/record_text.h"
#include "atlas/app/atlasctl/query/servers.h"
#include "atlas/dns/rdata.h"

namespace atlas::app::atlasctl::query {
namespace {

dns::Name name(std::string_view text) {
  return *dns::parse_name(text);
}

dns::Record record(std::string_view owner, uint32_t ttl, dns::RRType type, std::string_view rdata) {
  return {name(owner), type, dns::RRClass::IN, ttl, *dns::parse_rdata(type, rdata)};
}

dns::Message query_for(std::string_view owner, dns::RRType type) {
  dns::Message query;
  query.header.id = 7;
  query.questions.push_back({name(owner), type, dns::RRClass::IN});
  query.edns.emplace();
  return query;
}

dns::Message reply_to(const dns::Message& query, dns::Rcode rcode) {
  dns::Message reply = query;
  reply.header.flags = dns::kFlagQR | dns::kFlagAA;
  reply.header.rcode = static_cast<uint8_t>(rcode);
  return reply;
}

TEST(Meaning, OfReferralsNegativesAndErrors) {
  const dns::Message query = query_for("www.example.", dns::RRType::AAAA);
  dns::Message nodata = reply_to(query, dns::Rcode::NOERROR);
  nodata.authorities.push_back(record("example.", 60, dns::RRType::SOA, "a. b. 1 2 3 4 5"));
  EXPECT_EQ(meaning(query, nodata), "www.example. has no AAAA records (NODATA)");

  dns::Message referral = reply_to(query, dns::Rcode::NOERROR);
  referral.header.flags = dns::kFlagQR;
  referral.authorities.push_back(record("example.", 60, dns::RRType::NS, "ns.example."));
  EXPECT_EQ(meaning(query, referral), "a referral to the name servers of example.");

  dns::Message alias = reply_to(query, dns::Rcode::NXDOMAIN);
  alias.answers.push_back(record("www.example.", 60, dns::RRType::CNAME, "gone.example."));
  EXPECT_EQ(meaning(query, alias), "gone.example. does not exist");

  dns::Message answer = reply_to(query, dns::Rcode::NOERROR);
  answer.answers.push_back(record("www.example.", 60, dns::RRType::AAAA, "2001:db8::1"));
  EXPECT_EQ(meaning(query, answer), "");

  dns::Message formerr = reply_to(query, dns::Rcode::FORMERR);
  formerr.edns.reset();
  EXPECT_NE(meaning(query, formerr).find("+noedns"), std::string::npos);
}

TEST(Records, AlignWithTtlsInWordsOnceAndNamesInUnicode) {
  use_utf8_columns();
  const std::vector<dns::Record> records{
      record("a.example.", 300, dns::RRType::A, "192.0.2.1"),
      record("a.example.", 300, dns::RRType::A, "192.0.2.254"),
      record("xn--bcher-kva.example.", 86400, dns::RRType::CNAME, "xn--strae-oqa.example."),
  };
  EXPECT_EQ(render_records(records, Options{}, Paint(false), 0),
            "a.example.                300  IN  A      192.0.2.1               ; 5 min\n"
            "a.example.                300  IN  A      192.0.2.254\n"
            "xn--bcher-kva.example.  86400  IN  CNAME  xn--strae-oqa.example.  "
            "; 1 day, bücher.example. → straße.example.\n");
}

TEST(Records, MultilineSoa) {
  Options options;
  options.multiline = true;
  const std::vector<dns::Record> records{
      record("example.", 30, dns::RRType::SOA, "ns. host. 2026010101 7200 60 1209600 9")};
  EXPECT_EQ(render_records(records, options, Paint(false), 0),
            "example.  30  IN  SOA  ns. host. (\n"
            "                         2026010101  ; serial\n"
            "                         7200        ; refresh, 2 h\n"
            "                         60          ; retry, 1 min\n"
            "                         1209600     ; expire, 14 days\n"
            "                         9           ; negative TTL\n"
            "                       )\n");
}

TEST(Records, SignaturesSayHowLongTheyLast) {
  constexpr uint64_t kInceptionTime = 1767225600;  // 2026-01-01
  const std::vector<dns::Record> records{
      record("example.", 30, dns::RRType::RRSIG, "A 13 1 30 20260111000000 20260101000000 1 example. AAAA")};
  const auto shown = [&](uint64_t now) { return render_records(records, Options{}, Paint(false), now); };
  EXPECT_NE(shown(kInceptionTime + 86400).find("; valid for 9 days\n"), std::string::npos)
      << shown(kInceptionTime);
  EXPECT_NE(shown(kInceptionTime + 11 * 86400).find("; expired 1 day ago\n"), std::string::npos);
  EXPECT_NE(shown(kInceptionTime - 3600).find("; not yet valid for 1 h\n"), std::string::npos);
}

TEST(Reply, MustHaveTheQuestionUnlessItIsAnError) {
  const dns::Message query = query_for("www.example.", dns::RRType::A);
  std::string why;
  EXPECT_TRUE(is_reply_to(query, reply_to(query, dns::Rcode::NOERROR), why));
  EXPECT_FALSE(
      is_reply_to(query, reply_to(query_for("other.example.", dns::RRType::A), dns::Rcode::NOERROR), why));
  EXPECT_EQ(why, "answers another question: other.example. A");
  dns::Message bare = reply_to(query, dns::Rcode::FORMERR);
  bare.questions.clear();
  EXPECT_TRUE(is_reply_to(query, bare, why));
  bare.header.rcode = 0;
  EXPECT_FALSE(is_reply_to(query, bare, why));
}

TEST(Report, ShowsExtendedErrorsAndCannotSteerTheTerminal) {
  Exchange exchange;
  exchange.query = query_for("www.example.", dns::RRType::A);
  exchange.reply = reply_to(exchange.query, dns::Rcode::REFUSED);
  exchange.reply.edns->options.push_back(
      dns::ExtendedErrorOption{dns::ExtendedError::Prohibited, "no\033[31m"});
  const std::string text = render_text(exchange, Options{}, Paint(false));
  EXPECT_NE(text.find("18 (Prohibited)"), std::string::npos) << text;
  EXPECT_EQ(text.find('\033'), std::string::npos);
}

TEST(Report, JsonHasTheMembersOfTheRfc) {
  Exchange exchange;
  exchange.query = query_for("www.example.", dns::RRType::A);
  exchange.reply = reply_to(exchange.query, dns::Rcode::NOERROR);
  exchange.reply.answers.push_back(record("www.example.", 60, dns::RRType::A, "192.0.2.1"));
  const std::string text = render_json(exchange, Options{});
  for (const char* part : {"\"responseMessage\"", "\"QNAME\": \"www.example.\"", "\"rdataA\": \"192.0.2.1\"",
                           "\"RDATAHEX\": \"C0000201\"", "\"RCODE\": 0"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

Exchange exchange_over_https() {
  Exchange exchange;
  exchange.query = query_for("www.example.", dns::RRType::A);
  exchange.reply = reply_to(exchange.query, dns::Rcode::NOERROR);
  Circumstances& circumstances = exchange.circumstances;
  circumstances.transport = Transport::kHttps;
  circumstances.timings = {std::chrono::microseconds(120), std::chrono::microseconds(2300),
                           std::chrono::microseconds(450)};
  circumstances.tls = TlsFacts{.version = "TLS 1.3",
                               .cipher_suite = "TLS_AES_128_GCM_SHA256",
                               .group = "x25519",
                               .alpn = "h2",
                               .certificate = tls::CertificateFacts{.dns_names = {"dns.test"},
                                                                    .addresses = {},
                                                                    .not_before = {},
                                                                    .not_after = {},
                                                                    .pin = "PIN=",
                                                                    .subject = "CN=dns\033.test",
                                                                    .issuer = "CN=authority"}};
  circumstances.http = HttpFacts{"HTTP/2", "POST", "/dns-query", 200, "max-age=60"};
  return exchange;
}

TEST(Report, SaysWhoAnsweredAndHow) {
  Exchange exchange = exchange_over_https();
  const auto shown = [&] { return render_text(exchange, Options{}, Paint(false)); };
  const std::string text = shown();
  for (const char* part :
       {";; tls       TLS 1.3, TLS_AES_128_GCM_SHA256, x25519, ALPN h2\n",
        ";; server    CN=dns?.test, not verified\n", ";;           names dns.test\n",
        ";;           pin PIN=\n", ";; http      HTTP/2, POST /dns-query, 200, max-age=60\n",
        ";; connect 0.12 ms, TLS handshake 2.30 ms, answer 0.45 ms\n", " over HTTPS in "}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  exchange.circumstances.tls->verified_by = "authorities and pin";
  exchange.circumstances.tls->resumed = true;
  EXPECT_NE(shown().find("CN=dns?.test, verified by authorities and pin\n"), std::string::npos);
  EXPECT_NE(shown().find("ALPN h2, resumed\n"), std::string::npos);
}

TEST(Report, JsonSaysWhoAnsweredAndHow) {
  const std::string text = render_json(exchange_over_https(), Options{});
  for (const char* part : {"\"transport\": \"HTTPS\"", "\"version\": \"TLS 1.3\"", "\"verified\": false",
                           "\"pin\": \"PIN=\"", "\"resumed\": false", "\"cacheControl\":\"max-age=60\"",
                           "{\"connect\":120,\"tlsHandshake\":2300,\"answer\":450}"}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
}

TEST(Report, SaysWhyAServerIsNotTrusted) {
  ExchangeError error{.message = "the certificate is rejected",
                      .tls = exchange_over_https().circumstances.tls};
  error.tls->rejection = "it has expired";
  EXPECT_NE(render_error(error, Paint(false)).find(";; server    CN=dns?.test, rejected: it has expired\n"),
            std::string::npos);
  EXPECT_NE(render_json(error).find("\"rejection\": \"it has expired\""), std::string::npos)
      << render_json(error);
}

TEST(Report, SaysWhetherTheReplyIsVerified) {
  Exchange exchange;
  exchange.query = query_for("www.example.", dns::RRType::A);
  exchange.reply = reply_to(exchange.query, dns::Rcode::NOERROR);
  exchange.circumstances.signature = SignatureFacts{.key = "key.test.", .algorithm = "hmac-sha256"};
  EXPECT_NE(render_text(exchange, Options{}, Paint(false))
                .find(";; signature verified, key key.test. (hmac-sha256)\n"),
            std::string::npos);
  EXPECT_NE(render_json(exchange, Options{})
                .find(R"({"key":"key.test.","algorithm":"hmac-sha256","verified":true})"),
            std::string::npos);
  exchange.circumstances.signature->problem = "the response is not signed";
  EXPECT_NE(render_text(exchange, Options{}, Paint(false))
                .find(";; signature not verified: the response is not signed, key key.test."),
            std::string::npos);
  EXPECT_NE(render_json(exchange, Options{}).find("\"problem\": \"the response is not signed\""),
            std::string::npos);
}

TEST(Meaning, OfNotauthWithASignatureThatHasAnError) {
  const dns::Message query = query_for("www.example.", dns::RRType::A);
  dns::Message reply = reply_to(query, dns::Rcode::NOTAUTH);
  EXPECT_EQ(meaning(query, reply), "the server is not authoritative for this zone");
  const auto tsig = [&](std::string_view rdata) {
    reply.additionals = {record("key.test.", 0, dns::RRType::TSIG, rdata)};
    return meaning(query, reply);
  };
  EXPECT_EQ(tsig("hmac-sha256. 1700000000 300 0 7 BADKEY 0"),
            "the server does not accept the query's signature");
  EXPECT_EQ(tsig("hmac-sha256. 1700000000 300 3 AQID 7 NOERROR 0"),
            "the server is not authoritative for this zone");
}

TEST(Report, ASignedQueryIsShownWithItsKey) {
  Options options;
  options.key = tsig::Key{.name = name("key.test."), .secret = {1, 2, 3}};
  EXPECT_NE(render_query(query_for("www.example.", dns::RRType::A), options, Paint(false))
                .find(";; signature key key.test. (hmac-sha256)\n"),
            std::string::npos);
}

TEST(Padding, CountsWhatIsPutBehindTheQuery) {
  dns::Message query = query_for("www.example.", dns::RRType::A);
  pad(query, 90);
  EXPECT_EQ((dns::encode(query)->size() + 90) % kPaddingBlockOctets, 0u);
}

// RFC 8467 4.1.
TEST(Padding, FillsBlocks) {
  for (size_t length = 1; length < 60; ++length) {
    dns::Message query = query_for(std::string(length, 'a') + ".example.", dns::RRType::A);
    query.edns->options.push_back(dns::NsidOption{});
    pad(query);
    pad(query);
    EXPECT_EQ(dns::encode(query)->size() % kPaddingBlockOctets, 0u) << length;
    EXPECT_LE(dns::encode(query)->size(), kPaddingBlockOctets);
    EXPECT_EQ(query.edns->options.size(), 2u);
  }
  dns::Message without_edns = query_for("example.", dns::RRType::A);
  without_edns.edns.reset();
  pad(without_edns);
  EXPECT_FALSE(without_edns.edns);
}

TEST(ResolvConf, ServersInTheirOrder) {
  const auto servers = parse_resolv_conf(
      "# nameserver 192.0.2.9\nnameserver 192.0.2.1\r\n\tnameserver\t2001:db8::1 x\n"
      "nameservers 192.0.2.3\nnameserver fe80::1%eth0\nsearch example",
      53);
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].to_text(), "192.0.2.1:53");
  EXPECT_EQ(servers[1].to_text(), "[2001:db8::1]:53");
}

}  // namespace
}  // namespace atlas::app::atlasctl::query
