#include "atlas/policy/transfer/transfer_policy.h"

#include <gtest/gtest.h>

namespace atlas::policy::transfer {
namespace {

TransferPolicy policy_of(const std::vector<std::string>& texts) {
  std::vector<Rule> rules;
  for (const std::string& text : texts) {
    const auto rule = parse_rule(text);
    EXPECT_TRUE(rule) << text << ": " << (rule ? "" : rule.error().message);
    if (rule) rules.push_back(*rule);
  }
  return TransferPolicy(std::move(rules));
}

bool allows(const std::vector<std::string>& rules, std::string_view address, std::string_view key = {},
            std::string_view tls_names = {}) {
  const auto name = key.empty() ? std::nullopt : std::optional(dns::parse_name(key).value());
  return policy_of(rules).allows(
      {net::IpAddress::parse(address).value(), name ? &*name : nullptr, tls_names});
}

TEST(TransferPolicy, NothingAllowsNobody) {
  EXPECT_TRUE(TransferPolicy().empty());
  EXPECT_FALSE(allows({}, "127.0.0.1"));
  EXPECT_FALSE(allows({}, "::1", "xfr.example.", "ns2.example"));
}

TEST(TransferPolicy, AnyAllowsEverybody) {
  EXPECT_TRUE(allows({"any"}, "192.0.2.1"));
  EXPECT_TRUE(allows({"ANY"}, "2001:db8::1"));
  EXPECT_TRUE(allows({"any"}, "192.0.2.1", "xfr.example.", "ns2.example"));
}

TEST(TransferPolicy, LooksAtAddresses) {
  EXPECT_TRUE(allows({"192.0.2.0/24"}, "192.0.2.255"));
  EXPECT_FALSE(allows({"192.0.2.0/24"}, "192.0.3.0"));
  EXPECT_TRUE(allows({"2001:db8::/32"}, "2001:db8:1::1"));
  EXPECT_FALSE(allows({"::/0"}, "192.0.2.1"));
  EXPECT_FALSE(allows({"0.0.0.0/0"}, "2001:db8::1"));
  EXPECT_TRUE(allows({"192.0.2.1"}, "192.0.2.1"));
}

TEST(TransferPolicy, LooksAtKeysIgnoringCase) {
  EXPECT_TRUE(allows({"key xfr.example."}, "192.0.2.1", "XFR.example."));
  EXPECT_TRUE(allows({"any key xfr.example"}, "192.0.2.1", "xfr.example."));
  EXPECT_FALSE(allows({"key xfr.example."}, "192.0.2.1", "other.example."));
  EXPECT_FALSE(allows({"key xfr.example."}, "192.0.2.1", "a.xfr.example."));
  EXPECT_FALSE(allows({"key xfr.example."}, "192.0.2.1"));
  EXPECT_FALSE(allows({"key ."}, "192.0.2.1"));
}

TEST(TransferPolicy, LooksAtNamesOfTls) {
  EXPECT_TRUE(allows({"tls ns2.example."}, "192.0.2.1", {}, "ns2.example"));
  EXPECT_TRUE(allows({"tls NS2.example"}, "192.0.2.1", {}, "ns1.example ns2.example ns3.example"));
  EXPECT_TRUE(allows({"tls ns2.example"}, "192.0.2.1", {}, "ns1.example ns2.example."));
  EXPECT_FALSE(allows({"tls ns2.example"}, "192.0.2.1", {}, "ns2.example.org xns2.example"));
  EXPECT_FALSE(allows({"tls ns2.example"}, "192.0.2.1", {}, ""));
  EXPECT_FALSE(allows({"tls ns2.example"}, "192.0.2.1", {}, " "));
}

TEST(TransferPolicy, AllThatARuleSaysMustFit) {
  const std::vector<std::string> rules = {"192.0.2.0/24 key xfr.example. tls ns2.example"};
  EXPECT_TRUE(allows(rules, "192.0.2.1", "xfr.example.", "ns2.example"));
  EXPECT_FALSE(allows(rules, "198.51.100.1", "xfr.example.", "ns2.example"));
  EXPECT_FALSE(allows(rules, "192.0.2.1", "other.", "ns2.example"));
  EXPECT_FALSE(allows(rules, "192.0.2.1", {}, "ns2.example"));
  EXPECT_FALSE(allows(rules, "192.0.2.1", "xfr.example.", "ns1.example"));
}

TEST(TransferPolicy, TheFirstMatchDecides) {
  const std::vector<std::string> rules = {"deny 192.0.2.9", "192.0.2.0/24", "deny key bad.", "any key good.",
                                          "key bad."};
  EXPECT_FALSE(allows(rules, "192.0.2.9", "good."));
  EXPECT_TRUE(allows(rules, "192.0.2.8", "bad."));
  EXPECT_TRUE(allows(rules, "198.51.100.1", "good."));
  EXPECT_FALSE(allows(rules, "198.51.100.1", "bad."));
  EXPECT_FALSE(allows(rules, "198.51.100.1"));
  EXPECT_FALSE(allows({"deny any", "any"}, "192.0.2.1"));
}

TEST(TransferPolicy, RulesHaveOneText) {
  const std::pair<const char*, const char*> cases[] = {
      {"any", "any"},
      {"  any\t", "any"},
      {"DENY any", "deny any"},
      {"192.0.2.1", "192.0.2.1/32"},
      {"2001:DB8::/32 KEY Xfr.Example", "2001:db8::/32 key Xfr.Example."},
      {"key a\\.b.example.", "any key a\\.b.example."},
      {"deny tls NS2.Example. key k.", "deny any key k. tls ns2.example"},
      {"192.0.2.0/24 key k. tls _x.ns-2.example", "192.0.2.0/24 key k. tls _x.ns-2.example"},
  };
  for (const auto& [text, canonical] : cases) {
    const auto rule = parse_rule(text);
    ASSERT_TRUE(rule) << text << ": " << rule.error().message;
    EXPECT_EQ(to_text(*rule), canonical);
    EXPECT_EQ(parse_rule(to_text(*rule)).value(), *rule) << text;
  }
}

TEST(TransferPolicy, SaysWhatIsWrongWithARule) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "says nothing about who"},
      {"   ", "says nothing about who"},
      {"deny", "says nothing about who"},
      {"xfr.example.", "'xfr.example.' is no address, nor 'any', 'key' or 'tls'"},
      {"192.0.2.1/24", "'192.0.2.1/24' is no address"},
      {"allow any", "'allow' is no address"},
      {"any any", "'any' stands where 'key' or 'tls' is expected"},
      {"any deny", "'deny' stands where"},
      {"any key", "name is missing behind 'key'"},
      {"any tls", "missing behind 'tls'"},
      {"key a..b", "'a..b' is no name of a key"},
      {"key a. key b.", "one key at most"},
      {"tls a tls b", "one name of TLS at most"},
      {"tls *.example.", "'*.example.' is no name that a certificate has"},
      {"tls a\\.b", "is no name that a certificate has"},
      {"tls .", "is no name that a certificate has"},
  };
  for (const auto& [text, message] : cases) {
    const auto rule = parse_rule(text);
    ASSERT_FALSE(rule) << text;
    EXPECT_NE(rule.error().message.find(message), std::string::npos) << rule.error().message;
    EXPECT_FALSE(rule.error().hint.empty()) << text;
  }
}

}  // namespace
}  // namespace atlas::policy::transfer
