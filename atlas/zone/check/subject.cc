#include "atlas/zone/check/subject.h"

#include <algorithm>
#include <bit>
#include <ranges>

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

Subject::Subject(const RecordList& records, dns::NameView apex, base::WallTime now, Work work)
    : records_(records), apex_(apex), now_(now), work_(work) {
  const std::span<const ListedRecord> all = records_.records();
  base::LargeVector<uint32_t>& begins = names_->begins;
  begins.reserve(all.size() + 1);
  for (size_t i = 0; i < all.size() && !work_.is_cancelled(); ++i) {
    if (i == 0 || !all[i].shares_owner(all[i - 1])) begins.push_back(static_cast<uint32_t>(i));
  }
  begins.push_back(static_cast<uint32_t>(all.size()));
  if (const auto apex_records = apex_node(); apex_records && apex_records->has(dns::RRType::DNSKEY)) {
    is_signed_ =
        std::ranges::any_of(apex_records->rrset(dns::RRType::RRSIG), [this](const ListedRecord& rrsig) {
          return rdata(rrsig).size() >= 2 &&
                 base::load_u16(rdata(rrsig).data()) == static_cast<uint16_t>(dns::RRType::SOA);
        });
  }
}

Node Subject::node(size_t number) const {
  Node node;
  node.owner = owner(number);
  node.records =
      records_.records().subspan(names_->begins[number], names_->begins[number + 1] - names_->begins[number]);
  for (const ListedRecord& record : node.records) node.types |= type_bit(record.type);
  node.number = number;
  node.is_apex = node.owner == apex_;
  return node;
}

std::optional<Node> Subject::boundary_above(size_t number) const {
  const dns::LabelledName name(owner(number));
  for (size_t labels = apex_.label_count(); labels < name.label_count(); ++labels) {
    const std::optional<Node> above = find(name.suffix(labels));
    if (above && (above->is_zone_cut() || above->has(dns::RRType::DNAME))) return above;
  }
  return {};
}

void Subject::build_index() const {
  base::LargeVector<Slot>& slots = names_->slots;
  slots.resize(std::bit_ceil(node_count() * 2 + 1));
  for (size_t i = 0; i < node_count() && !work_.is_cancelled(); ++i) {
    const uint64_t hash = dns::hash(owner(i));
    size_t slot = hash & (slots.size() - 1);
    while (slots[slot].node != 0) slot = (slot + 1) & (slots.size() - 1);
    slots[slot] = {static_cast<uint32_t>(hash >> 32), static_cast<uint32_t>(i + 1)};
  }
}

size_t Subject::lower_bound(dns::NameView name) const {
  const auto numbers = std::views::iota(size_t{0}, node_count());
  return *std::ranges::lower_bound(
      numbers, name, [](dns::NameView a, dns::NameView b) { return dns::compare_canonical(a, b) < 0; },
      [this](size_t number) { return owner(number); });
}

std::optional<Node> Subject::find(dns::NameView name) const {
  for (size_t i = near_; i < std::min(near_ + kNearNodes, node_count()); ++i) {
    if (owner(i) == name) return node(i);
  }
  if (searches_ < kSearchesMax) {
    ++searches_;
    const size_t at = lower_bound(name);
    return at != node_count() && owner(at) == name ? std::optional(node(at)) : std::nullopt;
  }
  std::call_once(names_->slots_made, [this] { build_index(); });
  const base::LargeVector<Slot>& slots = names_->slots;
  const uint64_t hash = dns::hash(name);
  size_t slot = hash & (slots.size() - 1);
  for (; slots[slot].node != 0; slot = (slot + 1) & (slots.size() - 1)) {
    if (slots[slot].tag != static_cast<uint32_t>(hash >> 32)) continue;
    if (owner(slots[slot].node - 1) == name) return node(slots[slot].node - 1);
  }
  return {};
}

bool Subject::exists(dns::NameView name) const {
  const size_t at = lower_bound(name);
  return at != node_count() && owner(at).is_at_or_below(name);
}

std::optional<Node> Subject::wildcard_for(dns::NameView name) const {
  if (exists(name)) return {};
  dns::NameView encloser = name;
  do {
    if (encloser.size() <= apex_.size()) return {};
    encloser = encloser.parent();
  } while (!exists(encloser));
  const auto wildcard = dns::wildcard_of(encloser);
  return wildcard ? find(*wildcard) : std::nullopt;
}

std::optional<Node> Subject::boundary_of(dns::NameView name) const {
  std::optional<Node> highest;
  for (dns::NameView at = name; at.size() > apex_.size(); at = at.parent()) {
    const std::optional<Node> node = find(at);
    if (!node) continue;
    const bool is_dname_above = node->has(dns::RRType::DNAME) && at.size() < name.size();
    if (node->is_zone_cut() || is_dname_above) highest = node;
  }
  const std::optional<Node> node = apex_node();
  if (node && node->has(dns::RRType::DNAME) && name.size() > apex_.size()) return node;
  return highest;
}

Target Subject::resolve(dns::NameView target) const {
  if (!target.is_at_or_below(apex_)) return Target::kOutside;
  std::optional<Node> node = find(target);
  if (node && node->has_any(kAddressTypes)) return Target::kHasAddress;
  if (const auto boundary = boundary_of(target)) {
    return boundary->has(dns::RRType::DNAME) && !boundary->is_zone_cut() ? Target::kAlias : Target::kOutside;
  }
  if (!node) node = wildcard_for(target);
  if (!node) return Target::kNoAddress;
  if (node->has(dns::RRType::CNAME)) return Target::kAlias;
  return node->has_any(kAddressTypes) ? Target::kHasAddress : Target::kNoAddress;
}

bool Subject::is_ns_target(const Node& node) const {
  std::call_once(names_->ns_targets_made, [this] { find_ns_targets(); });
  return names_->ns_targets[node.number];
}

void Subject::find_ns_targets() const {
  names_->ns_targets.resize(node_count());
  const size_t near = near_;
  for (near_ = 0; near_ < node_count() && !work_.is_cancelled(); ++near_) {
    for (const ListedRecord& ns : node(near_).rrset(dns::RRType::NS)) {
      const auto target = dns::additional_name(dns::RRType::NS, rdata(ns));
      if (!target || !target->is_at_or_below(apex_)) continue;
      if (const auto found = find(*target)) names_->ns_targets[found->number] = true;
    }
  }
  near_ = near;
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
