#include "atlas/app/atlasctl/control/settings_options.h"

#include <algorithm>
#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/session.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

enum class Kind : uint8_t { kText, kName, kList, kObject };

struct Setting {
  std::string_view option;
  std::string_view member;
  Kind kind;
};

constexpr Setting kSettings[] = {
    {"--zonemd", "zonemd", Kind::kText},
    {"--primary", "primaries", Kind::kList},
    {kSecondaryOption.name, "secondaries", Kind::kList},
    {kAllowTransferOption.name, "allow_transfer", Kind::kList},
    {kAllowNotifyOption.name, "allow_notify", Kind::kList},
    {kForwardUpdatesOption.name, "forward_updates", Kind::kList},
    {kCatalogOption.name, "catalog", Kind::kText},
    {kMemberOfOption.name, "member_of", Kind::kName},
    {kGroupOption.name, "group", Kind::kText},
    {kMembersOption.name, "members", Kind::kObject},
    {kGroupsOption.name, "groups", Kind::kObject},
};

bool is_none(std::string_view value) {
  return value == "none" || value == "off";
}

json::array values_of(const Words& words, std::string_view option) {
  json::array values;
  for (const auto& [name, value] : words.options) {
    if (name == option) values.emplace_back(value);
  }
  return values;
}

// Empty, with a message, if the value is wrong.
std::optional<json::value> value_of(const Words& words, const Setting& setting) {
  const std::string_view value = *words.value(setting.option);
  switch (setting.kind) {
    case Kind::kText:
      return json::value(value);
    case Kind::kList:
      return json::value(values_of(words, setting.option));
    case Kind::kName: {
      const auto name = typed_name(value);
      if (!name) return {};
      return json::value(dns::to_text(name->view()));
    }
    case Kind::kObject: {
      boost::system::error_code error;
      json::value parsed = json::parse(value, error);
      if (!error && parsed.is_object()) return parsed;
      fail({std::string(setting.option) + " is a JSON object, not " + printable(value),
            "quoted for the shell, as in '{\"allow_transfer\":[\"any\"]}'"});
      return {};
    }
  }
  return {};
}

}  // namespace

bool has_settings(const Words& words) {
  return std::ranges::any_of(kSettings, [&](const Setting& setting) { return words.has(setting.option); });
}

bool change_settings(const Words& words, json::object& settings) {
  for (const Setting& setting : kSettings) {
    if (!words.has(setting.option)) continue;
    if (is_none(*words.value(setting.option))) {
      settings.erase(setting.member);
      continue;
    }
    auto value = value_of(words, setting);
    if (!value) return false;
    settings[setting.member] = std::move(*value);
  }
  return true;
}

}  // namespace atlas::app::atlasctl::control
