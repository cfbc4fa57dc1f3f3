#include "atlas/control/import/rules.h"

#include <algorithm>
#include <array>

#include "atlas/base/encoding.h"

namespace atlas::control::import {
namespace {

// RFC 8945 6, table 3.
constexpr std::array<std::string_view, 9> kAlgorithms = {
    "hmac-md5",    "hmac-sha1",       "hmac-sha224", "hmac-sha256",    "hmac-sha256-128",
    "hmac-sha384", "hmac-sha384-192", "hmac-sha512", "hmac-sha512-256"};

}  // namespace

std::string rule_text(bool grant, std::string_view identity, std::string_view match, std::string_view name,
                      std::string_view types) {
  std::string text = grant ? "grant " : "deny ";
  text.append(identity).append(1, ' ').append(match);
  if (!name.empty()) text.append(1, ' ').append(name);
  if (!types.empty()) text.append(1, ' ').append(types);
  return text;
}

bool has_key(const std::vector<Key>& keys, dns::NameView name) {
  return std::ranges::any_of(keys, [&](const Key& key) { return key.name == name; });
}

std::string algorithm_name(std::string_view text) {
  std::string name(text);
  std::ranges::transform(name, name.begin(),
                         [](char c) { return static_cast<char>(dns::ascii_lower(static_cast<uint8_t>(c))); });
  if (name.ends_with('.')) name.pop_back();
  if (name == "hmac-md5.sig-alg.reg.int") name = "hmac-md5";
  return std::ranges::find(kAlgorithms, name) == kAlgorithms.end() ? std::string() : name;
}

base::Result<Key> make_key(std::string_view name, std::string_view algorithm, std::string_view secret,
                           Place place) {
  const auto parsed = dns::parse_name(name);
  if (!parsed) return base::fail(parsed.error().message, parsed.error().hint);
  Key key{*parsed, algorithm_name(algorithm), base::Secret(std::string(secret)), place};
  key.name.make_lower();
  if (key.algorithm.empty()) {
    return base::fail('"' + std::string(algorithm) + "\" is not an algorithm of TSIG", "as in hmac-sha256");
  }
  base::Base64Decoder decoder;
  std::vector<uint8_t> octets;
  const bool good = decoder.decode(secret, octets) && decoder.finish() && !octets.empty();
  std::ranges::fill(octets, uint8_t{0});
  if (!good) return base::fail("its secret is not in base64");
  return key;
}

}  // namespace atlas::control::import
