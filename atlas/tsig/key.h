// Shared secrets that sign transactions (RFC 8945), and the table in which they are found.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/crypto/hmac.h"
#include "atlas/dns/name.h"

namespace atlas::tsig {

// RFC 8945 6, table 3. All of them are understood; MD5 and SHA-1 only because old clients have nothing else.
enum class Algorithm : uint8_t {
  kHmacMd5,
  kHmacSha1,
  kHmacSha224,
  kHmacSha256,
  kHmacSha256_128,
  kHmacSha384,
  kHmacSha384_192,
  kHmacSha512,
  kHmacSha512_256,
};

inline constexpr std::array kAlgorithms = {
    Algorithm::kHmacMd5,        Algorithm::kHmacSha1,       Algorithm::kHmacSha224,
    Algorithm::kHmacSha256,     Algorithm::kHmacSha256_128, Algorithm::kHmacSha384,
    Algorithm::kHmacSha384_192, Algorithm::kHmacSha512,     Algorithm::kHmacSha512_256};

// "hmac-sha256", as configurations say it. hmac-md5 has a longer name on the wire.
std::string_view to_text(Algorithm algorithm);
std::optional<Algorithm> parse_algorithm(std::string_view text);
dns::NameView wire_name(Algorithm algorithm);
std::optional<Algorithm> algorithm_of(dns::NameView wire_name);
// Octets of a whole MAC, those of a truncated algorithm being fewer than its hash has.
size_t mac_octets(Algorithm algorithm);
crypto::Hash hash_of(Algorithm algorithm);
bool is_deprecated(Algorithm algorithm);  // RFC 8945 6: MD5, and SHA-1 beyond old clients

// The secret is wiped when it goes.
struct Key {
  dns::Name name;
  Algorithm algorithm = Algorithm::kHmacSha256;
  std::vector<uint8_t> secret;
  // Policy: of good MACs, shorter ones get BADTRUNC. 0 accepts all that RFC 8945 5.2.2.1 does.
  uint8_t mac_octets_min = 0;

  ~Key();
};

inline constexpr size_t kSecretOctetsMax = 512;

// "hmac-sha256:name:base64" or "name:base64", as dig and kdig take it (-y).
base::Result<Key> parse_key(std::string_view text);
// The file of one key that BIND's tsig-keygen writes: key "name" { algorithm hmac-sha256; secret "..."; };
base::Result<Key> parse_key_file(std::string_view text);
// A key with a random secret of the hash's own size.
Key make_key(dns::NameView name, Algorithm algorithm);

// A key and what can be worked out of its secret before a message comes.
struct PreparedKey {
  explicit PreparedKey(Key from);

  Key key;
  crypto::HmacKey state;
};
crypto::HmacKey prepare(const Key& key);

// Immutable; may be used by many threads at once. Keeps its keys prepared.
class KeyTable {
 public:
  KeyTable();
  // Of two keys with one name the later counts.
  explicit KeyTable(std::vector<Key> keys);
  ~KeyTable();

  const Key* find(dns::NameView name) const;
  const PreparedKey* find_prepared(dns::NameView name) const;
  size_t size() const;

 private:
  struct Keys;
  std::unique_ptr<const Keys> keys_;
};

}  // namespace atlas::tsig
