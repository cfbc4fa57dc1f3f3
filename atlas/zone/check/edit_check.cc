#include "atlas/zone/check/edit_check.h"

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/zone/check/checks.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::zone::check {
namespace {

using dns::RRType;

struct CanonicalLess {
  bool operator()(const dns::Name& a, const dns::Name& b) const { return dns::compare_canonical(a, b) < 0; }
};

// What may stand below a DNAME: hashed owners of the apex (RFC 6672 5.3).
constexpr TypeSet kTypesBelowDname = type_bits(RRType::NSEC3, RRType::RRSIG);

// The names of the edited zone that a check could look at, with all their records.
class Excerpt {
 public:
  Excerpt(const Zone& zone, std::span<const RRsetEdit> edits) : zone_(zone) {
    for (const RRsetEdit& edit : edits) {
      if (!edit.owner.view().is_at_or_below(zone_.apex())) continue;
      std::vector<const RRsetEdit*>& of_owner = edits_[edit.owner];
      std::erase_if(of_owner,
                    [&](const RRsetEdit* before) { return is_of(*before, edit.type, edit.covered); });
      of_owner.push_back(&edit);
    }
  }

  // In canonical order.
  const RecordList& make() {
    add(zone_.apex());
    for (const auto& [owner, edits] : edits_) {
      add_with_those_above(owner);
      add_hidden_below(owner);
    }
    add_apex_servers();
    records_.sort();
    return records_;
  }

 private:
  static bool is_of(const RRsetEdit& edit, RRType type, RRType covered) {
    return edit.type == type && (type != RRType::RRSIG || edit.covered == covered);
  }

  // The types that a name has now; none if it owns nothing.
  TypeSet add(const dns::Name& name) {
    const auto [place, is_new] = types_.try_emplace(name, TypeSet{0});
    if (is_new) place->second = add_records(name);
    return place->second;
  }

  TypeSet add_records(const dns::Name& name) {
    const auto changed = edits_.find(name);
    TypeSet types = 0;
    dns::Name owner = changed == edits_.end() ? name : changed->first;
    // Owners of NSEC3 are apart.
    for (const RRType part : {RRType::A, RRType::NSEC3}) {
      const auto node = zone_.owner_of(name, part);
      if (!node) continue;
      owner = node->name();
      node->for_each_rrset([&](const RRset& rrset) {
        const RRType covered = rrset.type() == RRType::RRSIG ? covered_type(rrset.view().first()) : RRType{};
        const auto replaces = [&](const RRsetEdit* edit) { return is_of(*edit, rrset.type(), covered); };
        if (changed != edits_.end() && std::ranges::any_of(changed->second, replaces)) return;
        for (const base::Bytes rdata : rrset.view()) add_record(owner, rrset.type(), rdata, types);
      });
    }
    if (changed == edits_.end()) return types;
    for (const RRsetEdit* edit : changed->second) {
      for (const base::Bytes rdata : edit->rdatas) add_record(owner, edit->type, rdata, types);
    }
    return types;
  }

  // No check whose findings are errors looks at TTLs.
  void add_record(const dns::Name& owner, RRType type, base::Bytes rdata, TypeSet& types) {
    records_.add(owner, type, 0, rdata);
    types |= type_bit(type);
  }

  void add_with_those_above(const dns::Name& name) {
    add(name);
    for (dns::NameView above = name; above.size() > zone_.apex().size();) {
      above = above.parent();
      add(above);
    }
  }

  // A DNAME that comes must have nothing below; what a zone cut hid may be wrong once it goes.
  void add_hidden_below(const dns::Name& owner) {
    const auto node = zone_.owner_of(owner, RRType::A);
    const TypeSet types = add(owner);
    if ((types & type_bit(RRType::DNAME)) != 0 && !(node && node->has_dname())) {
      visit_at_or_below(owner, [&](const dns::Name& name) {
        return name == owner.view() || (add(name) & ~kTypesBelowDname) == 0;
      });
    }
    if (node && node->is_zone_cut() && (types & type_bit(RRType::NS)) == 0) {
      visit_at_or_below(owner, [&](const dns::Name& name) {
        add(name);
        return true;
      });
    }
  }

  // What says whether the servers of the apex have addresses.
  void add_apex_servers() {
    std::vector<dns::Name> servers;
    for (const ListedRecord& record : records_.records()) {
      if (record.type != RRType::NS || records_.owner(record) != zone_.apex()) continue;
      const auto target = dns::additional_name(RRType::NS, records_.rdata(record));
      if (target && target->is_at_or_below(zone_.apex())) servers.emplace_back(*target);
    }
    for (const dns::Name& server : servers) {
      if ((add(server) & kAddressTypes) != 0) continue;
      // Boundaries above it, and the wildcard that would make it, if it does not exist.
      add_with_those_above(server);
      add_existence(server);
      for (dns::NameView above = server; above.size() > zone_.apex().size();) {
        above = above.parent();
        add_existence(above);
        if (const auto wildcard = dns::wildcard_of(above)) add(*wildcard);
      }
    }
  }

  // One name at or below it, if there is one.
  void add_existence(dns::NameView name) {
    visit_at_or_below(name, [&](const dns::Name& below) { return add(below) == 0; });
  }

  // Names that own or owned something, in canonical order, until `visit` says false.
  void visit_at_or_below(dns::NameView top, const auto& visit) {
    ZoneWalk walk(zone_, top);
    const auto next = [&] { return walk.next() && walk.owner().is_at_or_below(top); };
    bool has_old = next();
    auto changed = edits_.lower_bound(top);
    while (has_old || changed != edits_.end()) {
      const bool is_change =
          changed != edits_.end() && (!has_old || dns::compare_canonical(changed->first, walk.owner()) < 0);
      if (is_change && !changed->first.view().is_at_or_below(top)) {
        changed = edits_.end();
        continue;
      }
      if (!visit(is_change ? changed->first : dns::Name(walk.owner()))) return;
      if (is_change) {
        ++changed;
      } else {
        has_old = next();
      }
    }
  }

  const Zone& zone_;
  std::map<dns::Name, std::vector<const RRsetEdit*>, CanonicalLess> edits_;
  std::map<dns::Name, TypeSet, CanonicalLess> types_;  // of the names that were added
  RecordList records_;
};

}  // namespace

base::Result<void> check_edit(const Zone& zone, std::span<const RRsetEdit> edits) {
  Excerpt excerpt(zone, edits);
  DiagnosticLog log(1);
  check_errors(excerpt.make(), zone.apex(), log);
  if (log.error_count() == 0) return {};
  const base::Diagnostics found = log.finish({});
  return base::fail(found.front().message, found.front().hint);
}

}  // namespace atlas::zone::check
