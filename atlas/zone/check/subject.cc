#include "atlas/zone/check/subject.h"

#include <algorithm>
#include <bit>

#include "atlas/base/bytes.h"
#include "atlas/dns/rdata.h"

namespace atlas::zone::check {

std::span<const ListedRecord> Node::rrset(dns::RRType type) const {
  if (!has(type)) return {};
  const auto begin = std::ranges::find(records, type, &ListedRecord::type);
  const auto end =
      std::find_if(begin, records.end(), [type](const ListedRecord& r) { return r.type != type; });
  return {begin, end};
}

Subject::Subject(const RecordList& records, dns::NameView apex, base::WallTime now)
    : records_(records), apex_(apex), now_(now) {
  group();
  if (const Node* node = apex_node(); node != nullptr && node->has(dns::RRType::DNSKEY)) {
    is_signed_ = std::ranges::any_of(node->rrset(dns::RRType::RRSIG), [this](const ListedRecord& rrsig) {
      return rdata(rrsig).size() >= 2 &&
             base::load_u16(rdata(rrsig).data()) == static_cast<uint16_t>(dns::RRType::SOA);
    });
  }
}

void Subject::group() {
  const std::span<const ListedRecord> all = records_.records();
  size_t owners = 0;
  for (size_t i = 0; i < all.size(); ++i) owners += i == 0 || !all[i].shares_owner(all[i - 1]);
  nodes_.reserve(owners);
  for (size_t begin = 0; begin < all.size();) {
    Node node;
    node.owner = records_.owner(all[begin]);
    size_t end = begin;
    while (end < all.size() && all[end].shares_owner(all[begin])) {
      node.types |= type_bit(all[end++].type);
    }
    node.records = all.subspan(begin, end - begin);
    node.is_apex = node.owner == apex_;
    nodes_.push_back(node);
    begin = end;
  }
  // Names below a name follow it in canonical order, so that one pass knows what lies above.
  const Node* boundary = nullptr;
  for (Node& node : nodes_) {
    if (boundary != nullptr && node.owner.is_below(boundary->owner)) {
      node.occluded_by = boundary;
    } else {
      boundary = node.is_zone_cut() || node.has(dns::RRType::DNAME) ? &node : nullptr;
    }
  }
}

void Subject::build_index() const {
  slots_.resize(std::bit_ceil(nodes_.size() * 2 + 1));
  for (size_t i = 0; i < nodes_.size(); ++i) {
    const uint64_t hash = dns::hash(nodes_[i].owner);
    size_t slot = hash & (slots_.size() - 1);
    while (slots_[slot].node != 0) slot = (slot + 1) & (slots_.size() - 1);
    slots_[slot] = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(i + 1)};
  }
}

base::LargeVector<Node>::const_iterator Subject::lower_bound(dns::NameView name) const {
  return std::ranges::lower_bound(
      nodes_, name, [](dns::NameView a, dns::NameView b) { return dns::compare_canonical(a, b) < 0; },
      &Node::owner);
}

const Node* Subject::find(dns::NameView name) const {
  if (searches_ < kSearchesMax) {
    ++searches_;
    const auto at = lower_bound(name);
    return at != nodes_.end() && at->owner == name ? &*at : nullptr;
  }
  if (slots_.empty()) build_index();
  const uint64_t hash = dns::hash(name);
  size_t slot = hash & (slots_.size() - 1);
  for (; slots_[slot].node != 0; slot = (slot + 1) & (slots_.size() - 1)) {
    if (slots_[slot].tag != static_cast<uint32_t>(hash >> 32)) continue;
    const Node& node = nodes_[slots_[slot].node - 1];
    if (node.owner == name) return &node;
  }
  return nullptr;
}

bool Subject::exists(dns::NameView name) const {
  const auto at = lower_bound(name);
  return at != nodes_.end() && at->owner.is_at_or_below(name);
}

const Node* Subject::wildcard_for(dns::NameView name) const {
  if (exists(name)) return nullptr;
  dns::NameView encloser = name;
  do {
    if (encloser.size() <= apex_.size()) return nullptr;
    encloser = encloser.parent();
  } while (!exists(encloser));
  const auto wildcard = dns::wildcard_of(encloser);
  return wildcard ? find(*wildcard) : nullptr;
}

const Node* Subject::boundary_of(dns::NameView name) const {
  const Node* highest = nullptr;
  for (dns::NameView at = name; at.size() > apex_.size(); at = at.parent()) {
    const Node* node = find(at);
    if (node == nullptr) continue;
    const bool is_dname_above = node->has(dns::RRType::DNAME) && at.size() < name.size();
    if (node->is_zone_cut() || is_dname_above) highest = node;
  }
  const Node* node = apex_node();
  if (node != nullptr && node->has(dns::RRType::DNAME) && name.size() > apex_.size()) return node;
  return highest;
}

Target Subject::resolve(dns::NameView target) const {
  if (!target.is_at_or_below(apex_)) return Target::kOutside;
  const Node* node = find(target);
  if (node != nullptr && node->has_any(kAddressTypes)) return Target::kHasAddress;
  if (const Node* boundary = boundary_of(target); boundary != nullptr) {
    return boundary->has(dns::RRType::DNAME) && !boundary->is_zone_cut() ? Target::kAlias : Target::kOutside;
  }
  if (node == nullptr) node = wildcard_for(target);
  if (node == nullptr) return Target::kNoAddress;
  if (node->has(dns::RRType::CNAME)) return Target::kAlias;
  return node->has_any(kAddressTypes) ? Target::kHasAddress : Target::kNoAddress;
}

bool Subject::is_ns_target(const Node& node) const {
  if (ns_targets_.empty()) {
    ns_targets_.resize(nodes_.size());
    for (const Node& owner : nodes_) {
      for (const ListedRecord& ns : owner.rrset(dns::RRType::NS)) {
        const auto target = dns::additional_name(dns::RRType::NS, rdata(ns));
        const Node* found = target ? find(*target) : nullptr;
        if (found != nullptr) ns_targets_[static_cast<size_t>(found - nodes_.data())] = true;
      }
    }
  }
  return ns_targets_[static_cast<size_t>(&node - nodes_.data())];
}

std::string Findings::decorated(const std::string& message) const {
  return message + " (" + std::string(name_->reference) + ") [" + std::string(name_->id) + ']';
}

void Findings::add(const ListedRecord& record, const std::string& message, std::string hint) {
  log_.add(name_->severity, record.file, subject_.list().position(record), decorated(message),
           std::move(hint));
}

void Findings::add(const std::string& message, std::string hint) {
  // The first record's file stands for the zone.
  const auto records = subject_.list().records();
  log_.add(name_->severity, records.empty() ? uint16_t{1} : records.front().file, {}, decorated(message),
           std::move(hint));
}

}  // namespace atlas::zone::check
