#include <algorithm>
#include <boost/json.hpp>

#include "atlas/base/encoding.h"
#include "atlas/base/time_text.h"
#include "atlas/control/api/api.h"
#include "atlas/control/api/replies.h"
#include "atlas/control/config/keys.h"
#include "atlas/tsig/key.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using changes::Refused;
using config::KeySettings;
using store::KeyRow;

// Shorter secrets than this are weaker than the weakest hash (RFC 8945 8.2 wants the hash's size).
constexpr size_t kSecretOctetsMin = 16;

json::object describe_key(const KeyRow& key) {
  return {{"name", dns::to_text(key.name.view())},
          {"algorithm", key.algorithm},
          {"read_only", false},
          {"created", base::rfc3339_text(key.created)},
          {"created_by", key.created_by.actor}};
}

std::string algorithms() {
  std::string list;
  for (const tsig::Algorithm algorithm : tsig::kAlgorithms) {
    if (!tsig::is_deprecated(algorithm))
      list += (list.empty() ? "" : ", ") + std::string(tsig::to_text(algorithm));
  }
  return list;
}

}  // namespace

http::Response Api::list_keys() {
  const auto rows = changes_.store().keys();
  if (!rows) return unreadable(rows.error());
  json::array list;
  for (const KeySettings& key : config_.keys) {
    list.push_back(json::object{{"name", dns::to_text(key.name.view())},
                                {"algorithm", tsig::to_text(key.algorithm)},
                                {"read_only", true}});
  }
  for (const KeyRow& key : *rows) list.push_back(describe_key(key));
  return reply(json::object{{"keys", std::move(list)}});
}

http::Response Api::create_key(const http::Request& request) {
  const auto body = parse_body(request);
  if (!body) return body.error();
  Members members(*body);
  members.require("name");
  const auto name = members.name("name", {});
  const std::string algorithm_text = members.text("algorithm").value_or("hmac-sha256");
  const auto secret = members.text("secret");
  const std::string reason = members.text("reason").value_or("");
  if (reason.size() > kReasonOctetsMax) members.fail("reason", "is too long");
  if (const auto error = members.error()) return http::problem(400, *error);
  if (name->view().is_root()) return refusal(Refused::Kind::kInvalid, "the root is no name for a key");

  const auto algorithm = tsig::parse_algorithm(algorithm_text);
  if (!algorithm) {
    return refusal(Refused::Kind::kInvalid, "there is no TSIG algorithm " + algorithm_text,
                   "known are " + algorithms());
  }
  const auto rows = changes_.store().keys();
  if (!rows) return unreadable(rows.error());
  if (std::ranges::any_of(config_.keys, [&](const KeySettings& key) { return key.name == *name; }) ||
      std::ranges::any_of(*rows, [&](const KeyRow& key) { return key.name == *name; })) {
    return refusal(Refused::Kind::kExists, "there is a key " + dns::to_text(name->view()) + " already");
  }
  KeyRow key{.name = *name,
             .algorithm = std::string(tsig::to_text(*algorithm)),
             .secret = {},
             .created_by = origin_of(request, reason),
             .created = base::wall_now()};
  key.name.make_lower();
  if (secret) {
    auto octets = config::decode_secret(*secret);
    if (!octets) return refusal(Refused::Kind::kInvalid, octets.error().message, octets.error().hint);
    key.secret = std::move(*octets);
    if (key.secret.size() < kSecretOctetsMin || key.secret.size() > tsig::kSecretOctetsMax) {
      return refusal(Refused::Kind::kInvalid, "a secret has " + std::to_string(kSecretOctetsMin) + " to " +
                                                  std::to_string(tsig::kSecretOctetsMax) + " octets, not " +
                                                  std::to_string(key.secret.size()));
    }
  } else {
    key.secret = tsig::make_key(*name, *algorithm).secret;
  }
  changes_.add_key(key);
  if (auto failed = commit(true)) return std::move(*failed);
  json::object answer = describe_key(key);
  std::string digits;
  base::append_base64(key.secret, digits);
  answer["secret"] = digits;
  return reply(answer, 201);
}

http::Response Api::delete_key(const http::Request& request) {
  const auto name = parse_absolute_name(request.parameter("name"));
  if (!name) return http::problem(400, name.error().message);
  const std::string text = dns::to_text(name->view());
  if (std::ranges::any_of(config_.keys, [&](const KeySettings& key) { return key.name == *name; })) {
    return refusal(Refused::Kind::kReadOnly, "key " + text + " is in the configuration",
                   "take it out of there and reload");
  }
  const auto rows = changes_.store().keys();
  if (!rows) return unreadable(rows.error());
  if (std::ranges::none_of(*rows, [&](const KeyRow& key) { return key.name == *name; }))
    return refusal(Refused::Kind::kUnknown, "there is no key " + text);
  changes_.remove_key(*name);
  if (auto failed = commit(true)) return std::move(*failed);
  return {.status = 204, .content_type = "", .body = {}, .headers = {}};
}

}  // namespace atlas::control::api
