#include "atlas/quic/door.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>

#include <algorithm>
#include <array>

#include "atlas/quic/library_values.h"
#include "atlas/quic/retry.h"

namespace atlas::quic {
namespace {

constexpr uint8_t kLongHeader = 0x80;
constexpr uint8_t kFixedBit = 0x40;
// Datagrams that begin a connection have as many at least (RFC 9000 14.1), so that no answer is larger.
constexpr size_t kInitialDatagramOctetsMin = 1200;
// What a packet with a short header has behind its id: enough to remove its protection (RFC 9001 5.4.2).
constexpr size_t kProtectedOctetsMin = 4 + 16;
// A client answers a Retry at once.
constexpr uint64_t kRetryTokenLifetimeNs = 10'000'000'000;
// A token of the last connection spares the next one its Retry.
constexpr uint64_t kTokenLifetimeNs = 24 * 3600 * uint64_t{1'000'000'000};
// RFC 9000 10.3: not to be told from other packets by its length alone.
constexpr size_t kResetRandomOctetsMax = 26;

constexpr uint32_t kVersions[] = {NGTCP2_PROTO_VER_V1, NGTCP2_PROTO_VER_V2};

bool is_quic(base::Bytes datagram) {
  return !datagram.empty() && (datagram[0] & kFixedBit) != 0;
}

bool has_long_header(base::Bytes datagram) {
  return (datagram[0] & kLongHeader) != 0;
}

ConnectionId id_of(const uint8_t* octets, size_t size) {
  ConnectionId id;
  id.size = static_cast<uint8_t>(size);
  std::copy_n(octets, size, id.octets.begin());
  return id;
}

size_t octets_or_none(ngtcp2_ssize written) {
  return written > 0 ? static_cast<size_t>(written) : 0;
}

enum class TokenVerdict : uint8_t { kAbsent, kValid, kInvalid };

// Sets what the token says in `hello`. Only of a Retry's do we know that it is for this connection, so that
// it must be good (RFC 9000 8.1.2); others may come from anywhere, and are without meaning then.
TokenVerdict check_token(Hello& hello, SocketPath& path, const TokenSecret& secret, Timestamp now) {
  if (hello.token.empty()) return TokenVerdict::kAbsent;
  const auto* remote = reinterpret_cast<const sockaddr*>(&path.remote);
  if (hello.token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2) {
    ngtcp2_cid original;
    const ngtcp2_cid destination = to_library(hello.destination);
    if (ngtcp2_crypto_verify_retry_token2(&original, hello.token.data(), hello.token.size(),
                                          secret.octets.data(), secret.octets.size(), hello.version, remote,
                                          path.remote_size, &destination, kRetryTokenLifetimeNs, now) != 0) {
      return TokenVerdict::kInvalid;
    }
    hello.original = from_library(original);
    return TokenVerdict::kValid;
  }
  if (hello.token[0] == NGTCP2_CRYPTO_TOKEN_MAGIC_REGULAR &&
      ngtcp2_crypto_verify_regular_token(hello.token.data(), hello.token.size(), secret.octets.data(),
                                         secret.octets.size(), remote, path.remote_size, kTokenLifetimeNs,
                                         now) == 0) {
    return TokenVerdict::kValid;
  }
  return TokenVerdict::kAbsent;
}

size_t write_close(const Hello& hello, uint64_t code, std::span<uint8_t> answer) {
  const ngtcp2_cid client = to_library(hello.source);
  const ngtcp2_cid own = to_library(hello.destination);
  return octets_or_none(ngtcp2_crypto_write_connection_close(answer.data(), answer.size(), hello.version,
                                                             &client, &own, code, nullptr, 0));
}

Look answered(size_t octets) {
  Look look;
  look.kind = octets > 0 ? Look::Kind::kAnswer : Look::Kind::kDrop;
  look.octets = octets;
  return look;
}

Look negotiate_version(const ngtcp2_version_cid& seen, std::span<uint8_t> answer) {
  uint8_t random = 0;
  fill_random({&random, 1});
  return answered(octets_or_none(
      ngtcp2_pkt_write_version_negotiation(answer.data(), answer.size(), random, seen.scid, seen.scidlen,
                                           seen.dcid, seen.dcidlen, kVersions, std::size(kVersions))));
}

}  // namespace

size_t write_retry(const Hello& hello, const Path& path, const TokenSecret& secret, Timestamp now,
                   std::span<uint8_t> answer) {
  const SocketPath addresses(path);
  std::array<uint8_t, NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2> token;
  const ngtcp2_cid client = to_library(hello.source);
  const ngtcp2_cid original = to_library(hello.destination);
  const ngtcp2_cid issued = to_library(hello.issued);
  const ngtcp2_ssize size = ngtcp2_crypto_generate_retry_token2(
      token.data(), secret.octets.data(), secret.octets.size(), hello.version,
      reinterpret_cast<const sockaddr*>(&addresses.remote), addresses.remote_size, &issued, &original, now);
  if (size < 0) return 0;
  return octets_or_none(ngtcp2_crypto_write_retry(answer.data(), answer.size(), hello.version, &client,
                                                  &issued, &original, token.data(),
                                                  static_cast<size_t>(size)));
}

std::optional<ConnectionId> Door::destination(base::Bytes datagram) {
  if (!is_quic(datagram)) return {};
  if (!has_long_header(datagram)) {
    if (datagram.size() < 1 + kServerIdOctets + kProtectedOctetsMin) return {};
    return id_of(datagram.data() + 1, kServerIdOctets);
  }
  ngtcp2_version_cid seen;
  if (ngtcp2_pkt_decode_version_cid(&seen, datagram.data(), datagram.size(), kServerIdOctets) != 0 ||
      seen.version == 0 || seen.dcidlen > kConnectionIdOctetsMax) {
    return {};
  }
  return id_of(seen.dcid, seen.dcidlen);
}

Look Door::look_at(base::Bytes datagram, const Path& path, const ServerContext& context, bool must_validate,
                   Timestamp now, std::span<uint8_t> answer) const {
  Look look;
  if (!is_quic(datagram)) return look;
  answer = answer.first(std::min(answer.size(), datagram.size()));
  if (has_long_header(datagram)) {
    ngtcp2_version_cid seen;
    const int result =
        ngtcp2_pkt_decode_version_cid(&seen, datagram.data(), datagram.size(), kServerIdOctets);
    if (result == NGTCP2_ERR_VERSION_NEGOTIATION) {
      return datagram.size() < kInitialDatagramOctetsMin ? look : negotiate_version(seen, answer);
    }
  }
  const std::optional<ConnectionId> id = destination(datagram);
  if (!id) return look;
  look.id = *id;
  ngtcp2_pkt_hd header;
  if (!has_long_header(datagram) || ngtcp2_accept(&header, datagram.data(), datagram.size()) != 0) {
    // An Initial that cannot begin a connection is noise.
    const bool is_noise = has_long_header(datagram) &&
                          (ngtcp2_pkt_decode_hd_long(&header, datagram.data(), datagram.size()) < 0 ||
                           header.type == NGTCP2_PKT_INITIAL);
    look.kind = is_noise ? Look::Kind::kDrop : Look::Kind::kKnown;
    return look;
  }
  if (datagram.size() < kInitialDatagramOctetsMin) return look;
  Hello& hello = look.hello;
  hello.version = header.version;
  hello.destination = *id;
  hello.source = from_library(header.scid);
  hello.issued = random_server_id(worker_);
  hello.token = {header.token, header.tokenlen};
  SocketPath addresses(path);
  switch (check_token(hello, addresses, context.token_secret(), now)) {
    case TokenVerdict::kInvalid:
      return answered(write_close(hello, NGTCP2_INVALID_TOKEN, answer));
    case TokenVerdict::kValid:
      hello.validated = true;
      break;
    case TokenVerdict::kAbsent:
      if (must_validate) return answered(write_retry(hello, path, context.token_secret(), now, answer));
  }
  look.kind = Look::Kind::kNew;
  return look;
}

size_t Door::reset(base::Bytes datagram, const ConnectionId& id, const ServerContext& context,
                   std::span<uint8_t> answer) {
  constexpr size_t kOctetsMin = NGTCP2_MIN_STATELESS_RESET_RANDLEN + NGTCP2_STATELESS_RESET_TOKENLEN;
  if (!is_quic(datagram) || has_long_header(datagram) || datagram.size() <= kOctetsMin) return 0;
  std::array<uint8_t, NGTCP2_STATELESS_RESET_TOKENLEN> token;
  const ngtcp2_cid library_id = to_library(id);
  const TokenSecret& secret = context.token_secret();
  if (ngtcp2_crypto_generate_stateless_reset_token(token.data(), secret.octets.data(), secret.octets.size(),
                                                   &library_id) != 0) {
    return 0;
  }
  // One octet shorter, so that two servers that have forgotten do not answer each other for ever.
  const size_t random_size = std::min(datagram.size() - 1 - token.size(), kResetRandomOctetsMax);
  std::array<uint8_t, kResetRandomOctetsMax> random;
  fill_random(std::span(random).first(random_size));
  return octets_or_none(ngtcp2_pkt_write_stateless_reset(answer.data(), answer.size(), token.data(),
                                                         random.data(), random_size));
}

size_t Door::refuse(const Hello& hello, std::span<uint8_t> answer) {
  return write_close(hello, NGTCP2_CONNECTION_REFUSED, answer);
}

}  // namespace atlas::quic
