#include "atlas/control/zones/zone_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace atlas::control::zones {
namespace {

using ::testing::HasSubstr;

const dns::Name kApex = dns::parse_name("example.org.").value();

ZoneSettings everything() {
  ZoneSettings settings;
  settings.update_policy = {"grant k. zonesub ANY"};
  settings.primaries = {"hidden", "192.0.2.1 key k."};
  settings.secondaries = {"ns2"};
  settings.allow_transfer = {"any"};
  settings.allow_notify = {"192.0.2.7"};
  settings.forward_updates = {"key k."};
  settings.zonemd = zone::ZonemdHash::kSha512;
  settings.catalog = CatalogRole::kConsume;
  settings.member_of = dns::parse_name("catalog.example.").value();
  settings.group = "fast";
  settings.members = {.primaries = {"hidden"}, .secondaries = {}, .allow_transfer = {"any"}};
  settings.groups = {{"one", {.primaries = {}, .secondaries = {"ns2"}, .allow_transfer = {}}}, {"two", {}}};
  return settings;
}

TEST(ZoneSettings, JsonHoldsAllOfThemAndNothingThatIsEmpty) {
  const auto again = parse_settings(to_json(everything()));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, everything());
  EXPECT_EQ(to_json({}), "{}");
  EXPECT_EQ(*parse_settings("{\"zonemd\":null,\"catalog\":null,\"member_of\":null,\"group\":null}"),
            ZoneSettings());
}

TEST(ZoneSettings, JsonThatIsNoneIsRefusedWithAReason) {
  const std::pair<const char*, const char*> kFaults[] = {
      {"[]", "a JSON object"},
      {"{\"primary\":[]}", "unknown setting \"primary\""},
      {"{\"primaries\":\"a\"}", "primaries is a list"},
      {"{\"primaries\":[1]}", "primaries is a list of texts"},
      {"{\"catalog\":\"none\"}", "catalog is produce, consume or null"},
      {"{\"member_of\":\"a..b\"}", "member_of: "},
      {"{\"group\":1}", "group is a text"},
      {"{\"members\":[]}", "members is a JSON object"},
      {"{\"members\":{\"zonemd\":1}}", "unknown setting \"zonemd\" in members"},
      {"{\"groups\":{\"a\":{\"primaries\":1}}}", "group \"a\": primaries is a list"},
      {"{\"zonemd\":\"md5\"}", "zonemd is sha384"},
  };
  for (const auto& [text, error] : kFaults) {
    const auto parsed = parse_settings(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr(error)) << text;
  }
}

TEST(ZoneSettings, EachMemberIsLookedAt) {
  const auto error_of = [](auto change) {
    ZoneSettings settings;
    settings.primaries = {"hidden"};
    change(settings);
    const auto checked = check(settings, kApex);
    return checked ? std::string() : checked.error().message;
  };
  EXPECT_EQ(error_of([](ZoneSettings&) {}), "");
  EXPECT_THAT(error_of([](ZoneSettings& s) { s.primaries = {"a/b"}; }), HasSubstr("primaries: \"a/b\": "));
  EXPECT_THAT(error_of([](ZoneSettings& s) { s.allow_transfer = {"nobody"}; }),
              HasSubstr("allow_transfer: "));
  EXPECT_THAT(error_of([](ZoneSettings& s) { s.secondaries.assign(kServersMax + 1, "a"); }),
              HasSubstr("more than 100 entries"));
  EXPECT_THAT(error_of([](ZoneSettings& s) { s.update_policy = {"grant k. zonesub ANY"}; }),
              HasSubstr("a secondary takes no updates"));
  EXPECT_THAT(error_of([](ZoneSettings& s) {
                s.catalog = CatalogRole::kConsume;
                s.groups = {{"a", {}}, {"a", {}}};
              }),
              HasSubstr("group \"a\" is given twice"));
  EXPECT_THAT(error_of([](ZoneSettings& s) {
                s.catalog = CatalogRole::kConsume;
                s.members.allow_transfer = {"?"};
              }),
              HasSubstr("members: allow_transfer: "));
  EXPECT_THAT(error_of([](ZoneSettings& s) { s.member_of = kApex; }), HasSubstr("not a member of itself"));
}

TEST(ZoneSettings, RulesOfTransfersBecomeAPolicy) {
  const auto policy = transfer_policy_of({"deny 192.0.2.1", "192.0.2.0/24"});
  ASSERT_TRUE(policy);
  const auto allows = [&](const char* address) {
    return policy->allows(
        {.address = net::IpAddress::parse(address).value(), .key = nullptr, .tls_names = {}});
  };
  EXPECT_TRUE(allows("192.0.2.2"));
  EXPECT_FALSE(allows("192.0.2.1"));
  EXPECT_THAT(transfer_policy_of({"any", "nobody"}).error().message, HasSubstr("\"nobody\": "));
  EXPECT_FALSE(transfer_policy_of(std::vector<std::string>(policy::transfer::kRulesMax + 1, "any")));
}

}  // namespace
}  // namespace atlas::control::zones
