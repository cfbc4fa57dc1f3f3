// Catalogs from arbitrary zone texts: what can be read is well formed, and a catalog that is made to list
// something else lists that.
#include <algorithm>
#include <string>

#include "atlas/base/assert.h"
#include "atlas/control/catalogs/catalog_zone.h"
#include "atlas/zone/load.h"

namespace {

using namespace atlas;
using control::catalogs::Member;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("c.test.").value();
  return name;
}

void check(const std::vector<Member>& members) {
  ATLAS_ASSERT(members.size() <= control::catalogs::kMembersMax);
  for (size_t i = 0; i < members.size(); ++i) {
    ATLAS_ASSERT(!members[i].label.empty());
    ATLAS_ASSERT(members[i].groups.size() <= control::catalogs::kGroupsMax);
    ATLAS_ASSERT(i == 0 || dns::compare_canonical(members[i - 1].zone, members[i].zone) < 0);
  }
}

// Every other one, and one more.
std::vector<Member> others(const std::vector<Member>& members) {
  std::vector<Member> made;
  for (size_t i = 0; i < members.size(); i += 2) {
    made.push_back(members[i]);
    made.back().new_owner.reset();
    made.back().label = control::catalogs::member_label(members[i].zone, 0);
  }
  Member more{.zone = dns::parse_name("zz.zz.").value(), .label = "more", .groups = {"g"}, .new_owner = {}};
  if (std::ranges::find(made, more.zone, &Member::zone) == made.end()) made.push_back(more);
  std::ranges::sort(
      made, [](const Member& a, const Member& b) { return dns::compare_canonical(a.zone, b.zone) < 0; });
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text = "$TTL 0\n@ SOA . . 1 1 1 1 1\n@ NS invalid.\n";
  text.append(reinterpret_cast<const char*>(data), size);
  const auto loaded = zone::load_zone_text(std::move(text), apex());
  if (loaded.zone == nullptr) return 0;
  const auto members = control::catalogs::read_catalog(*loaded.zone);
  if (members) check(*members);
  const std::vector<Member> wanted = others(members.value_or(std::vector<Member>()));
  const auto edits = control::catalogs::edits_for(*loaded.zone, wanted);
  const auto edited = zone::edit_zone(*loaded.zone, edits);
  ATLAS_ASSERT(edited.has_value());
  const auto read = control::catalogs::read_catalog(**edited);
  ATLAS_ASSERT(read.has_value());
  ATLAS_ASSERT(read->size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    ATLAS_ASSERT((*read)[i].zone == wanted[i].zone && (*read)[i].label == wanted[i].label);
    ATLAS_ASSERT(std::ranges::is_permutation((*read)[i].groups, wanted[i].groups));
  }
  return 0;
}
