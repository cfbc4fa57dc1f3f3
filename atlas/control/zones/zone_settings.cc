#include "atlas/control/zones/zone_settings.h"

#include <algorithm>
#include <boost/json.hpp>
#include <span>
#include <unordered_set>

#include "atlas/control/zones/remote_reference.h"

namespace atlas::control::zones {
namespace {

namespace json = boost::json;

using policy::transfer::kRulesMax;

constexpr std::string_view kZonemdKey = "zonemd";
constexpr std::string_view kCatalogKey = "catalog";
constexpr std::string_view kMemberOfKey = "member_of";
constexpr std::string_view kGroupKey = "group";
constexpr std::string_view kMembersKey = "members";
constexpr std::string_view kGroupsKey = "groups";

enum class Content : uint8_t { kServers, kTransferRules, kUpdateRules };

template <class Owner>
struct ListMember {
  std::string_view key;
  std::vector<std::string> Owner::* list;
  Content content;
  size_t max;
};

constexpr ListMember<ZoneSettings> kLists[] = {
    {"update_policy", &ZoneSettings::update_policy, Content::kUpdateRules, kUpdateRulesMax},
    {"primaries", &ZoneSettings::primaries, Content::kServers, kServersMax},
    {"secondaries", &ZoneSettings::secondaries, Content::kServers, kServersMax},
    {"allow_transfer", &ZoneSettings::allow_transfer, Content::kTransferRules, kRulesMax},
    {"allow_notify", &ZoneSettings::allow_notify, Content::kTransferRules, kRulesMax},
    {"forward_updates", &ZoneSettings::forward_updates, Content::kTransferRules, kRulesMax},
};
constexpr ListMember<MemberSettings> kMemberLists[] = {
    {"primaries", &MemberSettings::primaries, Content::kServers, kServersMax},
    {"secondaries", &MemberSettings::secondaries, Content::kServers, kServersMax},
    {"allow_transfer", &MemberSettings::allow_transfer, Content::kTransferRules, kRulesMax},
};

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

template <class Owner>
void write_lists(const Owner& owner, std::span<const ListMember<Owner>> lists, json::object& object) {
  for (const ListMember<Owner>& member : lists) {
    const std::vector<std::string>& list = owner.*member.list;
    if (list.empty()) continue;
    json::array& array = object[member.key].emplace_array();
    for (const std::string& text : list) array.emplace_back(text);
  }
}

base::Result<void> read_list(std::string_view key, const json::value& value, size_t max,
                             std::vector<std::string>& list) {
  const json::array* array = value.if_array();
  if (array == nullptr || array->size() > max)
    return base::fail(std::string(key) + " is a list of at most " + std::to_string(max) + " texts");
  list.clear();
  for (const json::value& item : *array) {
    if (!item.is_string()) return base::fail(std::string(key) + " is a list of texts");
    list.emplace_back(item.get_string());
  }
  return {};
}

// False if none of the lists has this key.
template <class Owner>
base::Result<bool> read_list_of(std::string_view key, const json::value& value,
                                std::span<const ListMember<Owner>> lists, Owner& owner) {
  for (const ListMember<Owner>& member : lists) {
    if (member.key != key) continue;
    const auto read = read_list(key, value, member.max, owner.*member.list);
    if (!read) return std::unexpected(read.error());
    return true;
  }
  return false;
}

json::object object_of(const MemberSettings& members) {
  json::object object;
  write_lists<MemberSettings>(members, kMemberLists, object);
  return object;
}

base::Result<MemberSettings> read_members(std::string_view where, const json::value& value) {
  MemberSettings members;
  const json::object* object = value.if_object();
  if (object == nullptr) return base::fail(std::string(where) + " is a JSON object");
  for (const auto& [key, member] : *object) {
    const auto read = read_list_of<MemberSettings>(key, member, kMemberLists, members);
    if (!read) return base::fail(std::string(where) + ": " + read.error().message, read.error().hint);
    if (!*read)
      return base::fail("unknown setting " + quoted(key) + " in " + std::string(where),
                        "known are primaries, secondaries and allow_transfer");
  }
  return members;
}

base::Result<void> read_groups(const json::value& value, ZoneSettings& settings) {
  const json::object* object = value.if_object();
  if (object == nullptr || object->size() > kGroupsMax)
    return base::fail("groups is a JSON object of at most " + std::to_string(kGroupsMax) + " groups");
  for (const auto& [name, member] : *object) {
    auto members = read_members("group " + quoted(name), member);
    if (!members) return std::unexpected(members.error());
    settings.groups.emplace_back(std::string(name), std::move(*members));
  }
  return {};
}

base::Result<void> read_single(std::string_view key, const json::value& value, ZoneSettings& settings) {
  if (value.is_null()) return {};
  const std::string_view text = value.is_string() ? std::string_view(value.get_string()) : "";
  if (key == kZonemdKey) {
    settings.zonemd = zone::parse_zonemd_hash(text);
    if (!settings.zonemd) return base::fail("zonemd is sha384, sha512 or null");
  } else if (key == kCatalogKey) {
    if (text != to_text(CatalogRole::kProduce) && text != to_text(CatalogRole::kConsume))
      return base::fail("catalog is produce, consume or null");
    settings.catalog = text == to_text(CatalogRole::kProduce) ? CatalogRole::kProduce : CatalogRole::kConsume;
  } else if (key == kMemberOfKey) {
    const auto name = dns::parse_name(text);
    if (!name) return base::fail("member_of: " + name.error().message, name.error().hint);
    settings.member_of = *name;
    settings.member_of->make_lower();
  } else {
    if (!value.is_string()) return base::fail("group is a text or null");
    settings.group = text;
  }
  return {};
}

base::Result<void> read_member(std::string_view key, const json::value& value, ZoneSettings& settings) {
  if (key == kZonemdKey || key == kCatalogKey || key == kMemberOfKey || key == kGroupKey)
    return read_single(key, value, settings);
  if (key == kGroupsKey) return read_groups(value, settings);
  if (key == kMembersKey) {
    auto members = read_members(key, value);
    if (!members) return std::unexpected(members.error());
    settings.members = std::move(*members);
    return {};
  }
  const auto read = read_list_of<ZoneSettings>(key, value, kLists, settings);
  if (!read) return std::unexpected(read.error());
  if (*read) return {};
  std::string known;
  for (const ListMember<ZoneSettings>& member : kLists) known += std::string(member.key) + ", ";
  return base::fail("unknown setting " + quoted(key),
                    "known are " + known + "zonemd, catalog, member_of, group, members and groups");
}

// The first text that is wrong.
template <class Owner>
base::Result<void> check_lists(const Owner& owner, std::span<const ListMember<Owner>> lists,
                               const std::string& where) {
  for (const ListMember<Owner>& member : lists) {
    const std::vector<std::string>& list = owner.*member.list;
    const std::string place = where + std::string(member.key);
    if (list.size() > member.max)
      return base::fail(place + " has more than " + std::to_string(member.max) + " entries");
    for (const std::string& text : list) {
      base::Result<void> checked;
      if (member.content == Content::kServers) {
        const auto parsed = parse_remote_reference(text);
        if (!parsed) checked = std::unexpected(parsed.error());
      } else if (member.content == Content::kTransferRules) {
        const auto parsed = policy::transfer::parse_rule(text);
        if (!parsed) checked = std::unexpected(parsed.error());
      }
      if (!checked)
        return base::fail(place + ": " + quoted(text) + ": " + checked.error().message, checked.error().hint);
    }
  }
  return {};
}

std::optional<Misfit> misfit(std::string_view member, std::string message, std::string hint = {}) {
  return Misfit{member, {std::move(message), std::move(hint)}};
}

std::optional<Misfit> catalog_misfit_of(const ZoneSettings& settings, dns::NameView apex) {
  const bool consumes = settings.catalog == CatalogRole::kConsume;
  if (consumes && settings.primaries.empty())
    return misfit("catalog", "a catalog to consume has primaries",
                  "they are where it and its members come from");
  if (settings.catalog == CatalogRole::kProduce && !settings.primaries.empty())
    return misfit("primaries", "a catalog to produce has no primaries: it is made here");
  constexpr std::string_view kToConsume = "members and groups are for a zone with catalog: consume";
  if (!consumes && settings.members != MemberSettings()) return misfit("members", std::string(kToConsume));
  if (!consumes && !settings.groups.empty()) return misfit("groups", std::string(kToConsume));
  if (!settings.group.empty() && !settings.member_of)
    return misfit("group", "a group is one of a catalog, and the zone is in none", "add member_of");
  if (settings.group.size() > kGroupOctetsMax)
    return misfit("group", "a group's name has at most " + std::to_string(kGroupOctetsMax) + " octets");
  if (settings.member_of && dns::NameEqual()(*settings.member_of, apex))
    return misfit("member_of", "a catalog is not a member of itself");
  return {};
}

base::Result<void> check_groups(const ZoneSettings& settings) {
  if (settings.groups.size() > kGroupsMax)
    return base::fail("groups has more than " + std::to_string(kGroupsMax) + " groups");
  std::unordered_set<std::string_view> names;
  for (const auto& [name, members] : settings.groups) {
    if (name.empty() || name.size() > kGroupOctetsMax)
      return base::fail("the name of a group has 1 to " + std::to_string(kGroupOctetsMax) + " octets");
    if (!names.insert(name).second) return base::fail("group " + quoted(name) + " is given twice");
    if (auto checked = check_lists<MemberSettings>(members, kMemberLists, "group " + quoted(name) + ": ");
        !checked)
      return checked;
  }
  return {};
}

}  // namespace

std::string_view to_text(CatalogRole role) {
  constexpr std::string_view kWords[] = {"none", "produce", "consume"};
  return kWords[static_cast<size_t>(role)];
}

std::string to_json(const ZoneSettings& settings) {
  json::object object;
  write_lists<ZoneSettings>(settings, kLists, object);
  if (settings.zonemd) object[kZonemdKey] = zone::to_text(*settings.zonemd);
  if (settings.catalog != CatalogRole::kNone) object[kCatalogKey] = to_text(settings.catalog);
  if (settings.member_of) object[kMemberOfKey] = dns::to_text(*settings.member_of);
  if (!settings.group.empty()) object[kGroupKey] = settings.group;
  if (settings.members != MemberSettings()) object[kMembersKey] = object_of(settings.members);
  if (!settings.groups.empty()) {
    json::object& groups = object[kGroupsKey].emplace_object();
    for (const auto& [name, members] : settings.groups) groups[name] = object_of(members);
  }
  return json::serialize(object);
}

base::Result<ZoneSettings> parse_settings(std::string_view text) {
  ZoneSettings settings;
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  const json::object* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return base::fail("settings are a JSON object");
  for (const auto& [key, value] : *object) {
    if (auto read = read_member(key, value, settings); !read) return std::unexpected(read.error());
  }
  return settings;
}

base::Result<policy::transfer::TransferPolicy> transfer_policy_of(const std::vector<std::string>& texts) {
  if (texts.size() > kRulesMax)
    return base::fail("there are more than " + std::to_string(kRulesMax) + " rules");
  std::vector<policy::transfer::Rule> rules;
  rules.reserve(texts.size());
  for (const std::string& text : texts) {
    auto rule = policy::transfer::parse_rule(text);
    if (!rule) return base::fail(quoted(text) + ": " + rule.error().message, rule.error().hint);
    rules.push_back(std::move(*rule));
  }
  return policy::transfer::TransferPolicy(std::move(rules));
}

base::Result<policy::update::UpdatePolicy> policy_of(const ZoneSettings& settings, dns::NameView apex) {
  std::vector<policy::update::Rule> rules;
  rules.reserve(settings.update_policy.size());
  for (const std::string& text : settings.update_policy) {
    auto rule = policy::update::parse_rule(text, apex);
    if (!rule) return base::fail(quoted(text) + ": " + rule.error().message, rule.error().hint);
    rules.push_back(std::move(*rule));
  }
  return policy::update::UpdatePolicy(std::move(rules));
}

std::optional<Misfit> misfit_of(const ZoneSettings& settings, dns::NameView apex) {
  if (!settings.primaries.empty()) {
    if (!settings.update_policy.empty())
      return misfit("update_policy", "a secondary takes no updates",
                    "forward_updates passes them on to its primaries");
    if (settings.zonemd)
      return misfit("zonemd", "a secondary has the ZONEMD record that its primaries give it");
  } else {
    if (!settings.allow_notify.empty())
      return misfit("allow_notify", "allow_notify is for secondaries, and the zone has no primaries");
    if (!settings.forward_updates.empty())
      return misfit("forward_updates", "forward_updates is for secondaries, and the zone has no primaries");
  }
  return catalog_misfit_of(settings, apex);
}

base::Result<void> check(const ZoneSettings& settings, dns::NameView apex) {
  if (auto checked = check_lists<ZoneSettings>(settings, kLists, ""); !checked) return checked;
  if (auto rules = policy_of(settings, apex); !rules) return std::unexpected(rules.error());
  if (auto checked = check_lists<MemberSettings>(settings.members, kMemberLists, "members: "); !checked)
    return checked;
  if (auto checked = check_groups(settings); !checked) return checked;
  if (auto found = misfit_of(settings, apex)) return std::unexpected(std::move(found->error));
  return {};
}

}  // namespace atlas::control::zones
