#include "atlas/policy/update/update_policy.h"

#include <gtest/gtest.h>

namespace atlas::policy::update {
namespace {

using dns::Name;
using dns::RRType;

Name name_of(std::string_view text) {
  return dns::parse_name(text).value();
}

const Name kApex = name_of("example.org.");

UpdatePolicy policy_of(const std::vector<std::string>& texts, const Name& apex = kApex) {
  std::vector<Rule> rules;
  for (const std::string& text : texts) {
    const auto rule = parse_rule(text, apex);
    EXPECT_TRUE(rule) << text << ": " << (rule ? "" : rule.error().message);
    if (rule) rules.push_back(*rule);
  }
  return UpdatePolicy(std::move(rules));
}

Requester with_key(std::string_view key, std::string_view address = "192.0.2.1") {
  return {name_of(key), net::IpAddress::parse(address).value(), false};
}
Requester without_key(std::string_view address, bool over_tcp) {
  return {std::nullopt, net::IpAddress::parse(address).value(), over_tcp};
}

bool allows(const UpdatePolicy& policy, const Requester& requester, std::string_view owner, RRType type,
            const Name& apex = kApex) {
  return policy.decide(requester, apex, name_of(owner), type, {}, 1).allowed;
}

struct MatchCase {
  const char* rule;
  const char* key;
  const char* owner;
  bool allowed;
};

TEST(UpdatePolicy, MatchesNamesAsEachKindSays) {
  const MatchCase cases[] = {
      {"grant k. name www.example.org. A", "k.", "www.example.org.", true},
      {"grant k. name WWW.example.org. A", "K.", "www.EXAMPLE.org.", true},
      {"grant k. name www.example.org. A", "k.", "a.www.example.org.", false},
      {"grant k. name www.example.org. A", "other.", "www.example.org.", false},
      {"grant k. subdomain d.example.org. A", "k.", "d.example.org.", true},
      {"grant k. subdomain d.example.org. A", "k.", "a.b.d.example.org.", true},
      {"grant k. subdomain d.example.org. A", "k.", "xd.example.org.", false},
      {"grant k. subdomain org. A", "k.", "xd.example.org.", true},
      {"grant k. zonesub A", "k.", "example.org.", true},
      {"grant k. zonesub A", "k.", "a.b.example.org.", true},
      {"grant k. wildcard *.d.example.org. A", "k.", "d.example.org.", false},
      {"grant k. wildcard *.d.example.org. A", "k.", "a.d.example.org.", true},
      {"grant k. wildcard *.d.example.org. A", "k.", "a.b.d.example.org.", true},
      {"grant k. wildcard *.d.example.org. A", "k.", "*.d.example.org.", true},
      {"grant k. wildcard * A", "k.", "example.org.", true},
      {"grant * self . A", "h.example.org.", "h.example.org.", true},
      {"grant * self . A", "h.example.org.", "a.h.example.org.", false},
      {"grant *.example.org. self . A", "h.example.org.", "h.example.org.", true},
      {"grant *.example.org. self . A", "example.org.", "example.org.", false},
      {"grant *.example.net. self . A", "h.example.org.", "h.example.org.", false},
      {"grant * selfsub . A", "h.example.org.", "h.example.org.", true},
      {"grant * selfsub . A", "h.example.org.", "a.h.example.org.", true},
      {"grant * selfsub . A", "h.example.org.", "g.example.org.", false},
      {"grant * selfwild . A", "h.example.org.", "h.example.org.", false},
      {"grant * selfwild . A", "h.example.org.", "a.b.h.example.org.", true},
      {"grant * selfwild . A", "h.example.org.", "ah.example.org.", false},
      {"deny k. zonesub ANY", "k.", "www.example.org.", false},
  };
  for (const MatchCase& each : cases) {
    EXPECT_EQ(allows(policy_of({each.rule}), with_key(each.key), each.owner, RRType::A), each.allowed)
        << each.rule << " | " << each.key << " | " << each.owner;
  }
}

TEST(UpdatePolicy, TheFirstMatchDecides) {
  const auto denies_first = policy_of({"deny k. name www.example.org. A", "grant k. zonesub ANY"});
  EXPECT_FALSE(allows(denies_first, with_key("k."), "www.example.org.", RRType::A));
  EXPECT_TRUE(allows(denies_first, with_key("k."), "www.example.org.", RRType::TXT));
  EXPECT_TRUE(allows(denies_first, with_key("k."), "ftp.example.org.", RRType::A));
  const auto grants_first = policy_of({"grant k. zonesub ANY", "deny k. name www.example.org. A"});
  EXPECT_TRUE(allows(grants_first, with_key("k."), "www.example.org.", RRType::A));
  EXPECT_FALSE(allows(UpdatePolicy(), with_key("k."), "www.example.org.", RRType::A));
}

TEST(UpdatePolicy, WithoutTypesMostAreMeant) {
  const auto plain = policy_of({"grant k. zonesub"});
  for (const RRType type : {RRType::A, RRType::TXT, RRType::CNAME, RRType::DNSKEY, RRType::DS, RRType::KEY})
    EXPECT_TRUE(allows(plain, with_key("k."), "www.example.org.", type)) << dns::to_text(type);
  for (const RRType type : {RRType::NS, RRType::SOA, RRType::RRSIG, RRType::NSEC, RRType::NSEC3})
    EXPECT_FALSE(allows(plain, with_key("k."), "www.example.org.", type)) << dns::to_text(type);
  const auto any = policy_of({"grant k. zonesub ANY"});
  for (const RRType type : {RRType::A, RRType::NS, RRType::SOA, RRType::RRSIG})
    EXPECT_TRUE(allows(any, with_key("k."), "www.example.org.", type)) << dns::to_text(type);
  for (const RRType type : {RRType::NSEC, RRType::NSEC3})
    EXPECT_FALSE(allows(any, with_key("k."), "www.example.org.", type)) << dns::to_text(type);
  // A denial without types leaves the others alone, too.
  const auto denied = policy_of({"deny k. zonesub", "grant k. zonesub ANY"});
  EXPECT_FALSE(allows(denied, with_key("k."), "www.example.org.", RRType::A));
  EXPECT_TRUE(allows(denied, with_key("k."), "www.example.org.", RRType::NS));
}

TEST(UpdatePolicy, LimitsRecords) {
  const auto policy = policy_of({"grant k. zonesub A(2) ANY(5)"});
  const auto decide = [&](RRType type, size_t records) {
    return policy.decide(with_key("k."), kApex, name_of("www.example.org."), type, {}, records);
  };
  EXPECT_FALSE(decide(RRType::A, 2).too_many);
  EXPECT_TRUE(decide(RRType::A, 3).too_many);
  EXPECT_TRUE(decide(RRType::A, 3).allowed);
  EXPECT_FALSE(decide(RRType::TXT, 5).too_many);
  EXPECT_TRUE(decide(RRType::TXT, 6).too_many);
  EXPECT_EQ(records_max(policy.rules()[0], RRType::A), 2);
  EXPECT_EQ(records_max(policy.rules()[0], RRType::TXT), 5);
  EXPECT_EQ(records_max(policy_of({"grant k. zonesub A"}).rules()[0], RRType::A), 0);
  EXPECT_EQ(records_max(policy_of({"grant k. zonesub"}).rules()[0], RRType::A), 0);
}

struct AddressCase {
  const char* rule;
  const char* address;
  bool over_tcp;
  const char* owner;
  bool allowed;
};

TEST(UpdatePolicy, AddressesProveTheirOwnNames) {
  const Name arpa = name_of("arpa.");
  const char* const kV6 = "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.";
  const AddressCase cases[] = {
      {"grant * tcp-self . PTR", "192.0.2.1", true, "1.2.0.192.in-addr.arpa.", true},
      {"grant * tcp-self . PTR", "192.0.2.1", false, "1.2.0.192.in-addr.arpa.", false},
      {"grant * tcp-self . PTR", "192.0.2.2", true, "1.2.0.192.in-addr.arpa.", false},
      {"grant *.2.0.192.in-addr.arpa tcp-self . PTR", "192.0.2.1", true, "1.2.0.192.in-addr.arpa.", true},
      {"grant *.3.0.192.in-addr.arpa tcp-self . PTR", "192.0.2.1", true, "1.2.0.192.in-addr.arpa.", false},
      {"grant 192.0.2.0/24 tcp-self . PTR", "192.0.2.1", true, "1.2.0.192.in-addr.arpa.", true},
      {"grant 192.0.3.0/24 tcp-self . PTR", "192.0.2.1", true, "1.2.0.192.in-addr.arpa.", false},
      {"grant * tcp-self . PTR", "2001:db8::1", true, kV6, true},
      {"grant * 6to4-self . PTR", "192.0.2.1", true, "1.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa.", true},
      {"grant * 6to4-self . PTR", "192.0.2.1", false, "1.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa.", false},
      {"grant * 6to4-self . PTR", "2002:c000:0201::7", true, "1.0.2.0.0.0.0.c.2.0.0.2.ip6.arpa.", true},
      {"grant * 6to4-self . PTR", "2001:db8::1", true, "0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.", false},
  };
  for (const AddressCase& each : cases) {
    const auto policy = policy_of({each.rule}, arpa);
    const Requester requester = without_key(each.address, each.over_tcp);
    EXPECT_EQ(allows(policy, requester, each.owner, RRType::PTR, arpa), each.allowed)
        << each.rule << " | " << each.address << " | " << each.owner;
  }
}

TEST(UpdatePolicy, AddressesStandForKeysOnlyWithoutOne) {
  const auto policy = policy_of({"grant 192.0.2.0/24 zonesub A"});
  EXPECT_TRUE(allows(policy, without_key("192.0.2.9", false), "www.example.org.", RRType::A));
  EXPECT_FALSE(allows(policy, without_key("192.0.3.9", false), "www.example.org.", RRType::A));
  EXPECT_FALSE(allows(policy, with_key("k.", "192.0.2.9"), "www.example.org.", RRType::A));
}

TEST(UpdatePolicy, KnowsWhoMightChangeSomething) {
  const auto policy = policy_of({"deny bad. zonesub", "grant *.k. subdomain a.example.org. A",
                                 "grant 192.0.2.0/24 zonesub TXT", "grant * tcp-self . PTR"});
  EXPECT_TRUE(policy.knows(with_key("one.k."), kApex));
  EXPECT_FALSE(policy.knows(with_key("k."), kApex));
  EXPECT_FALSE(policy.knows(with_key("bad."), kApex));
  EXPECT_TRUE(policy.knows(without_key("192.0.2.7", false), kApex));
  EXPECT_FALSE(policy.knows(without_key("192.0.3.7", true), kApex)) << "its reverse name is elsewhere";
  EXPECT_TRUE(policy.knows(without_key("192.0.3.7", true), name_of("in-addr.arpa.")));
  EXPECT_FALSE(policy.knows(without_key("192.0.3.7", false), name_of("in-addr.arpa.")));
  EXPECT_FALSE(UpdatePolicy().knows(with_key("k."), kApex));
}

TEST(UpdateRuleText, ParsesBackToTheSame) {
  const char* const cases[][2] = {
      {"grant k name www.example.org A", "grant k. name www.example.org. A"},
      {"  GRANT\tk.  Name www.example.org.   a aaaa ;", "grant k. name www.example.org. A AAAA"},
      {"deny *.k subdomain @ ANY", "deny *.k. subdomain example.org. ANY"},
      {"grant k zonesub TXT(4) A", "grant k. zonesub TXT(4) A"},
      {"grant k zonesub", "grant k. zonesub"},
      {"grant k wildcard *.example.org TYPE65280", "grant k. wildcard *.example.org. TYPE65280"},
      {"grant * self * A", "grant *. self . A"},
      {"grant h.example.org selfsub h.example.org", "grant h.example.org. selfsub ."},
      {"grant * tcp-self . PTR(1)", "grant *. tcp-self . PTR(1)"},
      {"grant * 6to4-self .", "grant *. 6to4-self ."},
      {"grant 2001:db8::/32 zonesub A", "grant 2001:db8::/32 zonesub A"},
      {"grant 192.0.2.1 name www.example.org A", "grant 192.0.2.1/32 name www.example.org. A"},
  };
  for (const auto& [text, wanted] : cases) {
    const auto rule = parse_rule(text, kApex);
    ASSERT_TRUE(rule) << text << ": " << rule.error().message;
    EXPECT_EQ(to_text(*rule), wanted);
    const auto again = parse_rule(to_text(*rule), kApex);
    ASSERT_TRUE(again) << wanted;
    EXPECT_EQ(to_text(*again), wanted);
  }
}

TEST(UpdateRuleText, SaysWhatIsWrong) {
  const char* const cases[][2] = {
      {"", "'' is neither grant nor deny"},
      {"permit k zonesub", "'permit' is neither grant nor deny"},
      {"grant", "the rule ends where a key's name is expected"},
      {"grant k", "the rule ends where its kind is expected"},
      {"grant k whatever", "'whatever' is no kind of rule"},
      {"grant k krb5-self . A", "rules of the kind krb5-self are not supported"},
      {"grant k name", "a rule of the kind name has a name behind it"},
      {"grant k self", "a rule of the kind self has a name behind it"},
      {"grant * self A AAAA", "a rule of the kind self is not about the name A."},
      {"grant k name www A", "the name www. is outside of the zone example.org."},
      {"grant k subdomain example.net A", "the name example.net. is outside of the zone example.org."},
      {"grant k wildcard www.example.org A", "www.example.org. is no wildcard"},
      {"grant k zonesub WHAT", "'WHAT' is no RR type"},
      {"grant k zonesub A(0)", "'A(0)' is no type with a number of records"},
      {"grant k zonesub A(", "'A(' is no type with a number of records"},
      {"grant k zonesub A(1", "'A(1' is no type with a number of records"},
      {"grant k zonesub A(70000)", "'A(70000)' is no type with a number of records"},
      {"grant k zonesub NSEC", "NSEC cannot be updated"},
      {"grant k zonesub AXFR", "AXFR cannot be updated"},
      {"grant 192.0.2.1/24 zonesub A", "\"192.0.2.1/24\" has bits behind its prefix length"},
      {"grant 192.0.2.0/24 self . A", "a rule of the kind self is about a key, not an address"},
  };
  for (const auto& [text, wanted] : cases) {
    const auto rule = parse_rule(text, kApex);
    ASSERT_FALSE(rule) << text;
    EXPECT_EQ(rule.error().message, wanted);
    EXPECT_FALSE(rule.error().hint.empty()) << text;
  }
}

}  // namespace
}  // namespace atlas::policy::update
