#include "atlas/control/catalogs/catalog_zone.h"

#include <algorithm>
#include <unordered_map>

#include "atlas/base/encoding.h"
#include "atlas/crypto/sha2.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::control::catalogs {
namespace {

using dns::RRType;

constexpr std::string_view kVersionLabel = "version";
constexpr std::string_view kZonesLabel = "zones";
constexpr std::string_view kGroupLabel = "group";
constexpr std::string_view kOwnerLabel = "coo";
constexpr std::string_view kSchemaVersion = "2";
constexpr size_t kMemberLabelOctets = 16;  // of a digest; twice as many digits

std::optional<dns::Name> below(std::string_view label, dns::NameView parent) {
  std::vector<uint8_t> prefix{static_cast<uint8_t>(label.size())};
  prefix.insert(prefix.end(), label.begin(), label.end());
  dns::Name name;
  if (!name.assign(prefix, parent)) return {};
  return name;
}

bool has_first_label(dns::NameView name, std::string_view label) {
  const base::Bytes first = name.first_label();
  return first.size() == label.size() && std::ranges::equal(first, label, [](uint8_t octet, char wanted) {
           return dns::ascii_lower(octet) == static_cast<uint8_t>(wanted);
         });
}

// Escaped, in lower case.
std::string label_text(dns::NameView name) {
  dns::Name label;
  label.assign({name.data(), name.first_label().size() + 1}, {});
  label.make_lower();
  std::string text = dns::to_text(label.view());
  text.pop_back();
  return text;
}

std::vector<std::string> strings_of(base::Bytes rdata) {
  std::vector<std::string> strings;
  for (size_t at = 0; at < rdata.size(); at += 1u + rdata[at]) {
    const base::Bytes octets = rdata.subspan(at + 1, std::min<size_t>(rdata[at], rdata.size() - at - 1));
    strings.emplace_back(octets.begin(), octets.end());
  }
  return strings;
}

// Of up to 255 octets.
std::vector<uint8_t> txt_of(std::string_view text) {
  text = text.substr(0, UINT8_MAX);
  std::vector<uint8_t> rdata{static_cast<uint8_t>(text.size())};
  rdata.insert(rdata.end(), text.begin(), text.end());
  return rdata;
}

dns::Name name_of(base::Bytes rdata) {
  return dns::view_name(rdata).value_or(dns::NameView());
}

const dns::RRsetView* find(const zone::ZoneWalk& walk, RRType type) {
  for (const zone::OwnedRRset& rrset : walk.rrsets()) {
    if (rrset.view.type == type) return &rrset.view;
  }
  return nullptr;
}

base::Result<void> check_version(const zone::Zone& catalog) {
  const auto owner = below(kVersionLabel, catalog.apex());
  std::optional<zone::Node> node;
  if (owner) node = catalog.owner_of(*owner, RRType::TXT);
  const auto rrset = node ? node->find(RRType::TXT) : std::nullopt;
  if (!rrset) return base::fail("it has no TXT record at version." + dns::to_text(catalog.apex()));
  if (rrset->view().count != 1) return base::fail("it has more than one schema version");
  const std::vector<std::string> version = strings_of(rrset->view().first());
  if (version.size() == 1 && version.front() == kSchemaVersion) return {};
  return base::fail(
      "its schema version is " + dns::rdata_to_text(RRType::TXT, rrset->view().first()) + ", not \"2\"",
      "RFC 9432 defines version 2");
}

base::Result<void> read_groups(const dns::RRsetView& rrset, Member& member) {
  for (const base::Bytes rdata : rrset) {
    for (std::string& group : strings_of(rdata)) {
      if (std::ranges::find(member.groups, group) != member.groups.end()) continue;
      if (member.groups.size() == kGroupsMax)
        return base::fail("zone " + dns::to_text(member.zone.view()) + " has too many groups");
      member.groups.push_back(std::move(group));
    }
  }
  return {};
}

// What the owner that the walk is at says of the last member.
base::Result<void> read_property(const zone::ZoneWalk& walk, Member& member) {
  if (has_first_label(walk.owner(), kGroupLabel)) {
    const dns::RRsetView* const groups = find(walk, RRType::TXT);
    return groups != nullptr ? read_groups(*groups, member) : base::Result<void>();
  }
  if (!has_first_label(walk.owner(), kOwnerLabel)) return {};
  const dns::RRsetView* const owner = find(walk, RRType::PTR);
  if (owner == nullptr) return {};
  if (owner->count != 1)
    return base::fail("zone " + dns::to_text(member.zone.view()) + " has more than one new owner");
  member.new_owner = name_of(owner->first());
  return {};
}

// The RRset of a type at a name, in the form of an edit that removes it.
zone::RRsetEdit removal_of(dns::NameView owner, const zone::OwnedRRset& rrset) {
  return {.owner = owner, .type = rrset.view.type, .covered = rrset.covered, .ttl = 0, .rdatas = {}};
}

zone::RRsetEdit ptr_edit(const dns::Name& owner, dns::NameView target) {
  const base::Bytes wire = target.wire();
  return {.owner = owner, .type = RRType::PTR, .ttl = 0, .rdatas = {{wire.begin(), wire.end()}}};
}

zone::RRsetEdit group_edit(const dns::Name& owner, const std::vector<std::string>& groups) {
  zone::RRsetEdit edit{.owner = owner, .type = RRType::TXT, .ttl = 0, .rdatas = {}};
  for (const std::string& group : groups) edit.rdatas.push_back(txt_of(group));
  return edit;
}

}  // namespace

base::Result<std::vector<Member>> read_catalog(const zone::Zone& catalog) {
  if (auto checked = check_version(catalog); !checked) return std::unexpected(checked.error());
  std::vector<Member> members;
  const auto zones = below(kZonesLabel, catalog.apex());
  if (!zones) return members;
  const size_t labels = zones->label_count();
  dns::Name member_node;  // of the last member: properties of others belong to nobody
  zone::ZoneWalk walk(catalog, *zones);
  while (walk.next() && walk.owner().is_at_or_below(*zones)) {
    const size_t depth = walk.owner().label_count() - labels;
    if (depth == 2 && !members.empty() && walk.owner().parent() == member_node.view()) {
      if (auto read = read_property(walk, members.back()); !read) return std::unexpected(read.error());
    }
    const dns::RRsetView* const zone = depth == 1 ? find(walk, RRType::PTR) : nullptr;
    if (zone == nullptr) continue;
    if (zone->count != 1) {
      return base::fail(dns::to_text(walk.owner()) + " names " + std::to_string(zone->count) +
                        " zones, not one");
    }
    if (members.size() == kMembersMax)
      return base::fail("it has more than " + std::to_string(kMembersMax) + " members");
    member_node = walk.owner();
    Member& member = members.emplace_back();
    member.zone = name_of(zone->first());
    member.zone.make_lower();
    member.label = label_text(walk.owner());
  }
  std::ranges::sort(
      members, [](const Member& a, const Member& b) { return dns::compare_canonical(a.zone, b.zone) < 0; });
  const auto twice =
      std::ranges::adjacent_find(members, [](const Member& a, const Member& b) { return a.zone == b.zone; });
  if (twice != members.end())
    return base::fail("zone " + dns::to_text(twice->zone.view()) + " is a member twice");
  return members;
}

std::string member_label(dns::NameView zone, uint64_t generation) {
  dns::Name lower = zone;
  lower.make_lower();
  std::array<uint8_t, 8> octets;
  base::store_u32(octets.data(), static_cast<uint32_t>(generation >> 32));
  base::store_u32(octets.data() + 4, static_cast<uint32_t>(generation));
  crypto::Sha2Digest digest(crypto::Sha2::kSha384);
  digest.update(lower.wire());
  digest.update(octets);
  std::string label;
  base::append_hex(base::Bytes(digest.finish()).first(kMemberLabelOctets), label);
  std::ranges::transform(label, label.begin(), [](char digit) {
    return static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(digit)));
  });
  return label;
}

std::vector<zone::RRsetEdit> edits_for(const zone::Zone& catalog, const std::vector<Member>& members) {
  std::vector<zone::RRsetEdit> edits;
  if (!check_version(catalog)) {
    if (const auto owner = below(kVersionLabel, catalog.apex()))
      edits.push_back({.owner = *owner, .type = RRType::TXT, .ttl = 0, .rdatas = {txt_of(kSchemaVersion)}});
  }
  const auto zones = below(kZonesLabel, catalog.apex());
  if (!zones) return edits;
  const size_t labels = zones->label_count();

  struct Wanted {
    const Member* member;
    bool has_zone = false, has_groups = false;  // as they are to be
  };
  std::unordered_map<std::string_view, Wanted> wanted;
  wanted.reserve(members.size());
  for (const Member& member : members) wanted.emplace(member.label, Wanted{&member});

  dns::Name node;  // below which the walk is
  Wanted* at = nullptr;
  zone::ZoneWalk walk(catalog, *zones);
  while (walk.next() && walk.owner().is_at_or_below(*zones)) {
    const size_t depth = walk.owner().label_count() - labels;
    if (depth == 0) continue;
    if (const dns::NameView here = walk.owner().suffix(labels + 1); here != node.view() || depth == 1) {
      node = here;
      const auto found = wanted.find(label_text(here));
      at = found == wanted.end() ? nullptr : &found->second;
    }
    if (at == nullptr) {
      for (const zone::OwnedRRset& rrset : walk.rrsets()) edits.push_back(removal_of(walk.owner(), rrset));
      continue;
    }
    if (const dns::RRsetView* zone = depth == 1 ? find(walk, RRType::PTR) : nullptr)
      at->has_zone = zone->count == 1 && name_of(zone->first()) == at->member->zone;
    // Whoever names two new owners would make the catalog a broken one.
    const bool is_owner = depth == 2 && has_first_label(walk.owner(), kOwnerLabel);
    if (const dns::RRsetView* owners = is_owner ? find(walk, RRType::PTR) : nullptr;
        owners != nullptr && owners->count != 1)
      edits.push_back({.owner = walk.owner(), .type = RRType::PTR, .ttl = 0, .rdatas = {}});
    const bool is_group = depth == 2 && has_first_label(walk.owner(), kGroupLabel);
    if (const dns::RRsetView* groups = is_group ? find(walk, RRType::TXT) : nullptr) {
      Member read;
      at->has_groups =
          read_groups(*groups, read) && std::ranges::is_permutation(read.groups, at->member->groups);
      if (!at->has_groups && at->member->groups.empty()) {
        edits.push_back({.owner = walk.owner(), .type = RRType::TXT, .ttl = 0, .rdatas = {}});
      }
    }
  }
  for (const Member& member : members) {
    const Wanted& found = wanted.find(member.label)->second;
    const auto owner = dns::parse_name(member.label, *zones);
    if (!owner) continue;
    if (!found.has_zone) edits.push_back(ptr_edit(*owner, member.zone));
    if (found.has_groups || member.groups.empty()) continue;
    if (const auto group = below(kGroupLabel, *owner)) edits.push_back(group_edit(*group, member.groups));
  }
  return edits;
}

std::string empty_catalog_text(dns::NameView catalog, uint32_t serial) {
  const std::string apex = dns::to_text(catalog);
  return apex + "\t0\tIN\tSOA\tinvalid. invalid. " + std::to_string(serial) + " 3600 600 2419200 0\n" + apex +
         "\t0\tIN\tNS\tinvalid.\n" +  //
         std::string(kVersionLabel) + '.' + (catalog.is_root() ? "" : apex) + "\t0\tIN\tTXT\t\"" +
         std::string(kSchemaVersion) + "\"\n";
}

}  // namespace atlas::control::catalogs
