#include "atlas/control/import/nsd/nsd.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/nsd/server.h"
#include "atlas/control/import/nsd/transfers.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::nsd {
namespace {

constexpr const char* kZonesFolder = "/etc/nsd";
constexpr const char* kZoneList = "/var/lib/nsd/zone.list";

// Options of a pattern, with those of the patterns that it includes.
constexpr size_t kPatternOptionsMax = 1000;

// The nth label from the right, 0 being the topmost; "." if there is none.
std::string label_from_top(const std::string& zone, size_t index) {
  size_t end = zone.size();
  for (size_t i = 0;; ++i) {
    const size_t dot = end == 0 ? std::string::npos : zone.rfind('.', end - 1);
    const size_t begin = dot == std::string::npos ? 0 : dot + 1;
    if (i == index) return end == 0 ? "." : zone.substr(begin, end - begin);
    if (dot == std::string::npos) return ".";
    end = dot;
  }
}

std::string expand(const std::string& pattern, const std::string& zone) {
  std::string out;
  for (size_t i = 0; i < pattern.size() && out.size() <= kWordOctetsMax; ++i) {
    if (pattern[i] != '%' || i + 1 == pattern.size()) {
      out += pattern[i];
      continue;
    }
    const char what = pattern[++i];
    if (what == 's') {
      out += zone;
    } else if (what >= '1' && what <= '3') {
      const auto index = static_cast<size_t>(what - '1');
      out += index < zone.size() ? zone[index] : '.';
    } else if (what >= 'x' && what <= 'z') {
      out += label_from_top(zone, static_cast<size_t>('z' - what));
    } else {
      out.append(1, '%').append(1, what);
    }
  }
  return out;
}

class Reader {
 public:
  Reader(Source& source, Setup& setup, Findings& findings)
      : source_(source), setup_(setup), findings_(findings), transfers_(setup, findings) {}

  Parsed<void> read(const std::vector<Attribute>& attributes) {
    std::string clause;
    Options* open = nullptr;
    Options key, tls;
    Place key_place;
    const auto end_clause = [&] {
      if (clause == "key") add_key(key, key_place);
      if (clause == "pattern") end_pattern();
      if (clause == "tls-auth") transfers_.add_tls(std::move(tls));
      key.clear();
      tls.clear();
    };
    for (const Attribute& attribute : attributes) {
      if (is_clause(attribute)) {
        end_clause();
        clause = attribute.name;
        open = nullptr;
        if (clause == "zone") {
          zones_.push_back({attribute.place, {}});
          open = &zones_.back().options;
        } else if (clause == "pattern") {
          open = &pattern_;
        } else if (clause == "server") {
          open = &server_;
        } else if (clause == "key") {
          open = &key;
          key_place = attribute.place;
        } else if (clause == "tls-auth") {
          open = &tls;
        } else {
          report_clause(attribute);
        }
      } else if (clause.empty()) {
        return std::unexpected(source_.error(attribute.place,
                                             '"' + attribute.name + "\" stands outside of a clause",
                                             "clauses are server:, zone:, pattern:, key: and others"));
      } else if (open != nullptr) {
        take_option(clause, *open, attribute);
      }
    }
    end_clause();
    take_server(server_, setup_.settings, findings_);
    directory_ = value_of(server_, "zonesdir");
    if (directory_.empty()) directory_ = kZonesFolder;
    for (const Entry& zone : zones_) add_zone(zone);
    return read_zone_list();
  }

 private:
  struct Entry {
    Place place;
    Options options;
  };

  static bool is_clause(const Attribute& attribute) {
    static constexpr std::string_view kClauses[] = {"server", "zone",           "pattern",
                                                    "key",    "remote-control", "dnstap",
                                                    "verify", "tls-auth",       "proxy-protocol"};
    return attribute.values.empty() && std::ranges::find(kClauses, attribute.name) != std::end(kClauses);
  }

  void report_clause(const Attribute& clause) {
    if (clause.name == "remote-control") {
      findings_.note(Group::kProcess, clause.place, "remote-control: nsd-control cannot control Atlas",
                     "atlasctl does, over the socket of the key \"control\"");
    } else if (clause.name == "dnstap") {
      findings_.lose(Group::kSettings, clause.place, "dnstap is not taken", "see the key \"dnstap\"");
    } else if (clause.name == "verify") {
      findings_.lose(Group::kSettings, clause.place, "verify: Atlas runs no programs on zones");
    } else {
      findings_.lose(Group::kSettings, clause.place, clause.name + " is not taken", "see the key \"proxy\"");
    }
  }

  void take_option(const std::string& clause, Options& open, const Attribute& attribute) {
    if (attribute.name == "include-pattern" && (clause == "zone" || clause == "pattern")) {
      const auto found = patterns_.find(attribute.values.empty() ? "" : attribute.values[0]);
      if (found == patterns_.end()) {
        findings_.lose(Group::kUnknown, attribute.place,
                       "there is no pattern \"" + (attribute.values.empty() ? "" : attribute.values[0]) + '"',
                       "a pattern stands above those that include it");
      } else {
        include(found->second, attribute.place, open);
      }
    } else {
      open.push_back(attribute);
    }
  }

  void include(const Options& pattern, const Place& place, Options& open) {
    included_ += pattern.size();
    if (included_ > kStatementsMax || open.size() + pattern.size() > kPatternOptionsMax) {
      findings_.lose(Group::kUnknown, place, "patterns include too many options");
      return;
    }
    const Options options = pattern;  // a pattern may include itself
    open.insert(open.end(), options.begin(), options.end());
  }

  void end_pattern() {
    const std::string name = value_of(pattern_, "name");
    std::erase_if(pattern_, [](const Attribute& option) { return option.name == "name"; });
    patterns_.insert_or_assign(name, std::move(pattern_));
    pattern_.clear();
  }

  void add_key(const Options& options, const Place& place) {
    auto key = make_key(value_of(options, "name"), value_of(options, "algorithm"),
                        value_of(options, "secret"), place);
    if (!key) {
      findings_.lose(Group::kUpdates, place,
                     "key \"" + value_of(options, "name") + "\": " + key.error().message, key.error().hint);
    } else if (!has_key(setup_.keys, key->name)) {
      setup_.keys.push_back(std::move(*key));
    }
  }

  void add_zone(const Entry& entry) {
    const std::string name = value_of(entry.options, "name");
    const auto lose = [&](const std::string& what, std::string hint = {}) {
      findings_.lose(Group::kZones, entry.place, "zone \"" + name + "\" " + what, std::move(hint));
    };
    auto apex = dns::parse_name(name);
    if (name.empty() || !apex) return lose("has no name that is one");
    if (setup_.zones.size() == kZonesMax) return;
    SourceZone zone;
    zone.apex = *apex;
    zone.apex.make_lower();
    zone.place = entry.place;
    zone.include_folder = directory_;
    FirstMatch clients;
    bool is_limited = false;
    for (const Attribute& option : entry.options) {
      is_limited |= option.name == "allow-query";
      report_option(option);
    }
    transfers_.take(entry.options, patterns_, zone);
    const bool is_secondary = std::ranges::any_of(
        entry.options, [](const Attribute& option) { return option.name == "request-xfr"; });
    if (is_secondary && !zone.is_secondary())
      return lose("is a secondary without primaries that could be taken");
    // Those that are blocked come before all others, wherever they stand.
    for (const bool blocked : {true, false}) {
      for (const Attribute& option : entry.options) {
        if (option.name == "allow-query" && !add_clients(option, blocked, clients))
          return lose("is not taken");
      }
    }
    if (is_limited) zone.allow_query = clients.allowed();
    if (!zone.is_secondary() && !zone.is_made_here()) {
      std::string text = name;
      if (text.size() > 1 && text.ends_with('.')) text.pop_back();
      const std::string file = expand(value_of(entry.options, "zonefile"), text);
      if (file.empty()) return lose("has no zonefile", "write it with: nsd-control write " + name);
      zone.file = (directory_ / file).lexically_normal();
    }
    const bool added = apexes_.insert(zone.apex).second;
    if (added) setup_.zones.push_back(std::move(zone));
  }

  // False if who may ask cannot be said.
  bool add_clients(const Attribute& option, bool blocked, FirstMatch& clients) {
    if (option.values.size() != 2) return true;
    const std::string& text = option.values[0];
    if ((option.values[1] == "BLOCKED") != blocked) return true;
    if (!blocked && option.values[1] != "NOKEY") {
      findings_.lose(Group::kAccess, option.place, "allow-query with a key has no equal, and is left out");
      return true;
    }
    std::vector<net::Prefix> prefixes;
    if (const size_t dash = text.find('-'); dash != std::string::npos) {
      const auto first = net::IpAddress::parse(text.substr(0, dash));
      const auto last = net::IpAddress::parse(text.substr(dash + 1));
      if (first && last) prefixes = range(*first, *last);
    } else if (const auto prefix = parse_prefix(text)) {
      prefixes.push_back(*prefix);
    }
    if (prefixes.empty()) {
      findings_.lose(Group::kAccess, option.place, '"' + text + "\" has no equal, and is left out",
                     "write it as a prefix, as in 192.0.2.0/24");
      return !blocked;
    }
    return std::ranges::all_of(prefixes,
                               [&](const net::Prefix& prefix) { return clients.add(prefix, !blocked); });
  }

  void report_option(const Attribute& option) {
    static constexpr std::string_view kTaken[] = {"name",
                                                  "zonefile",
                                                  "allow-query",
                                                  "request-xfr",
                                                  "include-pattern",
                                                  "provide-xfr",
                                                  "allow-notify",
                                                  "notify",
                                                  "catalog",
                                                  "catalog-member-pattern",
                                                  "catalog-producer-zone"};
    static constexpr std::string_view kTransfer[] = {
        "allow-axfr-fallback", "size-limit-xfr",     "notify-retry",        "outgoing-interface",
        "store-ixfr",          "ixfr-number",        "ixfr-size",           "create-ixfr",
        "max-refresh-time",    "min-refresh-time",   "max-retry-time",      "min-retry-time",
        "min-expire-time",     "multi-master-check", "multi-primary-check", "max-expire-time"};
    const auto is_in = [&](const auto& names) {
      return std::ranges::find(names, option.name) != std::end(names);
    };
    if (is_in(kTaken)) return;
    if (is_in(kTransfer)) {
      findings_.note(Group::kTransfers, option.place,
                     option.name + " is not taken: Atlas has limits and times of its own",
                     "see the section \"transfers\"");
    } else if (option.name == "zonestats") {
      findings_.note(Group::kProcess, option.place, "zonestats is not needed");
    } else if (option.name == "rrl-whitelist") {
      findings_.lose(Group::kSettings, option.place, "rrl-whitelist has no equal");
    } else if (option.name.starts_with("verif")) {
      findings_.lose(Group::kSettings, option.place, option.name + ": Atlas runs no programs on zones");
    } else {
      findings_.lose(Group::kUnknown, option.place, '"' + option.name + "\" is unknown inside of a zone");
    }
  }

  // Lines of "add NAME PATTERN" and "del NAME".
  Parsed<void> read_zone_list() {
    std::string path = value_of(server_, "zonelistfile");
    if (path.empty()) path = kZoneList;
    if (!source_.files().exists(path)) return {};
    const auto file = source_.open(path);
    if (!file) return std::unexpected(file.error());
    std::string_view rest = source_.text(*file);
    std::vector<Entry> added;
    std::unordered_set<std::string> deleted;
    for (uint32_t line = 1; !rest.empty(); ++line) {
      const std::string_view text = rest.substr(0, rest.find('\n'));
      rest = text.size() == rest.size() ? std::string_view() : rest.substr(text.size() + 1);
      std::vector<std::string> words;
      for (size_t at = text.find_first_not_of(" \t\r"); at != std::string_view::npos && words.size() < 4;) {
        const size_t end = std::min(text.find_first_of(" \t\r", at), text.size());
        words.emplace_back(text.substr(at, end - at));
        at = text.find_first_not_of(" \t\r", end);
      }
      if (words.empty() || words[0].starts_with('#')) continue;
      const Place place{*file, {line, 1}};
      if (words[0] == "del" && words.size() > 1) {
        deleted.insert(words[1]);
      } else if (words[0] == "add" && words.size() == 3 && added.size() < kZonesMax) {
        const auto pattern = patterns_.find(words[2]);
        if (pattern == patterns_.end()) {
          findings_.lose(Group::kZones, place,
                         "zone \"" + words[1] + "\" has the unknown pattern \"" + words[2] + '"');
          continue;
        }
        deleted.erase(words[1]);
        added.push_back({place, {{"name", place, {words[1]}}}});
        include(pattern->second, place, added.back().options);
      } else {
        findings_.lose(Group::kUnknown, place, "a line of the zone list that is neither add nor del");
      }
    }
    for (const Entry& entry : added) {
      if (!deleted.contains(value_of(entry.options, "name"))) add_zone(entry);
    }
    return {};
  }

  Source& source_;
  Setup& setup_;
  Findings& findings_;
  Transfers transfers_;
  std::unordered_map<std::string, Options> patterns_;
  Options pattern_;  // that is being read
  size_t included_ = 0;
  Options server_;
  std::vector<Entry> zones_;
  std::filesystem::path directory_;
  std::unordered_set<dns::Name, dns::NameHash, dns::NameEqual> apexes_;
};

}  // namespace

Parsed<void> read(Source& source, const std::filesystem::path& path, Setup& setup, Findings& findings) {
  const auto file = source.open(path);
  if (!file) return std::unexpected(file.error());
  const auto attributes = read_attributes(source, *file, path.parent_path());
  if (!attributes) return std::unexpected(attributes.error());
  return Reader(source, setup, findings).read(*attributes);
}

}  // namespace atlas::control::import::nsd
