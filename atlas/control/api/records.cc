#include <algorithm>
#include <boost/json.hpp>

#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"
#include "atlas/control/api/rrset_drafts.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/load.h"
#include "atlas/zone/soa.h"
#include "atlas/zone/text/writer.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;

constexpr uint64_t kPageMax = 10'000;
constexpr uint64_t kPageDefault = 1'000;
// That a page passes over, looking for a type: some milliseconds.
constexpr size_t kOwnersPassedMax = 50'000;
// What one answer holds; a connection has it in memory until the client has taken it.
constexpr size_t kTextOctetsMax = size_t{16} << 20;

json::object describe(dns::NameView owner, const dns::RRsetView& rrset) {
  json::array records;
  records.reserve(rrset.count);
  for (const base::Bytes rdata : rrset) records.emplace_back(dns::rdata_to_text(rrset.type, rdata));
  return {{"name", dns::to_text(owner)},
          {"type", dns::to_text(rrset.type)},
          {"ttl", rrset.ttl},
          {"records", std::move(records)}};
}

// What a page shows.
struct PageRequest {
  dns::Name from;
  std::optional<dns::Name> only;
  std::optional<dns::RRType> type;
  size_t limit;
};

std::expected<PageRequest, std::string> read_page(const http::Request& request, dns::NameView apex) {
  PageRequest page{.from = apex,
                   .only = {},
                   .type = {},
                   .limit = std::max(uint64_t{1}, query_number(request, "limit", kPageDefault, kPageMax))};
  const auto name_in = [&](std::string_view text) -> std::expected<dns::Name, std::string> {
    const auto name = text == "@" ? base::Result<dns::Name>(apex) : parse_absolute_name(text);
    if (!name)
      return std::unexpected('"' + std::string(text) + "\" is no domain name: " + name.error().message);
    if (name->view().is_at_or_below(apex)) return *name;
    return std::unexpected(dns::to_text(name->view()) + " is not in zone " + dns::to_text(apex));
  };
  if (const std::string_view from = request.query_value("from"); !from.empty()) {
    const auto name = name_in(from);
    if (!name) return std::unexpected(name.error());
    page.from = *name;
  }
  if (const std::string_view only = request.query_value("name"); !only.empty()) {
    const auto name = name_in(only);
    if (!name) return std::unexpected(name.error());
    page.from = *name;
    page.only = *name;
  }
  if (const std::string_view type = request.query_value("type"); !type.empty()) {
    page.type = dns::parse_rrtype(type);
    if (!page.type) return std::unexpected('"' + std::string(type) + "\" is no RR type");
  }
  return page;
}

std::string named(const std::string& list, size_t index) {
  return list + '[' + std::to_string(index) + "].";
}

// Takes the members that name one record or RRset. The data is checked here.
class DraftReader {
 public:
  DraftReader(Members& members, const zone::Zone& zone) : members_(members), zone_(zone), drafts_(zone) {}

  void read_rrsets() {
    each("rrsets", [&](Members& item, const dns::Name& owner, dns::RRType type) {
      const auto ttl = take_ttl(item);
      item.require("records");
      std::vector<RRsetDrafts::Rdata> rdatas;
      for (const std::string& text : item.texts("records")) {
        auto rdata = data(item, "records", type, text);
        if (rdata) rdatas.push_back(std::move(*rdata));
      }
      if (!item.error_so_far()) drafts_.set(owner, type, ttl, std::move(rdatas));
    });
  }
  void read_records(const std::string& list, bool is_added) {
    each(list, [&](Members& item, const dns::Name& owner, dns::RRType type) {
      const auto ttl = take_ttl(item);
      item.require("data");
      const std::string text = item.text("data").value_or("");
      if (item.error_so_far()) return;
      auto rdata = data(item, "data", type, text);
      if (!rdata) return;
      if (is_added) {
        drafts_.add(owner, type, ttl, std::move(*rdata));
      } else if (!drafts_.remove(owner, type, *rdata) && absent_.empty()) {
        absent_ =
            dns::to_text(owner.view()) + ' ' + dns::to_text(type) + ' ' + dns::rdata_to_text(type, *rdata);
      }
    });
  }

  std::vector<zone::RRsetEdit> edits() const { return drafts_.edits(); }
  // A record to be removed that is not there; empty if there is none.
  const std::string& absent() const { return absent_; }
  // A data that is none; empty if there is none.
  const Refused& invalid() const { return invalid_; }

 private:
  void each(const std::string& list, const auto& take) {
    const json::array* const items = members_.list(list);
    if (items == nullptr) return;
    for (size_t i = 0; i < items->size() && !members_.error_so_far(); ++i) {
      if (!(*items)[i].is_object()) return members_.fail(list, "is a list of objects");
      Members item((*items)[i].get_object(), named(list, i));
      item.require("name");
      item.require("type");
      const auto owner = item.name("name", zone_.apex());
      const auto type = item.type("type");
      if (owner && type) take(item, *owner, *type);
      members_.take_error_of(item);
    }
  }
  static std::optional<uint32_t> take_ttl(Members& item) {
    const auto ttl = item.number("ttl", dns::kTtlMax);
    if (!ttl) return {};
    return static_cast<uint32_t>(*ttl);
  }
  std::optional<RRsetDrafts::Rdata> data(Members& item, std::string_view member, dns::RRType type,
                                         const std::string& text) {
    auto rdata = parse_data(type, text, zone_.apex());
    if (rdata) return std::move(*rdata);
    if (invalid_.message.empty()) {
      invalid_.message = '"' + text + "\" is no " + dns::to_text(type) + " data: " + rdata.error().message;
      invalid_.hint = rdata.error().hint;
    }
    item.fail(member, "is no data");
    return {};
  }

  Members& members_;
  const zone::Zone& zone_;
  RRsetDrafts drafts_;
  std::string absent_;
  Refused invalid_;
};

// The SOA of `next`, if it differs from that of `present` in more than a serial that is not higher.
std::optional<zone::RRsetEdit> soa_edit(const zone::Zone& present, const zone::Zone& next) {
  constexpr size_t kBehindSerial = 16;
  const auto before = present.apex_node().find(dns::RRType::SOA)->view();
  const auto after = next.apex_node().find(dns::RRType::SOA)->view();
  const base::Bytes old_soa = before.first(), new_soa = after.first();
  const size_t names = new_soa.size() - zone::kSoaOctetsMin + 2;
  const bool is_higher = static_cast<int32_t>(next.serial() - present.serial()) > 0;  // RFC 1982 3.2
  if (!is_higher && before.ttl == after.ttl && old_soa.size() == new_soa.size() &&
      std::ranges::equal(old_soa.first(names), new_soa.first(names)) &&
      std::ranges::equal(old_soa.last(kBehindSerial), new_soa.last(kBehindSerial)))
    return {};
  return zone::RRsetEdit{next.apex(), dns::RRType::SOA, {}, after.ttl, {{new_soa.begin(), new_soa.end()}}};
}

}  // namespace

http::Response Api::list_records(const http::Request& request) const {
  const auto found = loaded_zone_of(request);
  if (!found) return found.error();
  const zone::Zone& zone = *(*found)->version;
  const auto page = read_page(request, zone.apex());
  if (!page) return http::problem(400, page.error());
  json::array list;
  std::string next;
  size_t passed = 0;
  for (zone::ZoneWalk walk(zone, page->from); walk.next();) {
    if (page->only && walk.owner() != page->only->view()) break;
    if (list.size() >= page->limit || passed++ >= kOwnersPassedMax) {
      next = dns::to_text(walk.owner());
      break;
    }
    for (const zone::OwnedRRset& rrset : walk.rrsets()) {
      if (!page->type || rrset.view.type == *page->type) list.push_back(describe(walk.owner(), rrset.view));
    }
  }
  json::object answer{
      {"zone", dns::to_text(zone.apex())}, {"serial", zone.serial()}, {"rrsets", std::move(list)}};
  if (!next.empty()) answer["next"] = next;
  return reply(answer);
}

http::Response Api::get_text(const http::Request& request) const {
  const auto found = loaded_zone_of(request);
  if (!found) return found.error();
  const zone::Zone& zone = *(*found)->version;
  http::Response response{.status = 200, .content_type = "text/dns", .body = {}, .headers = {}};
  std::string& text = response.body;
  for (zone::ZoneWalk walk(zone); text.size() <= kTextOctetsMax && walk.next();) {
    for (const zone::OwnedRRset& rrset : walk.rrsets()) {
      for (const base::Bytes rdata : rrset.view) {
        zone::text::append_record_text(walk.owner(), rrset.view.ttl, rrset.view.type, rdata, text);
        text += '\n';
      }
    }
  }
  if (text.size() <= kTextOctetsMax) return response;
  return http::problem(
      413,
      "the text of zone " + dns::to_text(zone.apex()) + " is larger than " + std::to_string(kTextOctetsMax) +
          " octets",
      "\"hint\":" + http::json_string("list its records page by page, as atlasctl zone export does"));
}

http::Response Api::replace_zone(const http::Request& request) {
  const auto found = loaded_zone_of(request);
  if (!found) return found.error();
  const zones::ZoneState& state = **found;
  const std::shared_ptr<const zone::Zone> present = state.version;
  auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  const Terms terms = take_terms(members);
  members.require("text");
  auto text = members.text("text");
  if (const auto error = members.error()) return http::problem(400, *error);
  const zone::LoadResult loaded = zone::load_zone_text(std::move(*text), present->apex());
  if (loaded.zone == nullptr) return refusal(loaded.diagnostics);

  changes::ZoneEdit edit{.zone = state.apex,
                         .rrsets = {},
                         .if_serial = terms.if_serial,
                         .origin = origin_of(request, terms.reason)};
  auto edits = zone::edits_of(zone::without_soa(zone::diff_between(*present, *loaded.zone)), *present);
  if (!edits) return refusal(Refused::Kind::kConflict, edits.error().message, edits.error().hint);
  edit.rrsets = std::move(*edits);
  if (auto soa = soa_edit(*present, *loaded.zone)) edit.rrsets.push_back(std::move(*soa));
  return carry_out(edit, terms.dry_run, loaded.diagnostics);
}

http::Response Api::change_rrsets(const http::Request& request) {
  const auto found = loaded_zone_of(request);
  if (!found) return found.error();
  const zones::ZoneState& state = **found;
  const auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  const Terms terms = take_terms(members);
  const std::shared_ptr<const zone::Zone> present = state.version;
  DraftReader reader(members, *present);
  reader.read_rrsets();
  reader.read_records("remove", false);
  reader.read_records("add", true);
  if (!reader.invalid().message.empty()) return refusal(reader.invalid());
  if (const auto error = members.error()) return http::problem(400, *error);
  changes::ZoneEdit edit{.zone = state.apex,
                         .rrsets = reader.edits(),
                         .if_serial = terms.if_serial,
                         .origin = origin_of(request, terms.reason)};
  // A serial that is not what it should be explains more.
  if (!reader.absent().empty() && (!terms.if_serial || *terms.if_serial == present->serial()) &&
      state.kind != store::ZoneKind::kFile) {
    return refusal(Refused::Kind::kConflict, "there is no record " + reader.absent());
  }
  return carry_out(edit, terms.dry_run);
}

}  // namespace atlas::control::api
