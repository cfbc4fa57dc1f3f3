#include "atlas/update/apply.h"

#include <unordered_set>

#include "atlas/update/checks.h"
#include "atlas/update/draft.h"
#include "atlas/zone/soa.h"

namespace atlas::update {
namespace {

using dns::NameView;
using dns::RRClass;
using dns::RRType;

// zone::RRsetEdit takes no more.
constexpr size_t kRRsetRecordsMax = 65535;

// RFC 1982 3.2. Half of the circle away, where it is undefined which is greater, neither is.
bool is_serial_greater(uint32_t a, uint32_t b) {
  return a != b && a - b < 0x80000000;
}

std::vector<uint8_t> with_raised_serial(base::Bytes soa) {
  std::vector<uint8_t> raised(soa.begin(), soa.end());
  const uint32_t serial = zone::soa_serial(soa) + 1;
  base::store_u32(&raised[raised.size() - 20], serial == 0 ? 1 : serial);
  return raised;
}

RRType covered_by(const Record& record) {
  return record.type == RRType::RRSIG && record.rdata.size() >= 2
             ? static_cast<RRType>(base::load_u16(record.rdata.data()))
             : RRType{};
}

// RFC 2181 8: a TTL with the highest bit set is 0.
uint32_t ttl_of(const Record& record) {
  return record.ttl > dns::kTtlMax ? 0 : record.ttl;
}

// Another takes the place of the one that is there.
bool has_one_record(RRType type) {
  return type == RRType::CNAME || type == RRType::DNAME || type == RRType::SOA;
}

class Applier {
 public:
  explicit Applier(const zone::Zone& zone) : zone_(zone), draft_(zone) {}

  void apply(const Record& record, uint16_t records_max);
  std::expected<Applied, Refusal> finish(const Request& request);

 private:
  bool is_apex(const DraftName& name) const { return name.owner() == zone_.apex(); }
  // RFC 2136 3.4.2.2 and what BIND passes over.
  bool is_passed_over(DraftName& name, const Record& record, uint16_t records_max);
  void add(DraftName& name, const Record& record);
  void remove_rrsets(DraftName& name, const Record& record);
  void remove_record(DraftName& name, const Record& record);
  void remove_orphaned_ds();
  // A name server of the zone that would have no address by this update.
  std::optional<dns::Name> lost_name_server();
  bool is_reachable(NameView host, const auto& has) const;
  // The name or one above it.
  bool is_touched(NameView host) const;
  std::vector<Record> added_of(const Request& request) const;

  const zone::Zone& zone_;
  Draft draft_;
  bool serial_raised_ = false;
  // What could leave a DS without NS, or a name server of the zone without an address.
  bool delegations_touched_ = false;
  bool servers_touched_ = false;
  bool apex_touched_ = false;
};

void Applier::apply(const Record& record, uint16_t records_max) {
  DraftName& name = draft_.name(record.owner);
  const bool any = record.type == RRType::ANY;
  apex_touched_ |= is_apex(name);
  delegations_touched_ |= any || record.type == RRType::NS || record.type == RRType::DS;
  servers_touched_ |= any || record.type == RRType::A || record.type == RRType::AAAA ||
                      record.type == RRType::CNAME || record.type == RRType::DNAME ||
                      record.type == RRType::NS;
  switch (record.rr_class) {
    case RRClass::IN:
      if (!is_passed_over(name, record, records_max)) add(name, record);
      break;
    case RRClass::ANY:
      remove_rrsets(name, record);
      break;
    default:
      remove_record(name, record);
      break;
  }
}

bool Applier::is_passed_over(DraftName& name, const Record& record, uint16_t records_max) {
  // RFC 973: MX took their place.
  if (record.type == RRType::MD || record.type == RRType::MF) return true;
  // RFC 4592 4.2, 4.4: their meaning is undefined.
  if ((record.type == RRType::NS || record.type == RRType::DNAME) && name.owner().is_wildcard()) return true;
  if (record.type == RRType::DS && is_apex(name)) return true;
  if (record.type == RRType::CNAME) {
    if (name.has_other_than_cname()) return true;
  } else if (!may_stand_beside_cname(record.type) && name.has(RRType::CNAME)) {
    return true;
  }
  if (record.type == RRType::SOA) {
    if (!is_apex(name)) return true;
    return !is_serial_greater(zone::soa_serial(record.rdata),
                              zone::soa_serial(name.rrset(RRType::SOA).entries().begin()->second.rdata));
  }
  if (records_max == 0 || has_one_record(record.type)) return false;
  const DraftRRset& rrset = name.rrset(record.type, covered_by(record));
  return rrset.size() >= records_max && rrset.find(record.rdata) == nullptr;
}

void Applier::add(DraftName& name, const Record& record) {
  name.add(record.type, covered_by(record), record.rdata, ttl_of(record));
  serial_raised_ |= record.type == RRType::SOA;
}

// RFC 2136 3.4.2.3.
void Applier::remove_rrsets(DraftName& name, const Record& record) {
  const auto stays = [&](RRType type) {
    if (type == RRType::RRSIG || type == RRType::NSEC) return true;
    return is_apex(name) && (type == RRType::SOA || type == RRType::NS || type == RRType::NSEC3PARAM);
  };
  if (record.type == RRType::ANY) {
    name.remove_rrsets([&](RRType type) { return !stays(type); });
  } else if (!stays(record.type)) {
    name.remove_rrset(record.type);
  }
}

// RFC 2136 3.4.2.4.
void Applier::remove_record(DraftName& name, const Record& record) {
  if (is_apex(name)) {
    if (record.type == RRType::SOA) return;
    if (record.type == RRType::NS && name.rrset(RRType::NS).size() == 1) return;
  }
  name.remove(record.type, covered_by(record), record.rdata);
}

// RFC 4035 2.4: DS stands at a delegation only.
void Applier::remove_orphaned_ds() {
  if (!delegations_touched_) return;
  for (DraftName& name : draft_.names()) {
    const DraftRRset* const ns = name.touched(RRType::NS);
    const DraftRRset* const ds = name.touched(RRType::DS);
    if ((ns != nullptr && ns->changed()) || (ds != nullptr && ds->changed())) {
      if (!name.has(RRType::NS)) name.remove_rrset(RRType::DS);
    }
  }
}

// Whether a name server of the zone can be reached by what `has(name, type)` says of each name on the way.
bool Applier::is_reachable(NameView host, const auto& has) const {
  const size_t apex_labels = zone_.apex().label_count(), labels = host.label_count();
  for (size_t depth = apex_labels; depth <= labels; ++depth) {
    // The child zone has the address, or says that there is none.
    if (depth > apex_labels && has(host.suffix(depth), RRType::NS)) return true;
    if (depth < labels && has(host.suffix(depth), RRType::DNAME)) return false;
  }
  if (has(host, RRType::A) || has(host, RRType::AAAA)) return true;
  const zone::Zone::Found found = zone_.find(host);
  if (found.exact || !found.wildcard || has(host, RRType::CNAME)) return false;
  return found.wildcard->find(RRType::A) || found.wildcard->find(RRType::AAAA);
}

bool Applier::is_touched(NameView host) const {
  for (; host.size() > zone_.apex().size(); host = host.parent()) {
    if (draft_.touched(host) != nullptr) return true;
  }
  return apex_touched_;
}

std::optional<dns::Name> Applier::lost_name_server() {
  if (!servers_touched_) return {};
  const auto had = [&](NameView name, RRType type) {
    const zone::Zone::Found found = zone_.find(name);
    return found.exact && found.node.find(type).has_value();
  };
  const auto has = [&](NameView name, RRType type) {
    const DraftName* const touched = draft_.touched(name);
    return touched != nullptr ? touched->has(type) : had(name, type);
  };
  const DraftRRset& servers = draft_.name(zone_.apex()).rrset(RRType::NS);
  for (const auto& [canonical, entry] : servers.entries()) {
    const auto host = dns::view_name(entry.rdata);
    if (!host || !host->is_at_or_below(zone_.apex())) continue;
    if (entry.was && !is_touched(*host)) continue;
    // What was wrong before is not this update's doing.
    if (!is_reachable(*host, has) && !(entry.was && !is_reachable(*host, had))) return dns::Name(*host);
  }
  return {};
}

// The records that the update adds and that are in the zone behind it.
std::vector<Record> Applier::added_of(const Request& request) const {
  std::vector<Record> added;
  std::unordered_set<const DraftRRset::Entry*> known;
  for (const Record& record : request.updates) {
    if (record.rr_class != RRClass::IN || record.type == RRType::SOA) continue;
    const DraftRRset* const rrset = draft_.touched(record.owner)->touched(record.type, covered_by(record));
    const DraftRRset::Entry* const entry = rrset == nullptr ? nullptr : rrset->find(record.rdata);
    if (entry == nullptr || !known.insert(entry).second) continue;
    Record& each = added.emplace_back(record);
    each.ttl = rrset->ttl();
  }
  return added;
}

std::expected<Applied, Refusal> Applier::finish(const Request& request) {
  remove_orphaned_ds();
  if (const auto lost = lost_name_server()) {
    return std::unexpected(
        refused("the name server " + dns::to_text(lost->view()) + " of the zone would have no address"));
  }
  Applied applied;
  applied.edits = draft_.edits();
  for (const zone::RRsetEdit& edit : applied.edits) {
    if (edit.rdatas.size() > kRRsetRecordsMax)
      return std::unexpected(refused(dns::to_text(edit.owner.view()) + ' ' + dns::to_text(edit.type) +
                                     " would have too many records"));
  }
  if (!applied.edits.empty() && !serial_raised_) applied.edits.push_back(raise_serial(zone_));
  applied.added = added_of(request);
  return applied;
}

}  // namespace

zone::RRsetEdit raise_serial(const zone::Zone& zone) {
  const auto soa = zone.apex_node().find(RRType::SOA);
  return {zone.apex(), RRType::SOA, {}, soa->view().ttl, {with_raised_serial(soa->view().first())}};
}

std::expected<Applied, Refusal> apply(const zone::Zone& zone, const Request& request,
                                      const policy::update::UpdatePolicy& policy,
                                      const policy::update::Requester& requester) {
  if (!policy.knows(requester, zone.apex()))
    return std::unexpected(refused(requester.to_text() + " may not update this zone"));
  if (zone.apex_node().find(RRType::DNSKEY)) {
    return std::unexpected(
        refused("the zone is signed, and is not changed by updates", dns::ExtendedError::NotSupported));
  }
  const auto limits = check_updates(zone, request, policy, requester);
  if (!limits) return std::unexpected(limits.error());
  if (auto checked = check_prerequisites(zone, request); !checked) return std::unexpected(checked.error());
  Applier applier(zone);
  for (size_t i = 0; i < request.updates.size(); ++i) applier.apply(request.updates[i], (*limits)[i]);
  return applier.finish(request);
}

}  // namespace atlas::update
