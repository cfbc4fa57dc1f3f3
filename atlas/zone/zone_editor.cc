#include "atlas/zone/zone_editor.h"

#include <algorithm>
#include <array>

#include "atlas/base/assert.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/canonical_rdatas.h"
#include "atlas/zone/soa.h"

namespace atlas::zone {
namespace {

using dns::RRType;
using image::NodeContent;
using image::RRsetContent;

constexpr size_t kRdatasMax = 65535;

bool has_data(const NodeContent& content) {
  return !content.rrsets.empty() || !content.signatures.empty();
}

const RRsetContent* find_rrset(const NodeContent& content, RRType type) {
  const auto found = std::ranges::find(content.rrsets, type, &RRsetContent::type);
  return found == content.rrsets.end() ? nullptr : &*found;
}

size_t records_in(const RRsetContent& rrset) {
  return rrset.rdatas.size();
}

// In canonical order (RFC 4034 6.3), without duplicates.
std::vector<base::Bytes> sorted_rdatas(const RRsetEdit& edit) {
  CanonicalRdatas rdatas;
  rdatas.assign(edit.type, edit.rdatas);
  std::vector<base::Bytes> sorted;
  sorted.reserve(rdatas.size());
  for (size_t i = 0; i < rdatas.size(); ++i) sorted.push_back(rdatas.written(i));
  return sorted;
}

// The key without its last label. Separators are in no label.
base::Bytes parent_of(base::Bytes key) {
  for (size_t end = key.size(); end-- > 0;) {
    if (key[end] == 0) return key.first(end);
  }
  return {};
}

bool is_below(base::Bytes key, base::Bytes ancestor) {
  if (key.size() <= ancestor.size()) return false;
  if (ancestor.empty()) return true;
  return key[ancestor.size()] == 0 && image::compare(key.first(ancestor.size()), ancestor) == 0;
}

bool is_wildcard(base::Bytes key) {
  return !key.empty() && key.back() == '*' && (key.size() == 1 || key[key.size() - 2] == 0);
}

// What a node with these flags makes of those below it.
uint8_t occlusion_below(uint8_t flags) {
  if ((flags & image::kOccluded) != 0) return flags & image::kOccluded;
  if ((flags & image::kDname) != 0) return image::kBelowDname;
  return (flags & image::kZoneCut) != 0 ? image::kBelowCut : 0;
}

std::vector<uint8_t> copy_of(base::Bytes octets) {
  return {octets.begin(), octets.end()};
}

}  // namespace

base::Result<std::shared_ptr<const Zone>> edit_zone(const Zone& zone, std::span<const RRsetEdit> edits) {
  return ZoneEditor(zone).run(edits);
}

base::Result<std::shared_ptr<const Zone>> ZoneEditor::run(std::span<const RRsetEdit> edits) {
  if (!base_.chain_->is_newest())
    return base::fail("a version of " + dns::to_text(base_.apex_) +
                      " that is not the newest cannot be edited");
  for (const RRsetEdit& edit : edits) {
    if (auto checked = check(edit); !checked) return std::unexpected(checked.error());
  }
  for (const RRsetEdit& edit : edits) set_rrset(edit);
  if (auto read = read_soa(); !read) return std::unexpected(read.error());
  add_empty_non_terminals();
  remove_empty_nodes();
  mark_wildcards();
  mark_names();
  mark_nsec3();
  return write();
}

base::Result<void> ZoneEditor::check(const RRsetEdit& edit) const {
  const auto name = [&] { return dns::to_text(edit.owner.view()) + " " + dns::to_text(edit.type); };
  if (!edit.owner.view().is_at_or_below(base_.apex_))
    return base::fail(name() + ": is outside of the zone " + dns::to_text(base_.apex_));
  if (edit.type == RRType::SOA && (edit.owner.view() != base_.apex_ || edit.rdatas.size() != 1))
    return base::fail(name() + ": a zone has one SOA record, at its apex");
  if (edit.rdatas.size() > kRdatasMax) return base::fail(name() + ": has more than 65535 records");
  for (const auto& rdata : edit.rdatas) {
    if (rdata.size() > kRdatasMax) return base::fail(name() + ": RDATA is longer than 65535 octets");
  }
  return {};
}

void ZoneEditor::set_rrset(const RRsetEdit& edit) {
  const bool signature = edit.type == RRType::RRSIG;
  const RRType type = signature ? edit.covered : edit.type;
  Part& part = type == RRType::NSEC3 ? nsec3_ : names_;
  image::Key key;
  key.assign(edit.owner, base_.apex_labels_);
  Content& node = touch(part, key.octets());
  if (!node) {
    if (edit.rdatas.empty()) return;
    node.emplace();
  }
  auto& list = signature ? node->signatures : node->rrsets;
  if (const auto old = std::ranges::find(list, type, &RRsetContent::type); old != list.end()) {
    head_.records -= records_in(*old);
    list.erase(old);
  }
  if (edit.rdatas.empty()) return;
  // Signatures stand in the order of their RDATA, which begins with the type that they cover.
  const auto rank = [signature](RRType each) {
    return signature ? static_cast<uint32_t>(each) : type_rank(each);
  };
  const auto behind =
      std::ranges::find_if(list, [&](const RRsetContent& each) { return rank(each.type) > rank(type); });
  head_.records += records_in(*list.insert(behind, {type, edit.ttl, sorted_rdatas(edit)}));
}

base::Result<void> ZoneEditor::read_soa() {
  const auto apex = names_.changes.find(base::Bytes{});
  if (apex == names_.changes.end()) return {};
  const RRsetContent* soa = apex->second ? find_rrset(*apex->second, RRType::SOA) : nullptr;
  if (soa == nullptr || soa->rdatas[0].size() < kSoaOctetsMin)
    return base::fail("a zone has one SOA record, at its apex");
  head_.serial = soa_serial(soa->rdatas[0]);
  head_.negative_ttl = negative_ttl(soa->rdatas[0], soa->ttl);
  return {};
}

std::optional<image::Location> ZoneEditor::find(const image::NameTree& tree, base::Bytes key) const {
  if (tree.empty()) return {};
  std::array<uint8_t, image::kKeyOctetsMax + image::kKeySlackOctets> lower;
  for (size_t i = 0; i < key.size(); ++i) lower[i] = dns::ascii_lower(key[i]);
  image::Location found;
  if (!tree.find(base::Bytes(lower).first(key.size()), image::hash_key(key), found)) return {};
  return found;
}

NodeContent ZoneEditor::content_of(const image::NameTree& tree, const image::Location& at) const {
  NodeContent content;
  content.flags = at.data.flags;
  const auto add = [](const dns::RRsetView& view, RRType type, std::vector<RRsetContent>& list) {
    RRsetContent& rrset = list.emplace_back(type, view.ttl);
    for (const base::Bytes rdata : view) rrset.rdatas.push_back(rdata);
  };
  const uint8_t* payload = at.data.payload;
  for (size_t i = 0; i < at.data.item_count; ++i) {
    const image::ShapeItem item = image::load_item(at.data.items, i);
    add(image::read_rrset(item, payload), item.type, content.rrsets);
  }
  tree.for_each_signature(
      at, [&](RRType covered, const dns::RRsetView& view) { add(view, covered, content.signatures); });
  return content;
}

ZoneEditor::Content& ZoneEditor::touch(Part& part, base::Bytes key) {
  const auto found = part.changes.find(key);
  if (found != part.changes.end()) return found->second;
  Content& content = part.changes[copy_of(key)];
  if (const auto at = find(part.tree, key)) content = content_of(part.tree, *at);
  return content;
}

bool ZoneEditor::exists(base::Bytes key) const {
  const auto changed = names_.changes.find(key);
  return changed != names_.changes.end() ? changed->second.has_value() : find(names_.tree, key).has_value();
}

uint8_t ZoneEditor::flags_of(base::Bytes key) const {
  const auto changed = names_.changes.find(key);
  if (changed != names_.changes.end()) return changed->second->flags;
  return find(names_.tree, key)->data.flags;
}

// The names that lead to one that has come (RFC 4592 2.2.2).
void ZoneEditor::add_empty_non_terminals() {
  for (const auto& [key, content] : names_.changes) {
    if (!content || !has_data(*content)) continue;
    for (base::Bytes above = parent_of(key); !above.empty() && !exists(above); above = parent_of(above))
      touch(names_, above).emplace();
  }
}

// From the last to the first, so that what lies below a name has gone before it is looked at.
void ZoneEditor::remove_empty_nodes() {
  for (auto change = names_.changes.end(); change != names_.changes.begin();) {
    --change;
    Content& content = change->second;
    if (!content || has_data(*content) || change->first.empty() || has_descendants(change->first)) continue;
    content.reset();
    touch(names_, parent_of(change->first));
  }
}

bool ZoneEditor::has_descendants(base::Bytes key) const {
  auto changed = names_.changes.upper_bound(key);
  for (; changed != names_.changes.end() && is_below(changed->first, key); ++changed) {
    if (changed->second) return true;
  }
  image::Cursor cursor(names_.tree, names_.tree.block_at_or_before(key));
  while (cursor.next()) {
    if (image::compare(cursor.key(), key) <= 0) continue;
    if (!is_below(cursor.key(), key)) return false;
    if (!names_.changes.contains(cursor.key())) return true;
  }
  return false;
}

void ZoneEditor::mark_wildcards() {
  std::vector<std::pair<std::vector<uint8_t>, bool>> parents;
  for (const auto& [key, content] : names_.changes) {
    if (is_wildcard(key) && exists(parent_of(key)))
      parents.emplace_back(copy_of(parent_of(key)), content.has_value());
  }
  for (const auto& [key, has_wildcard] : parents) {
    uint8_t& flags = touch(names_, key)->flags;
    flags = static_cast<uint8_t>((flags & ~image::kHasWildcard) | (has_wildcard ? image::kHasWildcard : 0));
  }
}

// From the top, so that those above a name are marked before it.
void ZoneEditor::mark_names() {
  for (auto& [key, content] : names_.changes) {
    if (!content) continue;
    const uint8_t occlusion = key.empty() ? 0 : occlusion_below(flags_of(parent_of(key)));
    const auto has = [&](RRType type) { return find_rrset(*content, type) != nullptr; };
    uint8_t flags = (content->flags & image::kHasWildcard) | occlusion;
    if (has(RRType::NS) && !key.empty()) flags |= image::kZoneCut;
    if (has(RRType::DNAME)) flags |= image::kDname;
    if (has(RRType::NSEC) && occlusion == 0) flags |= image::kDeniesNsec;
    if (!content->signatures.empty()) flags |= image::kSigned;
    content->flags = flags;
    const auto before = find(names_.tree, key);
    const uint8_t flags_before = before ? before->data.flags : 0;
    // Those below come later in canonical order, and so in this loop.
    if (occlusion_below(flags) != occlusion_below(flags_before)) touch_descendants(key);
  }
}

void ZoneEditor::touch_descendants(base::Bytes key) {
  image::Cursor cursor(names_.tree, names_.tree.block_at_or_before(key));
  while (cursor.next()) {
    if (image::compare(cursor.key(), key) <= 0) continue;
    if (!is_below(cursor.key(), key)) return;
    touch(names_, cursor.key());
  }
}

void ZoneEditor::touch_all(Part& part) {
  if (part.tree.empty()) return;
  for (image::Cursor cursor(part.tree); cursor.next();) touch(part, cursor.key());
}

// Which chain the zone has once the changes are made.
DenialChain ZoneEditor::choose_chain() {
  const auto changed = names_.changes.find(base::Bytes{});
  const NodeContent apex =
      changed != names_.changes.end() ? *changed->second : content_of(names_.tree, base_.apex_node_.at_);
  const RRsetContent* nsec3params = find_rrset(apex, RRType::NSEC3PARAM);
  return choose_denial_chain(
      nsec3params == nullptr ? std::vector<base::Bytes>{} : nsec3params->rdatas,
      find_rrset(apex, RRType::NSEC) != nullptr, [this](const Nsec3Parameters& parameters) {
        const Nsec3Label label(base_.apex_, parameters.iterations, parameters.salt);
        const auto own = nsec3_.changes.find(label.octets());
        Content content;
        if (own != nsec3_.changes.end()) {
          content = own->second;
        } else if (const auto at = find(nsec3_.tree, label.octets())) {
          content = content_of(nsec3_.tree, *at);
        }
        const RRsetContent* nsec3 = content ? find_rrset(*content, RRType::NSEC3) : nullptr;
        return nsec3 != nullptr && Nsec3Parameters(nsec3->rdatas[0]).is_same_chain(parameters);
      });
}

void ZoneEditor::mark_nsec3() {
  const DenialChain chain = choose_chain();
  const bool used = chain.denial == Denial::kNsec3;
  const bool same = (base_.head_.denial == Denial::kNsec3) == used &&
                    base_.head_.nsec3_iterations == chain.nsec3.iterations &&
                    std::ranges::equal(base_.nsec3_salt_, chain.nsec3.salt);
  if (!same) touch_all(nsec3_);
  head_.denial = chain.denial;
  head_.nsec3_iterations = chain.nsec3.iterations;
  salt_ = copy_of(chain.nsec3.salt);
  for (auto& [key, content] : nsec3_.changes) {
    if (content && !has_data(*content)) content.reset();
    if (!content) continue;
    const RRsetContent* nsec3 = find_rrset(*content, RRType::NSEC3);
    content->flags = content->signatures.empty() ? 0 : image::kSigned;
    if (used && nsec3 != nullptr && is_nsec3_label(key) &&
        Nsec3Parameters(nsec3->rdatas[0]).is_same_chain(chain.nsec3)) {
      content->flags |= image::kDeniesNsec3;
    }
  }
}

std::shared_ptr<const Zone> ZoneEditor::write() {
  image::Allocations space(base_.chain_->space());
  image::ShapeSet shapes(base_.names_.shapes());
  std::vector<image::Piece> retired;
  const std::shared_ptr<Zone> zone(new Zone());
  zone->names_ = image::TreeEditor(base_.names_, shapes, space, retired).apply(names_.changes);
  zone->nsec3_ = image::TreeEditor(base_.nsec3_, shapes, space, retired).apply(nsec3_.changes);
  zone->chain_ = base_.chain_->append(space.take_pieces(), std::move(retired));
  zone->is_image_ = false;
  zone->head_ = head_;
  zone->nsec3_salt_ = std::move(salt_);
  zone->apex_ = base_.apex_;
  zone->find_apex();
  return zone;
}

}  // namespace atlas::zone
