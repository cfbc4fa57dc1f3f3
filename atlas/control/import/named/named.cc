#include "atlas/control/import/named/named.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "atlas/control/import/named/reading.h"
#include "atlas/control/import/named/statements.h"
#include "atlas/control/import/rules.h"

namespace atlas::control::import::named {
namespace {

void take_keys(Reading& reading, const Block& block) {
  for (const Statement& statement : block) {
    if (is_named(statement, "view") && statement.block() != nullptr) take_keys(reading, *statement.block());
    if (!is_named(statement, "key") || statement.block() == nullptr) continue;
    const Statement* const algorithm = find(*statement.block(), "algorithm");
    const Statement* const secret = find(*statement.block(), "secret");
    auto key = make_key(statement.word(1), algorithm == nullptr ? "" : algorithm->word(1),
                        secret == nullptr ? "" : secret->word(1), statement.place());
    if (!key) {
      reading.findings.lose(Group::kUpdates, statement.place(),
                            "key \"" + std::string(statement.word(1)) + "\": " + key.error().message,
                            key.error().hint);
    } else if (!has_key(reading.setup.keys, key->name)) {
      reading.setup.keys.push_back(std::move(*key));
    }
  }
}

// Statements of the top level that are neither read elsewhere nor worth a word.
void report_top(Reading& reading) {
  Findings& findings = reading.findings;
  for (const Statement& statement : reading.top) {
    const std::string& name = statement.name();
    const auto is = [&](std::string_view other) { return is_named(statement, other); };
    if (is("options") || is("view") || is("zone") || is("key") || is("acl") || is("tls") || is("http") ||
        is("primaries") || is("masters") || is("remote-servers") ||
        (is("server") && statement.block() != nullptr && find(*statement.block(), "keys") != nullptr)) {
      continue;
    }
    if (is("controls")) {
      findings.note(Group::kProcess, statement.place(), "controls: rndc cannot control Atlas",
                    "atlasctl does, over the socket of the key \"control\"");
    } else if (is("logging")) {
      findings.lose(Group::kSettings, statement.place(),
                    "logging has no equal: Atlas writes events to one place", "see the key \"log\"");
    } else if (is("statistics-channels")) {
      findings.lose(Group::kSettings, statement.place(),
                    "statistics-channels: Atlas has metrics for Prometheus", "see the key \"metrics\"");
    } else if (is("dnssec-policy")) {
      findings.note(Group::kSigning, statement.place(),
                    "dnssec-policy \"" + std::string(statement.word(1)) + "\": Atlas does not sign");
    } else if (is("parental-agents")) {
      findings.note(Group::kSigning, statement.place(), name + ": Atlas does not sign");
    } else if (is("trust-anchors") || is("trusted-keys") || is("managed-keys") || is("server")) {
      findings.note(Group::kRecursion, statement.place(), name + " matters to a resolver alone");
    } else if (is("dlz") || is("dyndb") || is("plugin")) {
      findings.lose(Group::kZones, statement.place(), name + ": Atlas has no plugins",
                    "write the zones to files, as with: dig @SERVER ZONE AXFR");
    } else {
      findings.lose(Group::kUnknown, statement.place(), '"' + name + "\" is no statement of named.conf");
    }
  }
}

}  // namespace

bool is_yes(std::string_view word) {
  return equal(word, "yes") || equal(word, "true") || word == "1";
}

const Statement* Scope::find(std::string_view name) const {
  for (const Block* const block : {zone, view, options}) {
    if (block == nullptr) continue;
    if (const Statement* const found = named::find(*block, name)) return found;
  }
  return nullptr;
}

std::optional<uint32_t> number(Reading& reading, const Statement& statement, uint32_t most) {
  const std::string_view word = statement.word(1);
  uint32_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error == std::errc{} && end == word.data() + word.size() && value <= most && !word.empty())
    return value;
  reading.findings.lose(Group::kSettings, statement.place(),
                        statement.name() + " is no number up to " + std::to_string(most));
  return {};
}

void report_rest(Reading& reading, const Block& block, std::string_view where) {
  Findings& findings = reading.findings;
  for (const Statement& statement : block) {
    const std::string& name = statement.name();
    const Place& place = statement.place();
    switch (treatment_of(name)) {
      case Treatment::kTaken:
        break;
      case Treatment::kUnknown:
        findings.lose(Group::kUnknown, place,
                      '"' + name + "\" is no statement of named.conf inside of " + std::string(where));
        break;
      case Treatment::kProcess:
        findings.note(Group::kProcess, place, name + " is not needed");
        break;
      case Treatment::kCheck:
        findings.note(Group::kProcess, place, name + ": Atlas' own checks are always the same");
        break;
      case Treatment::kResolver:
        findings.note(Group::kRecursion, place, name + " matters to a resolver alone");
        break;
      case Treatment::kTransfer:
        findings.note(Group::kTransfers, place, name + " is not taken: Atlas has limits and times of its own",
                      "see the section \"transfers\"");
        break;
      case Treatment::kSigning:
        findings.note(Group::kSigning, place, name + ": Atlas does not sign");
        break;
      case Treatment::kJournal:
        findings.note(Group::kUpdates, place, name + ": Atlas keeps changes in a store of its own");
        break;
      case Treatment::kCookie:
        findings.note(Group::kSettings, place, name + ": Atlas makes cookies and their secret by itself",
                      "servers that share an address need the key \"cookies: secret-file\"");
        break;
      case Treatment::kAnswer:
        findings.lose(Group::kSettings, place, name + " changes answers, and has no equal");
        break;
      case Treatment::kAccess:
        findings.lose(Group::kAccess, place, name + " has no equal");
        break;
    }
  }
}

Parsed<void> read(Source& source, const std::filesystem::path& path, bool zones_only, Setup& setup,
                  Findings& findings) {
  const auto file = source.open(path);
  if (!file) return std::unexpected(file.error());
  const auto tree = read_tree(source, *file, path.parent_path());
  if (!tree) return std::unexpected(tree.error());
  Reading reading{source, findings, setup, Acls(findings), *tree, path.parent_path(), zones_only};
  reading.acls.collect(*tree);
  const Statement* const options_statement = find(*tree, "options");
  const Block* const options = options_statement == nullptr ? nullptr : options_statement->block();
  if (options != nullptr) {
    if (const Statement* const directory = find(*options, "directory")) {
      reading.directory = (reading.directory / directory->word(1)).lexically_normal();
    }
  }
  if (!zones_only) {
    take_keys(reading, *tree);
    if (options != nullptr) {
      take_settings(reading, *options);
      report_rest(reading, *options, "options");
    }
    take_listeners(reading, options);
    report_top(reading);
  }
  take_zones(reading, options);
  return {};
}

}  // namespace atlas::control::import::named
