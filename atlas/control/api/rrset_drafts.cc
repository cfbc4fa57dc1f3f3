#include "atlas/control/api/rrset_drafts.h"

#include <algorithm>

#include "atlas/dns/rdata.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::control::api {
namespace {

dns::RRType covered_by(dns::RRType type, base::Bytes rdata) {
  if (type != dns::RRType::RRSIG || rdata.size() < 2) return {};
  return static_cast<dns::RRType>(base::load_u16(rdata.data()));
}

// Names that differ in case alone are the same.
std::vector<uint8_t> canonical(dns::RRType type, std::vector<uint8_t> rdata) {
  dns::make_canonical(type, rdata);
  return rdata;
}

bool is_same(dns::RRType type, const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  return a == b || canonical(type, a) == canonical(type, b);
}

// "10 @" with `name` in place of each "@" that stands alone.
std::string with_apex(std::string_view text, const std::string& name) {
  std::string out;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool begins = i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t';
    const bool ends = i + 1 == text.size() || text[i + 1] == ' ' || text[i + 1] == '\t';
    if (text[i] == '"' && (i == 0 || text[i - 1] != '\\')) quoted = !quoted;
    if (text[i] == '@' && !quoted && begins && ends) {
      out += name;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

base::Result<std::vector<uint8_t>> parse_data(dns::RRType type, std::string_view text, dns::NameView apex) {
  auto rdata = dns::parse_rdata(type, text);
  if (!rdata || text.find('@') == std::string_view::npos) return rdata;
  // Where the origin makes no difference, "@" is a text.
  const auto relative = dns::parse_rdata(type, text, apex);
  if (relative && *relative == *rdata) return rdata;
  return dns::parse_rdata(type, with_apex(text, dns::to_text(apex)));
}

bool RRsetDrafts::Place::operator<(const Place& other) const {
  const auto order = dns::compare_canonical(owner, other.owner);
  if (order != 0) return order < 0;
  return type != other.type ? type < other.type : covered < other.covered;
}

void RRsetDrafts::read_owner(const dns::Name& owner) {
  const auto known = drafts_.lower_bound({owner, {}, {}});
  if (known != drafts_.end() && known->first.owner.view() == owner.view()) return;
  if (!owner.view().is_at_or_below(zone_.apex())) return;
  zone::ZoneWalk walk(zone_, owner);
  if (!walk.next() || walk.owner() != owner.view()) return;
  for (const zone::OwnedRRset& rrset : walk.rrsets()) {
    zone::RRsetEdit edit{walk.owner(), rrset.view.type, rrset.covered, rrset.view.ttl, {}};
    for (const base::Bytes rdata : rrset.view) edit.rdatas.emplace_back(rdata.begin(), rdata.end());
    drafts_.emplace(Place{owner, rrset.view.type, rrset.covered}, Draft{std::move(edit)});
  }
}

zone::RRsetEdit& RRsetDrafts::draft(const dns::Name& owner, dns::RRType type, dns::RRType covered) {
  read_owner(owner);
  const auto [place, is_new] = drafts_.try_emplace(Place{owner, type, covered});
  Draft& draft = place->second;
  if (is_new) draft.edit = {owner, type, covered, kTtlDefault, {}};
  draft.touched = true;
  return draft.edit;
}

void RRsetDrafts::set(const dns::Name& owner, dns::RRType type, std::optional<uint32_t> ttl,
                      std::vector<Rdata> rdatas) {
  draft(owner, type, {});
  for (auto& [place, present] : drafts_) {
    if (place.type != type || place.owner.view() != owner.view()) continue;
    present.edit.rdatas.clear();
    present.touched = true;
  }
  for (Rdata& rdata : rdatas) add(owner, type, ttl, std::move(rdata));
}

void RRsetDrafts::add(const dns::Name& owner, dns::RRType type, std::optional<uint32_t> ttl, Rdata rdata) {
  zone::RRsetEdit& edit = draft(owner, type, covered_by(type, rdata));
  if (ttl) edit.ttl = *ttl;
  const auto is_there = [&](const Rdata& other) { return is_same(type, other, rdata); };
  if (std::ranges::none_of(edit.rdatas, is_there)) edit.rdatas.push_back(std::move(rdata));
}

bool RRsetDrafts::remove(const dns::Name& owner, dns::RRType type, const Rdata& rdata) {
  zone::RRsetEdit& edit = draft(owner, type, covered_by(type, rdata));
  return std::erase_if(edit.rdatas, [&](const Rdata& other) { return is_same(type, other, rdata); }) != 0;
}

std::vector<zone::RRsetEdit> RRsetDrafts::edits() const {
  std::vector<zone::RRsetEdit> edits;
  for (const auto& [place, draft] : drafts_) {
    if (draft.touched) edits.push_back(draft.edit);
  }
  return edits;
}

}  // namespace atlas::control::api
