// How whole zones come in and go out.
#include <unistd.h>

#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/made_report.h"
#include "atlas/app/atlasctl/control/session.h"
#include "atlas/app/atlasctl/control/settings_options.h"
#include "atlas/app/atlasctl/control/zone_commands.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr Option kCreateOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--file", true, "the zone's text; - is the standard input"},
    {"--primary-ns", true, "without a text: the first name server"},
    {"--address", true, "an address of it, if its name is in the zone; more than once"},
    {"--contact", true, "without a text: the mail address of whoever is responsible"},
    {"--policy", true, "a rule that says who may update it; more than once, in their order"},
    {"--zonemd", true, "sha384 or sha512: a digest of the zone with every change"},
    kSecondaryOption,
    kAllowTransferOption,
    kCatalogOption,
    kMemberOfOption,
    kGroupOption,
    kReasonOption,
    kDryRunOption};
constexpr Option kExportOptions[] = {kSocketOption};
constexpr Option kReplaceOptions[] = {kSocketOption, kJsonOption,     kReasonOption,
                                      kDryRunOption, kIfSerialOption, kYesOption};
// A page of so many RRsets has some hundred kB.
constexpr std::string_view kPageRRsets = "2000";
// Pages of two versions do not belong together.
constexpr int kExportTriesMax = 3;
constexpr int kTooLarge = 413;

std::string source_of(std::string_view path) {
  return path == "-" ? "standard input" : std::string(path);
}

json::array values_of(const Words& words, std::string_view option) {
  json::array values;
  for (const auto& [name, value] : words.options) {
    if (name == option) values.emplace_back(value);
  }
  return values;
}

void append_page(const json::object& page, std::string& out) {
  const json::array* rrsets = list(page, "rrsets");
  if (rrsets == nullptr) return;
  for (const json::value& item : *rrsets) {
    const json::object* rrset = item.if_object();
    const json::array* records = rrset == nullptr ? nullptr : list(*rrset, "records");
    if (records == nullptr) continue;
    const std::string front = text(*rrset, "name") + '\t' + std::to_string(number(*rrset, "ttl")) + "\tIN\t" +
                              text(*rrset, "type") + '\t';
    for (const json::value& record : *records) {
      if (record.is_string()) out += front + std::string(record.get_string()) + '\n';
    }
  }
}

// One version, page by page. Empty: another one came between the first and the last.
Asked<std::optional<std::string>> read_pages(const Words& words, const std::string& target) {
  std::string out, from;
  std::optional<uint64_t> serial;
  for (;;) {
    std::string page_target = target + "?limit=" + std::string(kPageRRsets);
    if (!from.empty()) add_query(page_target, "from", from);
    const auto page = ask_object(words, "GET", page_target);
    if (!page) return std::unexpected(page.error());
    if (serial && *serial != number(*page, "serial")) return std::optional<std::string>();
    serial = number(*page, "serial");
    append_page(*page, out);
    const json::value* next = page->if_contains("next");
    if (next == nullptr || !next->is_string()) return out;
    from = next->get_string();
  }
}

}  // namespace

const Usage kCreateZone = {
    "zone create",
    "ZONE",
    "Makes a zone: of a text with --file, or with a SOA and an NS record of --primary-ns and --contact.\n"
    "\n"
    "  atlasctl zone create example.org --file example.org.zone\n"
    "  atlasctl zone create example.org --primary-ns ns1.example.net --contact hostmaster@example.org\n"
    "  atlasctl zone create catalog.example --catalog produce",
    1,
    1,
    kCreateOptions};
const Usage kExportZone = {
    "zone export", "ZONE", "Prints a zone as text, one record a line, in canonical order.", 1, 1,
    kExportOptions};
const Usage kReplaceZone = {
    "zone replace",
    "ZONE FILE",
    "Makes a zone what a zone text says: what differs is one change. - is the standard input. A serial in\n"
    "the text counts if it is higher than the zone's.",
    2,
    2,
    kReplaceOptions};

int create_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kCreateZone, given);
  if (!words) return fail(words.error());
  const auto name = typed_name(words->operands[0]);
  if (!name) return name.error();
  json::object body{{"zone", dns::to_text(name->view())}};
  const auto file = words->value("--file");
  const auto primary_ns = words->value("--primary-ns"), contact = words->value("--contact");
  // Of an empty catalog, the records are known.
  const bool is_catalog = words->value("--catalog") == "produce" && !file && !primary_ns && !contact;
  if (!is_catalog && (file.has_value() == (primary_ns.has_value() || contact.has_value()) ||
                      primary_ns.has_value() != contact.has_value())) {
    return fail({"a zone is made of --file, or of --primary-ns and --contact",
                 "atlasctl help zone create shows how"});
  }
  if (file) {
    auto content = read_input(*file);
    if (!content) return content.error();
    body["text"] = *content;
  } else if (primary_ns) {
    const auto ns = typed_name(*primary_ns);
    if (!ns) return ns.error();
    body["primary_ns"] = dns::to_text(ns->view());
    body["contact"] = *contact;
    if (json::array addresses = values_of(*words, "--address"); !addresses.empty())
      body["addresses"] = std::move(addresses);
  }
  json::object settings;
  if (json::array rules = values_of(*words, "--policy"); !rules.empty())
    settings["update_policy"] = std::move(rules);
  if (!change_settings(*words, settings)) return kExitRefused;
  if (!settings.empty()) body["settings"] = std::move(settings);
  if (!add_terms(*words, body)) return kExitRefused;

  const auto answer = ask(*words, "POST", "/v1/zones", json::serialize(body), file ? source_of(*file) : "");
  if (!answer) return answer.error();
  if (words->has("--json")) return print(stdout, *answer), kExitDone;
  const auto made = parse_object(*answer);
  if (!made) return kExitRefused;
  const bool dry = words->has("--dry-run");
  print(stdout, (dry ? "nothing was done: zone " : "zone ") + text(*made, "zone") +
                    (dry ? " could be made with serial " : " is served with serial ") +
                    std::to_string(number(*made, "serial")) + " and " +
                    counted(number(*made, "records_added"), "record") + '\n');
  return kExitDone;
}

int export_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kExportZone, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  // In one piece, unless it is too large.
  const auto reply = reply_to(*words, "GET", *target + "/text");
  if (!reply) return reply.error();
  if (reply->status < 300) return print(stdout, reply->body), kExitDone;
  if (reply->status != kTooLarge) return print_problem(*reply);
  for (int tries = 0; tries < kExportTriesMax; ++tries) {
    const auto whole = read_pages(*words, *target + "/records");
    if (!whole) return whole.error();
    if (*whole) return print(stdout, **whole), kExitDone;
  }
  return fail({"the zone changes faster than it can be read", "try again"});
}

int replace_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kReplaceZone, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  auto content = read_input(words->operands[1]);
  if (!content) return content.error();
  json::object body{{"text", *content}};
  if (!add_terms(*words, body)) return kExitRefused;
  return change_zone_if_confirmed(*words, "PUT", *target + "/text", std::move(body), "do this?",
                                  source_of(words->operands[1]));
}

}  // namespace atlas::app::atlasctl::control
