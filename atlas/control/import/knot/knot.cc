#include "atlas/control/import/knot/knot.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <unordered_set>

#include "atlas/control/import/knot/items.h"
#include "atlas/control/import/knot/server.h"
#include "atlas/control/import/knot/transfers.h"
#include "atlas/control/import/knot/update_rules.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::knot {
namespace {

constexpr const char* kStorage = "/var/lib/knot";
// A zone that is written to its file is marked so in the journal right after that.
constexpr std::chrono::seconds kJournalLagMax{10};

// The nth label of a name from the right; none if there are fewer.
std::string label_from_top(std::string_view zone, size_t index) {
  while (true) {
    const size_t dot = zone.rfind('.');
    const std::string_view label = dot == std::string_view::npos ? zone : zone.substr(dot + 1);
    if (index-- == 0) return std::string(label);
    if (dot == std::string_view::npos) return {};
    zone = zone.substr(0, dot);
  }
}

// "[N]" or "[N-M]" at `at`, which is moved behind it. False if there is neither.
bool read_indices(const std::string& pattern, size_t& at, size_t& first, size_t& last) {
  if (at == pattern.size() || pattern[at] != '[') return false;
  const size_t end = pattern.find(']', at);
  if (end == std::string::npos) return false;
  const char* const stop = pattern.data() + end;
  uint8_t low = 0;
  auto [behind, error] = std::from_chars(pattern.data() + at + 1, stop, low);
  uint8_t high = low;
  if (error == std::errc{} && behind != stop && *behind == '-') {
    const auto more = std::from_chars(behind + 1, stop, high);
    behind = more.ptr;
    error = more.ec;
  }
  if (error != std::errc{} || behind != stop) return false;
  first = low;
  last = high;
  at = end + 1;
  return true;
}

// `name` has no final dot, but for the root.
std::string expand(const std::string& pattern, const std::string& name) {
  const std::string zone = name == "." ? std::string() : name;
  std::string out;
  for (size_t at = 0; at < pattern.size() && out.size() <= kWordOctetsMax;) {
    if (pattern[at] != '%' || at + 1 == pattern.size()) {
      out += pattern[at++];
      continue;
    }
    const char what = pattern[at + 1];
    at += 2;
    size_t first = 0;
    size_t last = 0;
    if (what == 's') {
      out += zone;
    } else if (what == '%') {
      out += '%';
    } else if (what == 'c' && read_indices(pattern, at, first, last)) {
      const std::string whole = zone + '.';
      for (size_t i = first; i <= last && i < whole.size(); ++i) out += whole[i];
    } else if (what == 'l' && read_indices(pattern, at, first, last)) {
      out += label_from_top(zone, first);
    }
  }
  return out;
}

class Reader {
 public:
  Reader(Source& source, Setup& setup, Findings& findings)
      : source_(source), setup_(setup), findings_(findings), transfers_(sections_, setup, findings) {}

  void read(const std::vector<Block>& blocks) {
    for (const Block& block : blocks) collect(block);
    for (const Block& block : blocks) report_section(block);
    std::filesystem::path storage = kStorage;
    if (const std::string text = database_.value("storage"); !text.empty()) storage = text;
    const std::string journal = database_.value("journal-db");
    journal_ = storage / (journal.empty() ? "journal" : journal) / "data.mdb";
    for (const Block& block : blocks) {
      if (block.section == "zone" && !block.items.empty()) take_zone(block);
    }
    report_templates();
  }

 private:
  void collect(const Block& block) {
    const std::string id = block.value("id");
    if (block.section == "server") {
      take_server(block, setup_.settings, findings_);
      sections_.automatic_acl |= is_on(block.value("automatic-acl"));
    } else if (block.section == "acl") {
      sections_.acls.insert_or_assign(id, &block);
    } else if (block.section == "template") {
      sections_.templates.insert_or_assign(id, &block);
    } else if (block.section == "remote") {
      sections_.remotes.insert_or_assign(id, &block);
    } else if (block.section == "remotes") {
      sections_.groups.insert_or_assign(id, &block);
    } else if (block.section.starts_with("mod-")) {
      modules_.insert_or_assign(block.section + '/' + id, &block);
    } else if (block.section == "database") {
      database_.items.insert(database_.items.end(), block.items.begin(), block.items.end());
    } else if (block.section == "key" && !block.items.empty()) {
      auto key = make_key(id, block.value("algorithm"), block.value("secret"), block.place);
      if (!key) {
        findings_.lose(Group::kUpdates, block.place, "key \"" + id + "\": " + key.error().message,
                       key.error().hint);
      } else if (!has_key(setup_.keys, key->name)) {
        setup_.keys.push_back(std::move(*key));
      }
    }
  }

  void report_section(const Block& block) {
    const std::string& section = block.section;
    if (block.items.empty() || section.starts_with("mod-")) return;  // where it is used
    static constexpr std::string_view kTaken[] = {"server",   "acl", "template", "remote",
                                                  "database", "key", "zone",     "remotes"};
    if (std::ranges::find(kTaken, section) != std::end(kTaken)) return;
    if (section == "control" || section == "statistics" || section == "module") {
      findings_.note(Group::kProcess, block.place, section + " is not needed");
    } else if (section == "log") {
      findings_.lose(Group::kSettings, block.place, "log has no equal: Atlas writes events to one place",
                     "see the key \"log\"");
    } else if (section == "xdp") {
      findings_.lose(Group::kSettings, block.place, "xdp has no equal");
    } else if (section == "policy" || section == "keystore" || section == "submission" ||
               section == "dnskey-sync") {
      findings_.note(Group::kSigning, block.place, section + ": Atlas does not sign");
    } else {
      findings_.lose(Group::kUnknown, block.place, '"' + section + "\" is no section of knot.conf");
    }
  }

  // What the zone says, or its template.
  const Item* find(const Block& zone, const Block* base, std::string_view name) const {
    if (const Item* const item = zone.find(name)) return item;
    return base == nullptr ? nullptr : base->find(name);
  }
  static std::string value_of(const Item* item) {
    return item == nullptr || item->values.empty() ? std::string() : item->values.back();
  }

  const Block* template_of(const Block& zone) {
    const std::string id = zone.value("template");
    const auto found = sections_.templates.find(id.empty() ? "default" : id);
    if (found != sections_.templates.end()) return found->second;
    if (!id.empty()) {
      findings_.lose(Group::kUnknown, zone.place, "there is no template \"" + id + '"');
    }
    return nullptr;
  }

  void take_zone(const Block& block) {
    std::string name = block.value("domain");
    const auto lose = [&](Group group, const std::string& what, std::string hint = {}) {
      findings_.lose(group, block.place, "zone \"" + name + "\" " + what, std::move(hint));
    };
    const auto apex = dns::parse_name(name);
    if (name.empty() || !apex) return lose(Group::kZones, "has no name that is one");
    if (setup_.zones.size() == kZonesMax) return;
    const Block* const base = template_of(block);
    SourceZone zone;
    zone.apex = *apex;
    zone.apex.make_lower();
    zone.place = block.place;
    transfers_.take(block, base, zone);
    const bool has_primaries = find(block, base, "master") != nullptr;
    if (has_primaries && !zone.is_secondary())
      return lose(Group::kZones, "is a secondary without primaries that could be taken");
    const bool has_text = !zone.is_secondary() && !zone.is_made_here();
    if (has_text && value_of(find(block, base, "catalog-role")) == "interpret")
      return lose(Group::kZones, "is a catalog to interpret, and no secondary", "it needs a master");
    if (has_text) zone.file = file_of(block, base, zone.apex);
    std::vector<const Block*> acls;
    if (const Item* const acl = find(block, base, "acl")) {
      for (const std::string& id : values_of(block, base, "acl")) {
        const auto found = sections_.acls.find(id);
        if (found == sections_.acls.end()) {
          findings_.lose(Group::kUnknown, acl->place, "there is no acl \"" + id + '"');
        } else {
          acls.push_back(found->second);
          report_acl(*found->second);
        }
      }
    }
    if (has_text)
      zone.update_rules = update_rules(acls, sections_.remotes, zone.apex, setup_.keys, findings_);
    const bool is_signed = is_on(value_of(find(block, base, "dnssec-signing")));
    const bool can_change = is_signed || std::ranges::any_of(acls, [](const Block* acl) {
                              const auto actions = acl->values("action");
                              return std::ranges::find(actions, "update") != actions.end();
                            });
    if (has_text && has_newer_journal(block, base, zone.file, can_change)) return;
    if (is_signed) {
      lose(Group::kSigning, "is signed by Knot: Atlas serves what its file holds",
           "a zone file that Knot has flushed holds signatures that end: take its DS records out of the "
           "parent "
           "zone first");
    }
    report_items(block);
    if (apexes_.insert(zone.apex).second) setup_.zones.push_back(std::move(zone));
  }

  std::vector<std::string> values_of(const Block& zone, const Block* base, std::string_view name) const {
    if (zone.find(name) != nullptr) return zone.values(name);
    return base == nullptr ? std::vector<std::string>() : base->values(name);
  }

  std::filesystem::path file_of(const Block& block, const Block* base, dns::NameView apex) const {
    std::filesystem::path storage = value_of(find(block, base, "storage"));
    if (storage.empty()) storage = kStorage;
    std::string pattern = value_of(find(block, base, "file"));
    if (pattern.empty()) pattern = "%s.zone";
    std::string name = dns::to_text(apex);
    if (name.size() > 1) name.pop_back();
    std::ranges::replace(name, '/', '_');
    return (storage / expand(pattern, name)).lexically_normal();
  }

  // What the journal has and the file has not would be lost.
  bool has_newer_journal(const Block& block, const Block* base, const std::filesystem::path& file,
                         bool can_change) {
    if (value_of(find(block, base, "journal-content")) == "none") return false;
    const auto journal_time = source_.files().written(journal_);
    const auto file_time = source_.files().written(file);
    if (!journal_time || (file_time && *journal_time <= *file_time + kJournalLagMax)) return false;
    const std::string name = block.value("domain");
    if (!can_change && file_time) return false;
    findings_.lose(
        Group::kZones, block.place,
        "zone \"" + name + "\" may have changes in " + journal_.string() + " that are not in its file",
        "knotc -b -f zone-flush " + name);
    return true;
  }

  // Once an acl.
  void report_acl(const Block& acl) {
    if (!reported_.insert(&acl).second) return;
    const auto actions = acl.values("action");
    const auto has = [&](std::string_view action) {
      return std::ranges::find(actions, action) != actions.end();
    };
    const std::string name = "acl \"" + acl.value("id") + "\": ";
    if (has("query")) findings_.note(Group::kAccess, acl.place, name + "Atlas answers queries of everybody");
  }

  void report_templates() {
    for (const auto& [id, base] : sections_.templates) report_items(*base);
  }

  // Of a zone or a template.
  void report_items(const Block& block) {
    static constexpr std::string_view kTaken[] = {"domain",
                                                  "template",
                                                  "id",
                                                  "storage",
                                                  "file",
                                                  "acl",
                                                  "master",
                                                  "dnssec-signing",
                                                  "catalog-role",
                                                  "comment",
                                                  "journal-content",
                                                  "notify",
                                                  "catalog-template",
                                                  "catalog-zone",
                                                  "catalog-group"};
    static constexpr std::string_view kProcess[] = {"zonefile-sync",     "zonefile-load", "journal-max-usage",
                                                    "journal-max-depth", "zone-max-size", "adjust-threads",
                                                    "semantic-checks",   "zonefile-skip"};
    static constexpr std::string_view kTransfer[] = {
        "ddns-master",        "provide-ixfr",       "refresh-min-interval", "refresh-max-interval",
        "retry-min-interval", "retry-max-interval", "expire-min-interval",  "expire-max-interval",
        "ixfr-benevolent",    "ixfr-by-one",        "ixfr-from-axfr",       "master-pin-tolerance"};
    static constexpr std::string_view kSigning[] = {"dnssec-policy", "ds-push", "dnssec-validation",
                                                    "dnskey-sync"};
    for (const Item& item : block.items) {
      const auto is_in = [&](const auto& names) {
        return std::ranges::find(names, item.name) != std::end(names);
      };
      if (is_in(kTaken)) continue;
      if (is_in(kProcess)) {
        findings_.note(Group::kProcess, item.place, item.name + " is not needed");
      } else if (is_in(kTransfer)) {
        findings_.note(Group::kTransfers, item.place,
                       item.name + " is not taken: Atlas has limits and times of its own",
                       "see the section \"transfers\"");
      } else if (is_in(kSigning)) {
        findings_.note(Group::kSigning, item.place, item.name + ": Atlas does not sign");
      } else if (item.name == "serial-policy") {
        findings_.note(Group::kUpdates, item.place, "serial-policy: Atlas has one of its own");
      } else if (item.name.starts_with("zonemd-") || item.name.starts_with("catalog-") ||
                 item.name == "reverse-generate" || item.name == "include-from" ||
                 item.name == "default-ttl") {
        findings_.lose(Group::kRecords, item.place, item.name + " has no equal");
      } else if (item.name == "module" || item.name == "global-module") {
        for (const std::string& module : item.values) report_module(item, module);
      } else {
        findings_.lose(Group::kUnknown, item.place, '"' + item.name + "\" is unknown inside of a zone");
      }
    }
  }

  void report_module(const Item& item, const std::string& module) {
    const auto found = modules_.find(module);
    if (module.starts_with("mod-rrl")) {
      if (item.name != "global-module") {
        findings_.lose(Group::kSettings, item.place, "mod-rrl of a zone: Atlas limits over all zones",
                       "see the key \"rate-limit\"");
      } else if (found != modules_.end()) {
        take_rate_limit(*found->second, setup_.settings, findings_);
      }
    } else if (module.starts_with("mod-cookies")) {
      setup_.settings.cookies = true;
    } else if (module.starts_with("mod-stats")) {
      findings_.note(Group::kProcess, item.place, "mod-stats: Atlas counts without it");
    } else {
      findings_.lose(Group::kSettings, item.place, module + " changes answers, and has no equal");
    }
  }

  Source& source_;
  Setup& setup_;
  Findings& findings_;
  Sections sections_;
  Transfers transfers_;
  Ids modules_;
  Block database_;
  std::filesystem::path journal_;
  std::unordered_set<const Block*> reported_;
  std::unordered_set<dns::Name, dns::NameHash, dns::NameEqual> apexes_;
};

}  // namespace

Parsed<void> read(Source& source, const std::filesystem::path& path, Setup& setup, Findings& findings) {
  const auto file = source.open(path);
  if (!file) return std::unexpected(file.error());
  const auto blocks = read_blocks(source, *file);
  if (!blocks) return std::unexpected(blocks.error());
  Reader(source, setup, findings).read(*blocks);
  return {};
}

}  // namespace atlas::control::import::knot
