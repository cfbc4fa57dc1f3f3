#include "atlas/control/zones/zone_settings.h"

#include <boost/json.hpp>

namespace atlas::control::zones {
namespace {

namespace json = boost::json;

constexpr std::string_view kPolicyKey = "update_policy";
constexpr std::string_view kZonemdKey = "zonemd";
constexpr size_t kRulesMax = 10'000;

}  // namespace

std::string to_json(const ZoneSettings& settings) {
  json::array rules;
  for (const std::string& rule : settings.update_policy) rules.emplace_back(rule);
  json::object object{{kPolicyKey, std::move(rules)}};
  if (settings.zonemd) object[kZonemdKey] = zone::to_text(*settings.zonemd);
  return json::serialize(object);
}

base::Result<ZoneSettings> parse_settings(std::string_view text) {
  ZoneSettings settings;
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return base::fail("settings are a JSON object");
  for (const auto& [key, value] : *object) {
    if (key == kPolicyKey) {
      const json::array* rules = value.if_array();
      if (rules == nullptr || rules->size() > kRulesMax)
        return base::fail("update_policy is a list of rules");
      for (const json::value& rule : *rules) {
        if (!rule.is_string()) return base::fail("a rule is a text", "as in \"grant ddns-key zonesub ANY\"");
        settings.update_policy.emplace_back(rule.get_string());
      }
    } else if (key == kZonemdKey) {
      if (value.is_null()) continue;
      if (value.is_string()) settings.zonemd = zone::parse_zonemd_hash(value.get_string());
      if (!settings.zonemd) return base::fail("zonemd is sha384, sha512 or null");
    } else {
      return base::fail("unknown setting \"" + std::string(key) + '"', "known are update_policy and zonemd");
    }
  }
  return settings;
}

base::Result<policy::update::UpdatePolicy> policy_of(const ZoneSettings& settings, dns::NameView apex) {
  std::vector<policy::update::Rule> rules;
  rules.reserve(settings.update_policy.size());
  for (const std::string& text : settings.update_policy) {
    auto rule = policy::update::parse_rule(text, apex);
    if (!rule) return base::fail('"' + text + "\": " + rule.error().message, rule.error().hint);
    rules.push_back(std::move(*rule));
  }
  return policy::update::UpdatePolicy(std::move(rules));
}

}  // namespace atlas::control::zones
