// zone statements, of the top level and of views.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "atlas/control/import/named/reading.h"
#include "atlas/control/import/named/statements.h"
#include "atlas/control/import/named/transfers.h"
#include "atlas/control/import/named/update_rules.h"
#include "atlas/dns/types.h"

namespace atlas::control::import::named {
namespace {

// A zone statement and the view that it stands in.
struct Entry {
  const Statement* zone = nullptr;
  const Statement* view = nullptr;  // null: it stands in none
};

bool is_class_other_than_in(const Statement& statement) {
  const std::string_view word = statement.word(2);
  if (word.empty()) return false;
  const auto rrclass = dns::parse_rrclass(word);
  return rrclass && *rrclass != dns::RRClass::IN;
}

std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

class ZoneReader {
 public:
  ZoneReader(Reading& reading, const Block* options)
      : reading_(reading), options_(options), transfers_(reading, options) {}

  void read() {
    collect(reading_.top, nullptr);
    for (const Statement& statement : reading_.top) {
      if (!is_named(statement, "view") || statement.block() == nullptr) continue;
      if (is_class_other_than_in(statement)) continue;
      views_.push_back(&statement);
      collect(*statement.block(), &statement);
    }
    if (!reading_.zones_only) {
      report_default_recursion();
      take_views();
    }
    for (const dns::Name& apex : order_) take(entries_.find(apex)->second);
  }

 private:
  void collect(const Block& block, const Statement* view) {
    for (const Statement& statement : block) {
      if (!is_named(statement, "zone") || statement.block() == nullptr) continue;
      if (is_class_other_than_in(statement)) {
        reading_.findings.lose(Group::kZones, statement.place(),
                               "zone " + in_quotes(statement.word(1)) + " is not of class IN");
        continue;
      }
      auto apex = dns::parse_name(statement.word(1));
      if (!apex) {
        reading_.findings.lose(Group::kZones, statement.place(), apex.error().message, apex.error().hint);
        continue;
      }
      apex->make_lower();
      if (order_.size() == kZonesMax) return;
      const auto [found, added] = entries_.try_emplace(*apex);
      if (added) order_.push_back(*apex);
      found->second.push_back({&statement, view});
    }
  }

  // Unless told otherwise, named resolves names for those near it.
  void report_default_recursion() {
    if (reading_.setup.settings.listen.empty()) return;
    const bool is_said = (options_ != nullptr && find(*options_, "recursion") != nullptr) ||
                         std::ranges::any_of(views_, [](const Statement* view) {
                           return find(*view->block(), "recursion") != nullptr;
                         });
    if (is_said) return;
    reading_.findings.lose(
        Group::kRecursion, {0, {}},
        "nothing says \"recursion no\": named resolves names for the networks that it is in, "
        "and Atlas does not",
        "leave resolving to a resolver, such as Unbound, at an address of its own");
  }

  void take_views() {
    if (views_.size() == 1) {
      take_settings(reading_, *views_[0]->block());
      report_rest(reading_, *views_[0]->block(), "view");
      return;
    }
    bool everybody_matches = views_.empty();
    for (const Statement* const view : views_) {
      const Statement* const match = find(*view->block(), "match-clients");
      everybody_matches |= match == nullptr || (match->block() != nullptr && match->block()->size() == 1 &&
                                                is_named(match->block()->front(), "any"));
      for (const Statement& statement : *view->block()) {
        static constexpr std::string_view kReadElsewhere[] = {"zone", "match-clients", "key", "allow-query"};
        const bool is_read = std::ranges::any_of(
            kReadElsewhere, [&](std::string_view name) { return is_named(statement, name); });
        const bool no = is_named(statement, "recursion") && !is_yes(statement.word(1));
        if (is_read || no || treatment_of(statement.name()) != Treatment::kTaken) continue;
        reading_.findings.lose(Group::kViews, statement.place(),
                               statement.name() + " of view " + in_quotes(view->word(1)) +
                                   " is not taken: there are several views");
      }
      report_rest(reading_, *view->block(), "view");
    }
    if (!everybody_matches) {
      reading_.findings.lose(Group::kAccess, views_[0]->place(),
                             "clients that no view matches get answers from Atlas",
                             "name those that may ask in the key \"access: allow-query\"");
    }
  }

  void take(const std::vector<Entry>& entries) {
    const Entry* first = nullptr;
    for (const Entry& entry : entries) {
      if (find(*entry.zone->block(), "in-view") == nullptr) {
        first = &entry;
        break;
      }
    }
    if (first == nullptr) {
      lose(entries.front(), "refers to a view that does not have it");
      return;
    }
    if (views_.size() > 1 && !is_shared(entries, *first)) return;
    std::optional<SourceZone> zone = read_zone(*first);
    if (zone && add_access(entries, *zone)) reading_.setup.zones.push_back(std::move(*zone));
  }

  void lose(const Entry& entry, const std::string& what, std::string hint = {}, Group group = Group::kZones) {
    reading_.findings.lose(group, entry.zone->place(), "zone " + in_quotes(entry.zone->word(1)) + ' ' + what,
                           std::move(hint));
  }

  Scope scope_of(const Entry& entry) const {
    return {entry.zone->block(), entry.view == nullptr ? nullptr : entry.view->block(), options_};
  }

  std::filesystem::path file_of(const Entry& entry) const {
    const Statement* const file = find(*entry.zone->block(), "file");
    if (file == nullptr) return {};
    return (reading_.directory / file->word(1)).lexically_normal();
  }

  // Whether every view has the zone, with the same contents.
  bool is_shared(const std::vector<Entry>& entries, const Entry& first) {
    std::unordered_set<const Statement*> views;
    bool same = true;
    for (const Entry& entry : entries) {
      views.insert(entry.view);
      if (find(*entry.zone->block(), "in-view") == nullptr) same &= file_of(entry) == file_of(first);
    }
    const bool is_hint = equal(type_of(first), "hint");
    if (is_hint) return true;
    if (!same) {
      lose(first, "has several contents, one a view", "serve each of them with an Atlas of its own",
           Group::kViews);
      return false;
    }
    if (views.size() < views_.size()) {
      lose(first, "is not in every view: it would be shown to clients that do not see it with named",
           "put it into every view if all may see it", Group::kViews);
      return false;
    }
    return true;
  }

  static std::string_view type_of(const Entry& entry) {
    const Statement* const type = find(*entry.zone->block(), "type");
    return type == nullptr ? std::string_view() : type->word(1);
  }

  std::optional<SourceZone> read_zone(const Entry& entry) {
    const std::string_view type = type_of(entry);
    if (equal(type, "hint")) {
      reading_.findings.note(Group::kRecursion, entry.zone->place(), "hints matter to a resolver alone");
      return {};
    }
    const bool is_secondary = equal(type, "secondary") || equal(type, "slave");
    if (!is_secondary && !equal(type, "primary") && !equal(type, "master") && !equal(type, "native")) {
      report_type(entry, type);
      return {};
    }
    if (!reading_.zones_only) report_rest(reading_, *entry.zone->block(), "zone");
    SourceZone zone;
    zone.apex = *dns::parse_name(entry.zone->word(1));
    zone.apex.make_lower();
    zone.place = entry.zone->place();
    if (is_secondary) return read_secondary(entry, std::move(zone));
    zone.file = file_of(entry);
    zone.include_folder = reading_.directory;
    zone.takes_ttl_from_soa = !reading_.zones_only;
    if (zone.file.empty()) {
      lose(entry, "has no file", "write it to one, as with: dig @SERVER ZONE AXFR");
      return {};
    }
    if (reading_.zones_only) return zone;
    if (!is_text(entry, zone.file) || has_newer_journal(entry, zone.file)) return {};
    take_updates(entry, zone);
    report_signing(entry, zone.file);
    transfers_.take_others(scope_of(entry), zone);
    return zone;
  }

  std::optional<SourceZone> read_secondary(const Entry& entry, SourceZone zone) {
    if (!transfers_.take_secondary(scope_of(entry), zone)) {
      lose(entry, "is a secondary without primaries that could be taken");
      return {};
    }
    transfers_.take_others(scope_of(entry), zone);
    return zone;
  }

  void report_type(const Entry& entry, std::string_view type) {
    if (equal(type, "mirror") || equal(type, "stub")) {
      lose(entry, "is a " + std::string(type) + " zone, which is for resolvers", "", Group::kRecursion);
    } else if (equal(type, "forward") || equal(type, "static-stub") || equal(type, "redirect") ||
               equal(type, "delegation-only")) {
      lose(entry, "is of type " + std::string(type) + ": Atlas does not resolve", "", Group::kRecursion);
    } else if (type.empty()) {
      lose(entry, "has no type", "as in type primary;");
    } else {
      lose(entry, "is of the unknown type " + in_quotes(type));
    }
  }

  bool is_text(const Entry& entry, const std::filesystem::path& file) {
    const Statement* const format = scope_of(entry).find("masterfile-format");
    if (format == nullptr || equal(format->word(1), "text")) return true;
    const std::string name(entry.zone->word(1));
    lose(entry, "is kept in the format " + std::string(format->word(1)) + ", not as text",
         "named-compilezone -f " + std::string(format->word(1)) + " -F text -o " + file.string() + ".text " +
             name + ' ' + file.string());
    return false;
  }

  // What the journal has and the file has not would be lost.
  bool has_newer_journal(const Entry& entry, const std::filesystem::path& file) {
    const Statement* const named = find(*entry.zone->block(), "journal");
    const std::filesystem::path journal = named == nullptr
                                              ? std::filesystem::path(file.string() + ".jnl")
                                              : (reading_.directory / named->word(1)).lexically_normal();
    const auto journal_time = reading_.source.files().written(journal);
    const auto file_time = reading_.source.files().written(file);
    if (!journal_time || (file_time && *journal_time <= *file_time)) return false;
    lose(entry, "has changes in " + journal.string() + " that are not in its file",
         "rndc sync -clean " + std::string(entry.zone->word(1)));
    return true;
  }

  void take_updates(const Entry& entry, SourceZone& zone) {
    // update-policy stands in zones alone; allow-update is inherited.
    if (const Statement* const policy = find(*entry.zone->block(), "update-policy")) {
      zone.update_rules = update_policy_rules(*policy, reading_.setup.keys, reading_.findings);
      return;
    }
    const Statement* const allow = scope_of(entry).find("allow-update");
    if (allow != nullptr && allow->block() != nullptr) {
      zone.update_rules =
          allow_update_rules(*allow->block(), reading_.acls, reading_.setup.keys, reading_.findings);
    }
  }

  void report_signing(const Entry& entry, const std::filesystem::path& file) {
    const Scope scope = scope_of(entry);
    const Statement* signing = scope.find("dnssec-policy");
    if (signing != nullptr && (equal(signing->word(1), "none") || equal(signing->word(1), "insecure"))) {
      signing = nullptr;
    }
    for (const std::string_view name : {"inline-signing", "auto-dnssec"}) {
      const Statement* const statement = scope.find(name);
      if (statement == nullptr || equal(statement->word(1), "off") || equal(statement->word(1), "no"))
        continue;
      if (signing == nullptr) signing = statement;
    }
    if (signing == nullptr) return;
    std::string hint = "take its DS records out of the parent zone first, or it cannot be validated";
    const std::string is_signed = file.string() + ".signed";
    if (reading_.source.files().exists(is_signed)) {
      hint +=
          "; or serve it signed, as it is, while its signatures last: named-compilezone -f raw -F text -o " +
          file.string() + ".text " + std::string(entry.zone->word(1)) + ' ' + is_signed;
    }
    reading_.findings.lose(Group::kSigning, entry.zone->place(),
                           "zone " + in_quotes(entry.zone->word(1)) + " is signed by named (" +
                               signing->name() + "): Atlas serves what its file holds",
                           std::move(hint));
  }

  Clients clients_of(const Entry& entry) {
    const Scope scope = scope_of(entry);
    Clients clients;
    if (const Statement* const allow = scope.find("allow-query");
        allow != nullptr && allow->block() != nullptr) {
      // Each list is read, and what is wrong with it said, once.
      const auto [known, added] = lists_.try_emplace(allow);
      if (added) known->second = reading_.acls.clients(*allow->block(), Group::kAccess);
      clients = known->second;
    }
    if (views_.size() != 1 || entry.view == nullptr) return clients;
    const Statement* const match = find(*entry.view->block(), "match-clients");
    if (match == nullptr || match->block() == nullptr) return clients;
    const auto [known, added] = lists_.try_emplace(match);
    if (added) known->second = reading_.acls.clients(*match->block(), Group::kAccess);
    if (!clients) return known->second;
    std::vector<net::Prefix> both;
    if (!intersect(*clients, known->second, both)) both.clear();
    return both;
  }

  bool add_access(const std::vector<Entry>& entries, SourceZone& zone) {
    if (reading_.zones_only) return true;
    zone.allow_query = clients_of(entries.front());
    for (const Entry& entry : entries) {
      if (same_clients(clients_of(entry), zone.allow_query)) continue;
      lose(entry, "may be asked by others in one view than in the other", "", Group::kViews);
      return false;
    }
    return true;
  }

  Reading& reading_;
  const Block* options_;
  Transfers transfers_;
  std::vector<const Statement*> views_;
  std::unordered_map<dns::Name, std::vector<Entry>, dns::NameHash, dns::NameEqual> entries_;
  std::vector<dns::Name> order_;
  std::unordered_map<const Statement*, std::vector<net::Prefix>> lists_;
};

}  // namespace

void take_zones(Reading& reading, const Block* options) {
  ZoneReader(reading, options).read();
}

}  // namespace atlas::control::import::named
