#include <random>

#include "atlas/transfer/test_transfer.h"

namespace atlas::transfer::testing {
namespace {

using dns::RRType;

const std::string kApex = "$TTL 300\n@ SOA ns.Z.test. admin 7 3600 600 86400 60\n@ NS ns\n";

std::vector<Spelled> whole(const zone::Zone& zone) {
  std::vector<Spelled> records = records_of(zone);
  records.push_back(records.front());
  return records;
}

std::vector<std::vector<uint8_t>> transferred(const std::shared_ptr<const zone::Zone>& zone,
                                              const Asked& asked = {}) {
  const auto outgoing = make_axfr(facts_of(asked), zone);
  auto messages = pull_all(*outgoing);
  EXPECT_EQ(outgoing->records(), whole(*zone).size());
  return messages;
}

TEST(Axfr, GivesAllRecordsBetweenTwoSoas) {
  const auto zone = zone_of(kApex +
                            "ns A 192.0.2.1\nns AAAA 2001:db8::1\n*.Mixed.Case TXT \"a\" \"b\"\n"
                            "sub NS ns.sub\nsub NS ns.elsewhere.test.\nns.sub A 192.0.2.2\n"
                            "@ MX 10 mail.Z.TEST.\n@ CAA 0 issue \"ca.test\"\nd DNAME other.test.\n"
                            "s SRV 0 1 53 ns\n@ HTTPS 1 . alpn=h2\n@ TYPE65280 \\# 3 010203\n"
                            "deep.er.and.deep.er A 192.0.2.3\np PTR ns\nm MINFO a.z.test. b.z.test.\n");
  const auto messages = transferred(zone);
  EXPECT_EQ(messages.size(), 1u);
  EXPECT_EQ(records_in(messages), whole(*zone));
}

TEST(Axfr, OfASoaAlone) {
  const auto zone = zone_of("@ 300 SOA ns admin 7 3600 600 86400 60\n");
  const auto messages = transferred(zone);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(records_in(messages), whole(*zone));
  EXPECT_EQ(records_in(messages).size(), 2u);
}

TEST(Axfr, OfTheRoot) {
  const auto zone = zone_of(
      ". 300 SOA a.ns. admin. 7 3600 600 86400 60\n. 300 NS a.ns.\ntest. 300 NS a.ns.\n"
      "a.ns. 300 A 192.0.2.1\n",
      ".");
  EXPECT_EQ(records_in(transferred(zone, {.zone = "."})), whole(*zone));
}

TEST(Axfr, TheHeaderIsThatOfAnAnswer) {
  const auto zone = zone_of(kApex);
  const auto messages = transferred(zone, {.recursion = true});
  const auto message = dns::parse_message(messages.front()).value();
  EXPECT_EQ(message.header.id, 0x2b1a);
  EXPECT_EQ(message.header.flags, dns::kFlagQR | dns::kFlagAA | dns::kFlagRD);
  EXPECT_EQ(message.rcode(), dns::Rcode::NOERROR);
  ASSERT_EQ(message.questions.size(), 1u);
  EXPECT_EQ(message.questions[0], (dns::Question{.name = name_of("z.test."), .type = RRType::AXFR}));
  EXPECT_FALSE(message.edns);
}

TEST(Axfr, EdnsIsAnsweredWithExpire) {
  const auto zone = zone_of(kApex);
  const auto asked = [](bool expire) { return Asked{.edns = true, .expire = expire}; };
  const auto edns_of = [](const std::vector<std::vector<uint8_t>>& messages) {
    return dns::parse_message(messages.front()).value().edns.value();
  };
  EXPECT_TRUE(edns_of(transferred(zone, asked(false))).options.empty());
  EXPECT_EQ(edns_of(transferred(zone, asked(true))).find<dns::ExpireOption>()->seconds, 86400u);
  RequestFacts facts = facts_of(asked(true));
  facts.expire = 17;
  EXPECT_EQ(edns_of(pull_all(*make_axfr(facts, zone))).find<dns::ExpireOption>()->seconds, 17u);
}

// Names of a zone that is to be transferred as it is spelled.
TEST(Axfr, SpellingIsThatOfTheZone) {
  const auto zone = zone_of(kApex +
                            "WWW A 192.0.2.1\na.www A 192.0.2.2\nB.WWW MX 1 A.www\nc CNAME B.wWw\n"
                            "d CNAME b.www\n");
  for (const std::string question : {"z.test.", "Z.TEST.", "z.TesT."})
    EXPECT_EQ(records_in(transferred(zone, {.zone = question})), whole(*zone)) << question;
}

// A label may hold what looks like the end of another name.
TEST(Axfr, LabelsAreNotTakenForOthers) {
  const auto zone = zone_of(kApex +
                            "a A 192.0.2.1\nb.a A 192.0.2.1\n\\001a NS \\001a\n\\002\\001a.a A 192.0.2.1\n"
                            "x\\001a\\001z.y PTR a\nx\\001a\\001z PTR \\001a\\001z\n");
  EXPECT_EQ(records_in(transferred(zone)), whole(*zone));
}

std::string random_zone(std::mt19937& random, size_t owners) {
  const auto below = [&](size_t most) { return random() % most; };
  const auto label = [&] {
    static const std::vector<std::string> labels = {"a",     "A",        "b",    "www",
                                                    "WWW",   "Www",      "ns1",  "x\\000y",
                                                    "\\001", "\\003com", "mail", std::string(63, 'q'),
                                                    "*"};
    return labels[below(labels.size())];
  };
  const auto name = [&] {
    std::string made = label();
    for (size_t more = below(4); more > 0; --more) made += "." + label();
    return made;
  };
  std::string text = kApex;
  for (size_t i = 0; i < owners; ++i) {
    // One of a kind, so that each stands alone where it must.
    const std::string owner = "n" + std::to_string(i) + "." + name();
    const std::vector<std::string> lines = {
        "A 192.0.2." + std::to_string(below(256)),
        "AAAA 2001:db8::" + std::to_string(below(1000)),
        "MX 10 " + name(),
        "MX 20 " + name() + ".Elsewhere.test.",
        "TXT \"" + std::string(below(255), 't') + "\"",
        "PTR " + name(),
        "SRV 1 2 3 " + name(),
        "MINFO " + name() + " " + name(),
        "MB " + name(),
        "MG " + name(),
        "MR " + name(),
        "NS " + name(),
        "TYPE65280 \\# 0",
        "NAPTR 1 1 \"u\" \"\" \"\" " + name(),
        "TYPE65280 \\# 2 0102",
    };
    for (size_t more = 1 + below(4); more > 0; --more)
      text += owner + " " + lines[below(lines.size())] + "\n";
  }
  return text;
}

TEST(Axfr, RandomZonesComeWhole) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto zone = zone_of(random_zone(random, 1 + seed * 40));
    const auto messages = transferred(zone, {.edns = seed % 2 == 0});
    EXPECT_EQ(records_in(messages), whole(*zone)) << "seed " << seed;
    for (size_t i = 0; i < messages.size(); ++i) {
      EXPECT_LE(messages[i].size(), kMessageOctets);
      const auto message = dns::parse_message(messages[i]).value();
      EXPECT_EQ(message.questions.size(), i == 0 ? 1u : 0u);
      EXPECT_EQ(message.edns.has_value(), i == 0 && seed % 2 == 0);
      EXPECT_FALSE(message.answers.empty());
    }
  }
}

TEST(Axfr, NamesTakeFewOctets) {
  std::string text = kApex;
  constexpr size_t kOwners = 1000;
  for (size_t i = 0; i < kOwners; ++i) {
    const std::string number = std::to_string(i + 1000);
    text += "host" + number + " A 192.0.2.1\nhost" + number + " MX 1 mail.provider.test.\n";
  }
  const auto zone = zone_of(text);
  size_t octets = 0;
  for (const auto& message : transferred(zone)) octets += message.size();
  // Label and pointer, 10 and 4 octets; a pointer, 10, 2, and a pointer.
  constexpr size_t kOwnerOctets = 9 + 2 + 14 + 2 + 12 + 2;
  EXPECT_LT(octets, kOwners * kOwnerOctets + 500);
}

TEST(Axfr, SignedZonesComeWithTheirChain) {
  std::string text = "$TTL 300\n@ SOA ns admin 7 3600 600 86400 60\n@ NS ns\n@ NSEC3PARAM 1 0 0 -\n";
  const auto signature = [](const std::string& covered) {
    return "RRSIG " + covered + " 13 2 300 20300101000000 20200101000000 1 z.test. " + std::string(86, 'A') +
           "==\n";
  };
  text += "@ " + signature("SOA") + "@ " + signature("NS") + "@ " + signature("NSEC3PARAM");
  for (int i = 0; i < 300; ++i) {
    const std::string number = std::to_string(i + 100);
    // 32 digits of base32hex, in an order that is not that of the names.
    const std::string hash = std::string(1, "0A1B2C3D4E"[i % 10]) + std::string(28, '0') + number;
    const std::string next = std::string(29, '0') + number;
    text += "host" + number + " A 192.0.2.1\nhost" + number + " " + signature("A");
    text += hash + " NSEC3 1 0 0 - " + next + " A RRSIG\n" + hash + " " + signature("NSEC3");
    // Owners of both kinds.
    if (i % 50 == 0) text += hash + " TXT x\n" + hash + " " + signature("TXT");
  }
  const auto zone = zone_of(text);
  auto expected = whole(*zone), records = records_in(transferred(zone));
  EXPECT_EQ(records.size(), 1u + 1 + 1 + 3 + 300 * 4 + 6 * 2 + 1);
  EXPECT_EQ(records.front(), expected.front());
  EXPECT_EQ(records.back(), expected.back());
  std::ranges::sort(expected);
  std::ranges::sort(records);
  EXPECT_EQ(records, expected);
}

std::shared_ptr<const zone::Zone> zone_with_rdata(size_t octets) {
  std::string hex;
  for (size_t i = 0; i < octets; ++i) hex += "5a";
  return zone_of(kApex + "a A 192.0.2.1\nlarge TYPE65280 \\# " + std::to_string(octets) + " " + hex +
                 "\nz A 192.0.2.1\n");
}

TEST(Axfr, ALargeRecordStandsAlone) {
  // Header, owner, what a record begins with.
  constexpr size_t kMost = dns::kMessageOctetsMax - 12 - 14 - 10;
  for (const size_t octets : {size_t{16'000}, size_t{16'384}, size_t{40'000}, kMost}) {
    const auto zone = zone_with_rdata(octets);
    const auto messages = transferred(zone);
    EXPECT_EQ(records_in(messages), whole(*zone)) << octets;
    for (const auto& message : messages) {
      if (message.size() > kMessageOctets) {
        EXPECT_EQ(dns::parse_message(message).value().answers.size(), 1u);
      }
    }
  }
  // More than a message holds.
  for (const size_t octets : {kMost + 1, size_t{65'535}}) {
    const auto outgoing = make_axfr(facts_of(Asked{}), zone_with_rdata(octets));
    const auto messages = pull_all(*outgoing);
    const auto last = dns::parse_message(messages.back()).value();
    EXPECT_EQ(last.rcode(), dns::Rcode::SERVFAIL);
    EXPECT_TRUE(last.answers.empty());
  }
}

TEST(Axfr, EveryMessageIsSigned) {
  std::mt19937 random(7);
  const auto zone = zone_of(random_zone(random, 1000));
  tsig::Key key = tsig::make_key(name_of("Key.test."), tsig::Algorithm::kHmacSha256);
  const auto keys = std::make_shared<const tsig::KeyTable>(std::vector{key});
  std::vector<uint8_t> request = request_of({.edns = true});
  const tsig::Mac mac = tsig::sign_request(request, key, kTestTime);
  const auto verified = tsig::verify(request, *keys, kTestTime);
  ASSERT_EQ(verified.outcome, tsig::Verified::Outcome::kGood);
  const auto outgoing = make_axfr(transfer::facts_of(request, verified, keys), zone);
  const auto messages = pull_all(*outgoing);
  EXPECT_GT(messages.size(), 3u);
  tsig::ResponseVerifier verifier(key, mac);
  for (const auto& message : messages) {
    const auto taken = verifier.take(message, kTestTime);
    ASSERT_TRUE(taken) << taken.error().message;
    EXPECT_TRUE(verifier.is_complete());
    EXPECT_LE(message.size(), kMessageOctets);
  }
  EXPECT_EQ(records_in(messages), whole(*zone));
}

TEST(Refusal, SaysWhy) {
  const auto refused = [](const Asked& asked, dns::Rcode rcode) {
    const auto outgoing = make_refusal(facts_of(asked), rcode, dns::ExtendedError::Prohibited, "not for you");
    const auto messages = pull_all(*outgoing);
    EXPECT_EQ(messages.size(), 1u);
    return dns::parse_message(messages.front()).value();
  };
  const auto plain = refused({}, dns::Rcode::REFUSED);
  EXPECT_EQ(plain.rcode(), dns::Rcode::REFUSED);
  EXPECT_EQ(plain.header.flags, dns::kFlagQR);
  EXPECT_TRUE(plain.answers.empty());
  EXPECT_FALSE(plain.edns);
  const auto extended = refused({.edns = true, .expire = true}, dns::Rcode::SERVFAIL);
  EXPECT_EQ(extended.rcode(), dns::Rcode::SERVFAIL);
  const auto* const error = extended.edns.value().find<dns::ExtendedErrorOption>();
  ASSERT_NE(error, nullptr);
  EXPECT_EQ(error->code, dns::ExtendedError::Prohibited);
  EXPECT_EQ(error->extra_text, "not for you");
}

TEST(Refusal, OfABadSignatureCarriesItsError) {
  const tsig::Key key = tsig::make_key(name_of("key.test."), tsig::Algorithm::kHmacSha256);
  const auto none = std::make_shared<const tsig::KeyTable>();
  std::vector<uint8_t> request = request_of({});
  tsig::sign_request(request, key, kTestTime);
  const auto verified = tsig::verify(request, *none, kTestTime);
  const auto outgoing = make_refusal(transfer::facts_of(request, verified, none), dns::Rcode::NOTAUTH,
                                     dns::ExtendedError::Other, "");
  const auto message = dns::parse_message(pull_all(*outgoing).front()).value();
  EXPECT_EQ(message.rcode(), dns::Rcode::NOTAUTH);
  ASSERT_EQ(message.additionals.size(), 1u);
  EXPECT_EQ(message.additionals[0].type, RRType::TSIG);
}

TEST(RequestFacts, WhatCannotBeReadIsLeftOut) {
  std::vector<uint8_t> request = request_of({.edns = true, .expire = true});
  const RequestFacts good = transfer::facts_of(request, {}, nullptr);
  EXPECT_TRUE(good.has_edns && good.asks_expire && !good.signer && good.question.size() == 12);
  for (size_t octets = 0; octets < request.size(); ++octets) {
    const RequestFacts facts = transfer::facts_of(base::Bytes(request).first(octets), {}, nullptr);
    EXPECT_FALSE(facts.has_edns);
    EXPECT_EQ(facts.question.size(), octets < 24 ? 0u : 12u);
  }
}

}  // namespace
}  // namespace atlas::transfer::testing
