#include "atlas/update/draft.h"

#include <algorithm>

#include "atlas/dns/rdata.h"

namespace atlas::update {
namespace {

using dns::RRType;

// WKS: an address and a protocol (RFC 2136 3.4.2.2).
constexpr size_t kWksKeyOctets = 5;
// RRSIG: covered type and algorithm, and where the key tag lies (RFC 4034 3.1).
constexpr size_t kRrsigPrefixOctets = 3;
constexpr size_t kRrsigKeyTagAt = 16;
// NSEC3PARAM: the hash, then the flags, then iterations and salt (RFC 5155 4.2).
constexpr size_t kNsec3HashOctets = 1;
constexpr size_t kNsec3FlagsEnd = 2;

}  // namespace

std::vector<uint8_t> canonical_rdata(RRType type, base::Bytes rdata) {
  std::vector<uint8_t> canonical(rdata.begin(), rdata.end());
  dns::make_canonical(type, canonical);
  return canonical;
}

bool may_stand_beside_cname(RRType type) {
  return type == RRType::CNAME || type == RRType::RRSIG || type == RRType::NSEC || type == RRType::SIG ||
         type == RRType::KEY || type == RRType::NXT;
}

DraftRRset::DraftRRset(RRType type, const dns::RRsetView& view)
    : type_(type), size_before_(view.count), ttl_(view.ttl), ttl_before_(view.ttl) {
  // They are in canonical order already.
  for (const base::Bytes rdata : view) {
    entries_.emplace_hint(entries_.end(), canonical_rdata(type, rdata),
                          Entry{{rdata.begin(), rdata.end()}, true});
  }
}

const DraftRRset::Entry* DraftRRset::find(base::Bytes rdata) const {
  const auto found = entries_.find(canonical_rdata(type_, rdata));
  return found == entries_.end() ? nullptr : &found->second;
}

void DraftRRset::add(base::Bytes rdata, uint32_t ttl) {
  ttl_ = ttl;
  std::vector<uint8_t> canonical = canonical_rdata(type_, rdata);
  if (const auto gone = gone_.find(canonical); gone != gone_.end()) {
    entries_.insert(gone_.extract(gone));
  } else {
    entries_.try_emplace(std::move(canonical), Entry{{rdata.begin(), rdata.end()}, false});
  }
}

DraftRRset::Entries::iterator DraftRRset::remove(Entries::iterator at) {
  const auto next = std::next(at);
  if (at->second.was) {
    gone_.insert(entries_.extract(at));
  } else {
    entries_.erase(at);
  }
  return next;
}

DraftName::DraftName(const zone::Zone& zone, dns::NameView owner) : owner_(owner) {
  const zone::Zone::Found found = zone.find(owner);
  if (!found.exact) return;
  node_ = found.node;
  owner_ = node_->name();
  node_->for_each_rrset([&](const zone::RRset& rrset) { note(rrset.type(), 0, 1); });
}

bool DraftName::has(RRType type) const {
  const auto found = rrsets_.find({type, RRType{}});
  if (found != rrsets_.end()) return found->second.size() != 0;
  return node_ && node_->find(type).has_value();
}

DraftRRset& DraftName::rrset(RRType type, RRType covered) {
  const Key key{type, covered};
  const auto found = rrsets_.find(key);
  if (found != rrsets_.end()) return found->second;
  dns::RRsetView view;
  if (node_ && type != RRType::RRSIG) {
    if (const auto rrset = node_->find(type)) view = rrset->view();
  } else if (node_) {
    node_->for_each_rrset([&](const zone::RRset& each) {
      if (each.type() == RRType::RRSIG &&
          base::load_u16(each.view().first().data()) == static_cast<uint16_t>(covered))
        view = each.view();
    });
  }
  return rrsets_.emplace(key, DraftRRset(type, view)).first->second;
}

const DraftRRset* DraftName::touched(RRType type, RRType covered) const {
  const auto found = rrsets_.find({type, covered});
  return found == rrsets_.end() ? nullptr : &found->second;
}

void DraftName::note(RRType type, size_t size_before, size_t size_after) {
  if (may_stand_beside_cname(type)) return;
  if (size_before == 0 && size_after != 0) ++others_;
  if (size_before != 0 && size_after == 0) --others_;
}

void DraftName::touch_all() {
  if (all_touched_ || !node_) return;
  all_touched_ = true;
  node_->for_each_rrset([&](const zone::RRset& each) {
    const dns::RRsetView& view = each.view();
    const auto covered =
        each.type() == RRType::RRSIG ? static_cast<RRType>(base::load_u16(view.first().data())) : RRType{};
    rrsets_.try_emplace(Key{each.type(), covered}, each.type(), view);
  });
}

void DraftName::add(RRType type, RRType covered, base::Bytes rdata, uint32_t ttl) {
  DraftRRset& rrset = this->rrset(type, covered);
  const size_t size_before = rrset.size();
  const std::vector<uint8_t> canonical = canonical_rdata(type, rdata);
  const auto is_another = [&](base::Bytes each) { return !std::ranges::equal(each, canonical); };
  switch (type) {
    case RRType::CNAME:
    case RRType::DNAME:
    case RRType::SOA:
      rrset.remove_if({}, is_another);
      break;
    case RRType::WKS:
      if (canonical.size() >= kWksKeyOctets)
        rrset.remove_if(base::Bytes(canonical).first(kWksKeyOctets), is_another);
      break;
    case RRType::RRSIG:
      // A key's signature takes the place of the one that it made before.
      rrset.remove_if(base::Bytes(canonical).first(kRrsigPrefixOctets), [&](base::Bytes each) {
        return is_another(each) &&
               base::load_u16(&each[kRrsigKeyTagAt]) == base::load_u16(&canonical[kRrsigKeyTagAt]);
      });
      break;
    case RRType::NSEC3PARAM:
      rrset.remove_if(base::Bytes(canonical).first(kNsec3HashOctets), [&](base::Bytes each) {
        return is_another(each) && std::ranges::equal(each.subspan(kNsec3FlagsEnd),
                                                      base::Bytes(canonical).subspan(kNsec3FlagsEnd));
      });
      break;
    default:
      break;
  }
  rrset.add(rdata, ttl);
  note(type, size_before, rrset.size());
}

void DraftName::remove(RRType type, RRType covered, base::Bytes rdata) {
  DraftRRset& rrset = this->rrset(type, covered);
  const auto found = rrset.entries_.find(canonical_rdata(type, rdata));
  if (found == rrset.entries_.end()) return;
  rrset.remove(found);
  note(type, rrset.size() + 1, rrset.size());
}

void DraftName::remove_rrset(RRType type, RRType covered) {
  DraftRRset& rrset = this->rrset(type, covered);
  const size_t size_before = rrset.size();
  if (size_before == 0) return;
  rrset.remove_if({}, [](base::Bytes) { return true; });
  note(type, size_before, 0);
}

void DraftName::append_edits(std::vector<zone::RRsetEdit>& edits) const {
  for (const auto& [key, rrset] : rrsets_) {
    if (!rrset.changed()) continue;
    zone::RRsetEdit& edit = edits.emplace_back(owner_, key.first, key.second, rrset.ttl());
    edit.rdatas.reserve(rrset.size());
    for (const auto& [canonical, entry] : rrset.entries()) edit.rdatas.push_back(entry.rdata);
  }
}

DraftName& Draft::name(dns::NameView owner) {
  const auto found = by_owner_.find(owner);
  if (found != by_owner_.end()) return *found->second;
  DraftName& name = names_.emplace_back(zone_, owner);
  // Its own spelling outlives that of the update.
  by_owner_.emplace(name.owner(), &name);
  return name;
}

const DraftName* Draft::touched(dns::NameView owner) const {
  const auto found = by_owner_.find(owner);
  return found == by_owner_.end() ? nullptr : found->second;
}

std::vector<zone::RRsetEdit> Draft::edits() const {
  std::vector<zone::RRsetEdit> edits;
  for (const DraftName& name : names_) name.append_edits(edits);
  return edits;
}

}  // namespace atlas::update
