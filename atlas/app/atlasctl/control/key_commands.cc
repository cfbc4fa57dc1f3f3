#include <unistd.h>

#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/change_commands.h"
#include "atlas/app/atlasctl/control/session.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

constexpr Option kListOptions[] = {kSocketOption, kJsonOption};
constexpr Option kCreateOptions[] = {
    kSocketOption,
    kJsonOption,
    {"--algorithm", true, "hmac-sha256 (the default), hmac-sha512 and others"},
    {"--secret-file", true, "a file with the secret in base64, else one is made; - is the standard input"},
    kReasonOption};
constexpr Option kDeleteOptions[] = {kSocketOption, kReasonOption, kYesOption};

constexpr Usage kList = {"key list", "", "Lists the TSIG keys, without their secrets.", 0, 0, kListOptions};
constexpr Usage kCreate = {
    "key create",
    "NAME",
    "Makes a TSIG key and shows its secret: this once, and never again.\n"
    "\n"
    "  atlasctl key create ddns-key\n"
    "  atlasctl zone policy home.example.org --add 'grant ddns-key subdomain home.example.org A AAAA'",
    1,
    1,
    kCreateOptions};
constexpr Usage kDelete = {
    "key delete", "NAME", "Removes a TSIG key: what it signs is refused from then on.", 1, 1, kDeleteOptions};

int list_keys(std::span<const std::string_view> given) {
  const auto words = parse_words(kList, given);
  if (!words) return fail(words.error());
  const auto body = ask(*words, "GET", "/v1/keys");
  if (!body) return body.error();
  if (words->has("--json")) return print(stdout, *body), kExitDone;
  const auto answer = parse_object(*body);
  if (!answer) return kExitRefused;
  Table table;
  if (const json::array* keys = list(*answer, "keys")) {
    for (const json::value& item : *keys) {
      if (!item.is_object()) continue;
      const json::object& key = item.get_object();
      table.add({{text(key, "name"), Style::kName},
                 {text(key, "algorithm")},
                 {flag(key, "read_only")
                      ? "of the configuration"
                      : "made " + local_time(text(key, "created")) + " by " + text(key, "created_by"),
                  Style::kDim}});
    }
  }
  if (table.empty()) return print(stderr, "no keys\n"), kExitDone;
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
  return kExitDone;
}

int create_key(std::span<const std::string_view> given) {
  const auto words = parse_words(kCreate, given);
  if (!words) return fail(words.error());
  const auto name = typed_name(words->operands[0]);
  if (!name) return name.error();
  json::object body{{"name", dns::to_text(name->view())}};
  if (const auto algorithm = words->value("--algorithm")) body["algorithm"] = *algorithm;
  if (const auto file = words->value("--secret-file")) {
    auto secret = read_input(*file);
    if (!secret) return secret.error();
    body["secret"] = *secret;
  }
  if (!add_terms(*words, body)) return kExitRefused;
  const auto answer = ask(*words, "POST", "/v1/keys", json::serialize(body));
  if (!answer) return answer.error();
  if (words->has("--json")) return print(stdout, *answer), kExitDone;
  const auto key = parse_object(*answer);
  if (!key) return kExitRefused;
  Table table;
  for (const char* member : {"name", "algorithm", "secret"})
    table.add({{member, Style::kDim}, {text(*key, member)}});
  print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
  print(stderr, "The secret is not shown again. As nsupdate and kdig take it: -y " + text(*key, "algorithm") +
                    ':' + text(*key, "name") + ":SECRET\n");
  return kExitDone;
}

int delete_key(std::span<const std::string_view> given) {
  const auto words = parse_words(kDelete, given);
  if (!words) return fail(words.error());
  const auto name = typed_name(words->operands[0]);
  if (!name) return name.error();
  const std::string typed = dns::to_text(name->view());
  if (!confirmed(*words, "delete key " + typed + '?')) return kExitRefused;
  std::string target = "/v1/keys/" + encoded(typed);
  if (!add_terms(*words, target)) return kExitRefused;
  if (const auto body = ask(*words, "DELETE", target); !body) return body.error();
  print(stdout, "key " + typed + " is gone\n");
  return kExitDone;
}

constexpr Command kKeyCommands[] = {
    {"list", "list them", list_keys, &kList},
    {"create", "make one, and show its secret", create_key, &kCreate},
    {"delete", "remove one", delete_key, &kDelete},
};

}  // namespace

std::span<const Command> key_commands() {
  return kKeyCommands;
}

}  // namespace atlas::app::atlasctl::control
