// What a zone has beside its records.
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>

#include "atlas/app/atlasctl/control/session.h"
#include "atlas/app/atlasctl/control/settings_options.h"
#include "atlas/app/atlasctl/control/zone_commands.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr Option kPolicyOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--add", true, "a rule to put behind the others; more than once"},
    {"--insert", true, "a rule to put in front of the others; more than once"},
    {"--remove", true, "the number of a rule to take out; more than once"},
    {"--clear", false, "no rules, before others are added"},
    kReasonOption,
    kDryRunOption};
constexpr Option kSettingsOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--zonemd", true, "sha384 or sha512: a digest with every change; or off"},
    {"--primary", true, "of a secondary: where it comes from, a remote or an address; more than once"},
    kSecondaryOption,
    kAllowTransferOption,
    kAllowNotifyOption,
    kForwardUpdatesOption,
    kCatalogOption,
    kMembersOption,
    kGroupsOption,
    kMemberOfOption,
    kGroupOption,
    kReasonOption,
    kDryRunOption};

struct Settings {
  std::string target;
  json::object zone;
  json::object settings;  // with "update_policy"
};

Asked<Settings> read_settings(const Words& words) {
  const auto target = zone_target(words.operands[0]);
  if (!target) return std::unexpected(target.error());
  auto zone = ask_object(words, "GET", *target);
  if (!zone) return std::unexpected(zone.error());
  Settings settings{*target, std::move(*zone), {}};
  if (const json::object* present = object_in(settings.zone, "settings")) settings.settings = *present;
  if (list(settings.settings, "update_policy") == nullptr) settings.settings["update_policy"] = json::array();
  return settings;
}

void print_policy(const json::object& settings) {
  const json::array* rules = list(settings, "update_policy");
  if (rules == nullptr || rules->empty()) return print(stderr, "no rules: nobody may update the zone\n");
  Table table;
  for (size_t i = 0; i < rules->size(); ++i) {
    const std::string rule = (*rules)[i].is_string() ? printable((*rules)[i].get_string()) : "";
    table.add({{std::to_string(i + 1), Style::kDim, true},
               {rule, rule.starts_with("deny") ? Style::kWarning : Style::kPlain}});
  }
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
}

void print_settings(const json::object& settings) {
  Table table;
  const std::string zonemd = text(settings, "zonemd");
  table.add({{"zonemd", Style::kDim}, {zonemd.empty() ? "off" : zonemd}});
  for (const auto& [key, value] : settings) {
    if (key == "zonemd" || key == "update_policy") continue;
    std::string name(key);
    std::ranges::replace(name, '_', ' ');
    if (const json::array* texts = value.if_array()) {
      for (const json::value& one : *texts)
        table.add({{name, Style::kDim}, {one.is_string() ? printable(one.get_string()) : ""}});
    } else {
      table.add({{name, Style::kDim},
                 {value.is_string() ? printable(value.get_string()) : json::serialize(value)}});
    }
  }
  const json::array* rules = list(settings, "update_policy");
  table.add({{"update policy", Style::kDim}, {counted(rules == nullptr ? 0 : rules->size(), "rule")}});
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
}

// Puts settings, and prints what they are behind it.
int put_settings(const Words& words, const Settings& settings, void (*show)(const json::object&)) {
  json::object body = settings.settings;
  if (!add_terms(words, body)) return kExitRefused;
  const auto answer = ask(words, "PUT", settings.target + "/settings", json::serialize(body));
  if (!answer) return answer.error();
  if (words.has("--json")) return print(stdout, *answer), kExitDone;
  const auto zone = parse_object(*answer);
  if (!zone) return kExitRefused;
  if (words.has("--dry-run")) print(stdout, "nothing was done; it would be\n");
  if (const json::object* made = object_in(*zone, "settings")) show(*made);
  return kExitDone;
}

// The rules behind the options. False, with a message, if a number is wrong.
bool change_rules(const Words& words, json::array& rules) {
  std::vector<bool> removed(rules.size());
  for (const auto& [name, value] : words.options) {
    if (name != "--remove") continue;
    size_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number == 0 || number > rules.size()) {
      fail({"there is no rule " + printable(value), "atlasctl zone policy ZONE numbers them"});
      return false;
    }
    removed[number - 1] = true;
  }
  json::array front, kept, behind;
  for (const auto& [name, value] : words.options) {
    if (name == "--insert") front.emplace_back(value);
    if (name == "--add") behind.emplace_back(value);
  }
  for (size_t i = 0; i < rules.size(); ++i) {
    if (!removed[i] && !words.has("--clear")) kept.push_back(rules[i]);
  }
  rules = std::move(front);
  for (const json::array* part : {&kept, &behind}) rules.insert(rules.end(), part->begin(), part->end());
  return true;
}

}  // namespace

const Usage kZonePolicy = {
    "zone policy",
    "ZONE",
    "Shows who may change a zone by dynamic update, or changes it. Rules are those of BIND's update-policy;\n"
    "the first that fits decides, and without one nothing is allowed.\n"
    "\n"
    "  atlasctl zone policy home.example.org --add 'grant ddns-key subdomain home.example.org A AAAA'",
    1,
    1,
    kPolicyOptions};
const Usage kZoneSettings = {
    "zone settings",
    "ZONE",
    "Shows a zone's settings, or changes those that options name. An option that may be given more than "
    "once\n"
    "gives the whole list; none takes a setting away.\n"
    "\n"
    "  atlasctl zone settings example.org --secondary ns2 --allow-transfer 'any key xfr.example.'",
    1,
    1,
    kSettingsOptions};

int zone_policy(std::span<const std::string_view> given) {
  const auto words = parse_words(kZonePolicy, given);
  if (!words) return fail(words.error());
  auto settings = read_settings(*words);
  if (!settings) return settings.error();
  const bool changes =
      words->has("--add") || words->has("--insert") || words->has("--remove") || words->has("--clear");
  if (changes) {
    if (!change_rules(*words, settings->settings["update_policy"].get_array())) return kExitRefused;
    return put_settings(*words, *settings, print_policy);
  }
  if (words->has("--json")) return print(stdout, json::serialize(settings->settings) + '\n'), kExitDone;
  print_policy(settings->settings);
  return kExitDone;
}

int zone_settings(std::span<const std::string_view> given) {
  const auto words = parse_words(kZoneSettings, given);
  if (!words) return fail(words.error());
  auto settings = read_settings(*words);
  if (!settings) return settings.error();
  if (has_settings(*words)) {
    if (!change_settings(*words, settings->settings)) return kExitRefused;
    return put_settings(*words, *settings, print_settings);
  }
  if (words->has("--json")) return print(stdout, json::serialize(settings->settings) + '\n'), kExitDone;
  print_settings(settings->settings);
  return kExitDone;
}

}  // namespace atlas::app::atlasctl::control
