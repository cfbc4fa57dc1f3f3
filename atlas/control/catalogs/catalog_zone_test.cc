#include "atlas/control/catalogs/catalog_zone.h"

#include <gmock/gmock.h>

#include "atlas/zone/load.h"

namespace atlas::control::catalogs {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

std::shared_ptr<const zone::Zone> load(const std::string& text) {
  const auto loaded = zone::load_zone_text(text, name_of("catalog.example."));
  EXPECT_NE(loaded.zone, nullptr) << base::summary(loaded.diagnostics.front());
  return loaded.zone;
}

std::shared_ptr<const zone::Zone> catalog_of(const std::string& records,
                                             const std::string& version = "version 0 TXT \"2\"\n") {
  return load("@ 0 SOA invalid. invalid. 1 3600 600 2419200 0\n@ 0 NS invalid.\n" + version + records);
}

std::string error_of(const std::shared_ptr<const zone::Zone>& catalog) {
  const auto members = read_catalog(*catalog);
  return members ? "" : members.error().message;
}

Member member(const std::string& zone, const std::string& label, std::vector<std::string> groups = {},
              std::optional<dns::Name> new_owner = {}) {
  return {.zone = name_of(zone), .label = label, .groups = std::move(groups), .new_owner = new_owner};
}

// The catalog after the edits that make it list `members`.
std::shared_ptr<const zone::Zone> made_of(const std::shared_ptr<const zone::Zone>& catalog,
                                          const std::vector<Member>& members) {
  auto edited = zone::edit_zone(*catalog, edits_for(*catalog, members));
  EXPECT_TRUE(edited) << edited.error().message;
  return *edited;
}

TEST(ReadCatalog, MembersInOrderOfTheirZones) {
  const auto members =
      read_catalog(*catalog_of("A1.zones 0 PTR b.example.\n"
                               "zz.ZONES 0 PTR A.Example.\n"
                               "n\\.3.zones 0 PTR c.a.example.\n"));
  ASSERT_TRUE(members) << members.error().message;
  EXPECT_THAT(*members, ElementsAre(member("a.example.", "zz"), member("c.a.example.", "n\\.3"),
                                    member("b.example.", "a1")));
}

TEST(ReadCatalog, NoMembers) {
  EXPECT_THAT(read_catalog(*catalog_of("")).value(), IsEmpty());
}

TEST(ReadCatalog, GroupsAreStringsOfOneRecordOrOfSeveral) {
  const auto members =
      read_catalog(*catalog_of("a.zones 0 PTR a.example.\n"
                               "group.a.zones 0 TXT one two\n"
                               "b.zones 0 PTR b.example.\n"
                               "GROUP.b.zones 0 TXT one\n"
                               "group.b.zones 0 TXT \"other group\"\n"));
  ASSERT_TRUE(members) << members.error().message;
  EXPECT_THAT(*members, ElementsAre(member("a.example.", "a", {"one", "two"}),
                                    member("b.example.", "b", {"one", "other group"})));
}

TEST(ReadCatalog, NewOwner) {
  const auto members =
      read_catalog(*catalog_of("a.zones 0 PTR a.example.\n"
                               "coo.a.zones 0 PTR new.example.\n"));
  ASSERT_TRUE(members) << members.error().message;
  EXPECT_THAT(*members, ElementsAre(member("a.example.", "a", {}, name_of("new.example."))));
}

TEST(ReadCatalog, WhatIsUnknownIsPassedOver) {
  // As BIND has it, properties of another type, of a node that is no member, deeper ones, and records beside.
  const auto members =
      read_catalog(*catalog_of("primaries.ext 0 A 192.0.2.1\n"
                               "a.zones 0 PTR a.example.\n"
                               "a.zones 0 TXT text\n"
                               "primaries.ext.a.zones 0 A 192.0.2.1\n"
                               "group.a.zones 0 A 192.0.2.1\n"
                               "coo.a.zones 0 TXT text\n"
                               "group.ext.a.zones 0 TXT text\n"
                               "group.b.zones 0 TXT text\n"
                               "coo.b.zones 0 PTR one.example.\n"
                               "coo.b.zones 0 PTR two.example.\n"
                               "c.zones 0 TXT text\n"
                               "zones 0 PTR other.example.\n"
                               "d.other 0 PTR other.example.\n"));
  ASSERT_TRUE(members) << members.error().message;
  EXPECT_THAT(*members, ElementsAre(member("a.example.", "a")));
}

TEST(ReadCatalog, BrokenVersions) {
  EXPECT_THAT(error_of(catalog_of("", "")), HasSubstr("no TXT record at version.catalog.example."));
  EXPECT_THAT(error_of(catalog_of("", "version 0 A 192.0.2.1\n")), HasSubstr("no TXT record"));
  EXPECT_THAT(error_of(catalog_of("", "version 0 TXT \"1\"\n")), HasSubstr("\"1\""));
  EXPECT_THAT(error_of(catalog_of("", "version 0 TXT \"2\" \"\"\n")), HasSubstr("schema version"));
  EXPECT_THAT(error_of(catalog_of("", "version 0 TXT \"2\"\nversion 0 TXT \"1\"\n")),
              HasSubstr("more than one schema version"));
}

TEST(ReadCatalog, BrokenMembers) {
  EXPECT_THAT(error_of(catalog_of("a.zones 0 PTR a.example.\na.zones 0 PTR b.example.\n")),
              HasSubstr("a.zones.catalog.example. names 2 zones"));
  EXPECT_THAT(error_of(catalog_of("a.zones 0 PTR a.example.\nb.zones 0 PTR A.example.\n")),
              HasSubstr("a.example. is a member twice"));
  EXPECT_THAT(error_of(catalog_of("a.zones 0 PTR a.example.\n"
                                  "coo.a.zones 0 PTR one.example.\ncoo.a.zones 0 PTR two.example.\n")),
              HasSubstr("a.example. has more than one new owner"));
  std::string groups = "a.zones 0 PTR a.example.\n";
  for (size_t i = 0; i <= kGroupsMax; ++i) groups += "group.a.zones 0 TXT g" + std::to_string(i) + '\n';
  EXPECT_THAT(error_of(catalog_of(groups)), HasSubstr("too many groups"));
}

TEST(MemberLabel, IsOfNameAndGeneration) {
  const std::string label = member_label(name_of("a.example."), 1);
  EXPECT_EQ(label, member_label(name_of("A.Example."), 1));
  EXPECT_NE(label, member_label(name_of("a.example."), 2));
  EXPECT_NE(label, member_label(name_of("b.example."), 1));
  EXPECT_THAT(label, testing::MatchesRegex("[0-9a-f]{32}"));
}

TEST(MakeCatalog, EmptyOneCanBeRead) {
  const auto catalog = load(empty_catalog_text(name_of("catalog.example."), 17));
  EXPECT_EQ(catalog->serial(), 17u);
  EXPECT_THAT(read_catalog(*catalog).value(), IsEmpty());
  EXPECT_THAT(edits_for(*catalog, {}), IsEmpty());
}

TEST(MakeCatalog, ListsWhatItShould) {
  const std::vector<Member> first = {member("a.example.", "one", {"fast"}), member("b.example.", "two")};
  const auto catalog = made_of(load(empty_catalog_text(name_of("catalog.example."), 1)), first);
  EXPECT_EQ(read_catalog(*catalog).value(), first);
  EXPECT_THAT(edits_for(*catalog, first), IsEmpty());

  // Another group, none any more, one that went, one that came under another label.
  const std::vector<Member> second = {member("a.example.", "one"), member("b.example.", "three", {"slow"})};
  const auto next = made_of(catalog, second);
  EXPECT_EQ(read_catalog(*next).value(), second);
  EXPECT_THAT(edits_for(*next, second), IsEmpty());
  EXPECT_EQ(edits_for(*next, {}).size(), 3u);
  EXPECT_THAT(read_catalog(*made_of(next, {})).value(), IsEmpty());
}

TEST(MakeCatalog, BrokenOneIsMended) {
  const auto catalog = catalog_of(
      "a.zones 0 PTR a.example.\na.zones 0 PTR x.example.\n"
      "coo.a.zones 0 PTR x.example.\ncoo.a.zones 0 PTR y.example.\n"
      "b.zones 0 PTR a.example.\n",
      "version 0 TXT \"1\"\n");
  EXPECT_EQ(read_catalog(*made_of(catalog, {member("a.example.", "a")})).value(),
            std::vector{member("a.example.", "a")});
}

TEST(MakeCatalog, PropertiesOfOthersStayWithTheirMember) {
  const auto catalog = catalog_of(
      "global.ext 0 TXT text\n"
      "a.zones 0 PTR a.example.\n"
      "coo.a.zones 0 PTR new.example.\n"
      "x.ext.a.zones 0 TXT text\n"
      "b.zones 0 PTR b.example.\n"
      "coo.b.zones 0 PTR new.example.\n"
      "x.ext.b.zones 0 TXT text\n");
  const auto made = made_of(catalog, {member("a.example.", "a")});
  EXPECT_EQ(read_catalog(*made).value(), std::vector{member("a.example.", "a", {}, name_of("new.example."))});
  std::vector<std::string> owners;
  made->for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    if (rrset.type == dns::RRType::TXT) owners.push_back(dns::to_text(owner));
  });
  EXPECT_THAT(owners, testing::UnorderedElementsAre("global.ext.catalog.example.", "version.catalog.example.",
                                                    "x.ext.a.zones.catalog.example."));
}

}  // namespace
}  // namespace atlas::control::catalogs
