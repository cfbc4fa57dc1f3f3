#include "atlas/control/config/keys.h"

#include "atlas/base/encoding.h"
#include "atlas/base/file.h"
#include "atlas/control/config/config.h"

namespace atlas::control::config {
namespace {

constexpr uint64_t kSecretFileOctetsMax = 4096;

}  // namespace

base::Result<std::vector<uint8_t>> decode_secret(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return base::fail("the secret is empty");
  text = text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
  std::vector<uint8_t> octets;
  base::Base64Decoder decoder;
  if (!decoder.decode(text, octets) || !decoder.finish())
    return base::fail("the secret is not base64", "tsig-keygen and atlasctl key create make good ones");
  if (octets.size() > tsig::kSecretOctetsMax)
    return base::fail("the secret has more than " + std::to_string(tsig::kSecretOctetsMax) + " octets");
  return octets;
}

base::Result<std::vector<tsig::Key>> read_keys(const std::vector<KeySettings>& keys) {
  std::vector<tsig::Key> read;
  read.reserve(keys.size());
  for (const KeySettings& key : keys) {
    std::string text = key.secret;
    if (!key.secret_file.empty()) {
      auto content = base::read_file(key.secret_file, kSecretFileOctetsMax);
      if (!content) return std::unexpected(content.error());
      text = std::move(*content);
    }
    auto secret = decode_secret(text);
    if (!secret) {
      return base::fail("key " + dns::to_text(key.name) + ": " + secret.error().message, secret.error().hint);
    }
    read.push_back({.name = key.name, .algorithm = key.algorithm, .secret = std::move(*secret)});
  }
  return read;
}

}  // namespace atlas::control::config
