#include "atlas/tsig/key.h"

#include <array>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "atlas/crypto/random.h"

namespace atlas::tsig {
namespace {

struct AlgorithmFacts {
  std::string_view text;
  std::string_view wire;  // without the root label
  crypto::Hash hash;
  uint8_t mac_octets;
};

// In the order of Algorithm.
constexpr std::array<AlgorithmFacts, 9> kFacts = {{
    {"hmac-md5", "\010hmac-md5\007sig-alg\003reg\003int", crypto::Hash::kMd5, 16},
    {"hmac-sha1", "\011hmac-sha1", crypto::Hash::kSha1, 20},
    {"hmac-sha224", "\013hmac-sha224", crypto::Hash::kSha224, 28},
    {"hmac-sha256", "\013hmac-sha256", crypto::Hash::kSha256, 32},
    {"hmac-sha256-128", "\017hmac-sha256-128", crypto::Hash::kSha256, 16},
    {"hmac-sha384", "\013hmac-sha384", crypto::Hash::kSha384, 48},
    {"hmac-sha384-192", "\017hmac-sha384-192", crypto::Hash::kSha384, 24},
    {"hmac-sha512", "\013hmac-sha512", crypto::Hash::kSha512, 64},
    {"hmac-sha512-256", "\017hmac-sha512-256", crypto::Hash::kSha512, 32},
}};

constexpr const AlgorithmFacts& facts_of(Algorithm algorithm) {
  return kFacts[static_cast<size_t>(algorithm)];
}

}  // namespace

std::string_view to_text(Algorithm algorithm) {
  return facts_of(algorithm).text;
}

std::optional<Algorithm> parse_algorithm(std::string_view text) {
  const auto name = dns::parse_name(text);
  if (!name) return {};
  if (const auto algorithm = algorithm_of(*name)) return algorithm;
  // The short name of hmac-md5.
  static const dns::Name md5 = *dns::parse_name(to_text(Algorithm::kHmacMd5));
  return *name == md5 ? std::optional(Algorithm::kHmacMd5) : std::nullopt;
}

dns::NameView wire_name(Algorithm algorithm) {
  // The literal's final zero is the root label.
  const std::string_view wire = facts_of(algorithm).wire;
  return {reinterpret_cast<const uint8_t*>(wire.data()), static_cast<uint8_t>(wire.size() + 1)};
}

std::optional<Algorithm> algorithm_of(dns::NameView name) {
  for (size_t i = 0; i < kFacts.size(); ++i) {
    const auto algorithm = static_cast<Algorithm>(i);
    if (wire_name(algorithm) == name) return algorithm;
  }
  return {};
}

size_t mac_octets(Algorithm algorithm) {
  return facts_of(algorithm).mac_octets;
}

crypto::Hash hash_of(Algorithm algorithm) {
  return facts_of(algorithm).hash;
}

bool is_deprecated(Algorithm algorithm) {
  return algorithm == Algorithm::kHmacMd5 || algorithm == Algorithm::kHmacSha1;
}

Key::~Key() {
  if (!secret.empty()) ::explicit_bzero(secret.data(), secret.size());
}

Key make_key(dns::NameView name, Algorithm algorithm) {
  Key key{.name = name, .algorithm = algorithm, .secret = {}};
  key.secret.resize(crypto::hash_octets(facts_of(algorithm).hash));
  crypto::fill_random(key.secret);
  return key;
}

crypto::HmacKey prepare(const Key& key) {
  return {facts_of(key.algorithm).hash, key.secret};
}

PreparedKey::PreparedKey(Key from) : key(std::move(from)), state(prepare(key)) {}

struct KeyTable::Keys {
  std::unordered_map<dns::Name, PreparedKey, dns::NameHash, dns::NameEqual> by_name;
};

KeyTable::KeyTable() : KeyTable(std::vector<Key>()) {}

KeyTable::KeyTable(std::vector<Key> keys) {
  auto made = std::make_unique<Keys>();
  for (Key& key : keys) {
    const dns::Name name = key.name;
    made->by_name.insert_or_assign(name, PreparedKey(std::move(key)));
  }
  keys_ = std::move(made);
}

KeyTable::~KeyTable() = default;

const Key* KeyTable::find(dns::NameView name) const {
  const PreparedKey* found = find_prepared(name);
  return found != nullptr ? &found->key : nullptr;
}

const PreparedKey* KeyTable::find_prepared(dns::NameView name) const {
  const auto found = keys_->by_name.find(name);
  return found != keys_->by_name.end() ? &found->second : nullptr;
}

size_t KeyTable::size() const {
  return keys_->by_name.size();
}

}  // namespace atlas::tsig
