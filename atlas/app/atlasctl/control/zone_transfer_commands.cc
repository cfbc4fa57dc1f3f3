// Zones that come from other servers and go to others.
#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/session.h"
#include "atlas/app/atlasctl/control/settings_options.h"
#include "atlas/app/atlasctl/control/transfer_words.h"
#include "atlas/app/atlasctl/control/zone_commands.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr Option kAddOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--primary", true, "where it comes from: a remote of the configuration or an address; more than once"},
    kSecondaryOption,
    kAllowTransferOption,
    kAllowNotifyOption,
    kForwardUpdatesOption,
    kCatalogOption,
    kMembersOption,
    kGroupsOption,
    kMemberOfOption,
    kGroupOption,
    kReasonOption,
    kDryRunOption};
constexpr Option kPlainOptions[] = {kSocketOption, kJsonOption};

int ask_for_transfer(const Usage& usage, std::span<const std::string_view> given,
                     std::string_view operation) {
  const auto words = parse_words(usage, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  const auto body = ask(*words, "POST", *target + '/' + std::string(operation));
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto zone = parse_object(*body);
  if (!zone) return kExitRefused;
  const json::object* transfer = object_in(*zone, "transfer");
  print(stdout, text(*zone, "zone") + ": " +
                    (transfer == nullptr ? "asked for" : transfer_words(*transfer, base::wall_now())) + '\n');
  return kExitDone;
}

}  // namespace

const Usage kAddZone = {
    "zone add",
    "ZONE",
    "Takes a zone from primaries: it becomes a secondary here.\n"
    "\n"
    "  atlasctl zone add example.org --primary hidden\n"
    "  atlasctl zone add example.org --primary '192.0.2.1 key xfr.example.' --primary 2001:db8::1",
    1,
    1,
    kAddOptions};
const Usage kRefreshZone = {
    "zone refresh", "ZONE", "Asks a secondary's primaries at once whether they have a newer version.", 1, 1,
    kPlainOptions};
const Usage kRetransferZone = {"zone retransfer",
                               "ZONE",
                               "Takes the whole of a secondary anew from its primaries, whatever its serial.",
                               1,
                               1,
                               kPlainOptions};
const Usage kNotifyZone = {
    "zone notify", "ZONE", "Tells a zone's secondaries of its version, whether they know it or not.", 1, 1,
    kPlainOptions};

int add_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kAddZone, given);
  if (!words) return fail(words.error());
  const auto name = typed_name(words->operands[0]);
  if (!name) return name.error();
  if (!words->has("--primary"))
    return fail({"--primary is missing", "as in atlasctl zone add example.org --primary 192.0.2.1"});
  json::object settings;
  if (!change_settings(*words, settings)) return kExitRefused;
  json::object body{{"zone", dns::to_text(name->view())}, {"settings", std::move(settings)}};
  if (!add_terms(*words, body)) return kExitRefused;
  const auto answer = ask(*words, "POST", "/v1/zones", json::serialize(body));
  if (!answer) return answer.error();
  if (words->has("--json")) return print(stdout, *answer), kExitDone;
  const auto made = parse_object(*answer);
  if (!made) return kExitRefused;
  print(stdout, words->has("--dry-run")
                    ? "nothing was done: zone " + text(*made, "zone") + " could be added\n"
                    : "zone " + text(*made, "zone") +
                          " is taken from its primaries; atlasctl zone show says how far it is\n");
  return kExitDone;
}

int refresh_zone(std::span<const std::string_view> given) {
  return ask_for_transfer(kRefreshZone, given, "refresh");
}

int retransfer_zone(std::span<const std::string_view> given) {
  return ask_for_transfer(kRetransferZone, given, "retransfer");
}

int notify_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kNotifyZone, given);
  if (!words) return fail(words.error());
  const auto target = zone_target(words->operands[0]);
  if (!target) return target.error();
  const auto body = ask(*words, "POST", *target + "/notify");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto answer = parse_object(*body);
  if (!answer) return kExitRefused;
  std::string names;
  if (const json::array* secondaries = list(*answer, "secondaries")) {
    for (const json::value& one : *secondaries)
      names += (names.empty() ? "" : ", ") + (one.is_string() ? printable(one.get_string()) : "");
  }
  print(stdout, text(*answer, "zone") + ": notified are " + names + '\n');
  return kExitDone;
}

}  // namespace atlas::app::atlasctl::control
