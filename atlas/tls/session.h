// One TLS connection without its I/O: octets of the wire in, octets of the application out, and the reverse.
// What servers and clients have in common; see server_session.h and client_session.h.
//
//   wire ──▶ receive() ──▶ plain          plain ──▶ send() ──▶ wire
//                │
//                └──▶ wire: handshake, alerts
//
// A session belongs to one thread at a time and may move to another between two calls, as after the
// handshake. Nothing throws. An open session keeps no buffer between calls unless part of a record has
// arrived.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "atlas/base/bytes.h"
#include "atlas/base/octet_buffer.h"
#include "atlas/tls/certificate.h"
#include "atlas/tls/policy.h"

struct ssl_st;  // OpenSSL's

namespace atlas::tls {

class ServerContext;
struct Call;

enum class SessionState : uint8_t {
  kHandshaking,
  kOpen,
  kPeerClosed,  // the peer has said that it sends no more (close_notify); it may still read
  kClosed,      // close() was called
  kFailed,      // failure() says why; what receive() wrote, an alert perhaps, should still be sent
};

// Why a session failed. For counters; Session::failure_text() says more.
enum class Failure : uint8_t {
  kNone,
  kNotTls,               // what arrived first is no TLS
  kPlainHttp,            // it is HTTP
  kProtocolVersion,      // no version in common
  kCipherSuite,          // no cipher suite in common, or none that fits the certificate
  kGroup,                // no group for the key exchange in common
  kAlpn,                 // no application protocol in common
  kCertificateMissing,   // the peer has none and must
  kCertificateRejected,  // the peer's was looked at
  kPeerAlert,            // the peer gave up, for reasons of its own
  kTruncated,            // the transport ended without close_notify
  kMalformed,            // a message that cannot be, or cannot be now
  kRecordForged,         // a record that was not sealed by the peer
  kHelloTooLarge,        // see kHelloOctetsMax
  kKeyUpdateFlood,       // see kKeyUpdatesFree
  kRenegotiation,        // TLS 1.2: a peer that asks for it is told no, and left
  kRecordFlood,          // empty records or warnings in a row (OpenSSL: 32 and 5)
  kInternal,             // OpenSSL refuses, as without memory
  kLast = kInternal,
};

// A word for logs and metrics, as "plain-http".
std::string_view to_text(Failure failure);

// Plaintext octets of a record (RFC 8446 5.1).
inline constexpr size_t kRecordOctetsMax = 16384;
// Of a ClientHello. OpenSSL takes memory for all of it once its header has come, 128 KiB if it said so; those
// with post-quantum key shares have less than 2 KiB.
inline constexpr size_t kHelloOctetsMax = 16383;
// Each KeyUpdate of a peer costs new keys. So many are free, and another for so many octets that it sends;
// nobody needs one before 2^24 records (RFC 8446 5.5).
inline constexpr uint32_t kKeyUpdatesFree = 8;
inline constexpr uint64_t kOctetsPerKeyUpdate = 1 << 20;

// What was agreed on.
struct HandshakeFacts {
  ProtocolVersion version = ProtocolVersion::kTls13;
  CipherSuite cipher_suite = CipherSuite::TLS_AES_128_GCM_SHA256;
  std::optional<NamedGroup> group;  // none in resumed sessions of TLS 1.2
  bool resumed = false;
  // Both may be empty, and last as long as the session is open.
  std::string_view alpn;
  std::string_view server_name;
};

class Session {
 public:
  Session(Session&&) noexcept = default;
  Session& operator=(Session&&) noexcept = default;

  // Takes what arrived from the transport, always all of it, and goes on as far as it leads. Appends to
  // `plain` what the peer's application sent, at most what `wire` and a record hold, and to `wire_out` what
  // must be sent. In a closed or failed session, and behind the peer's close_notify, octets are ignored.
  SessionState receive(base::Bytes wire, base::OctetBuffer& plain, base::OctetBuffer& wire_out);
  // The transport has ended. Without close_notify before, what came may be cut short: kTruncated.
  SessionState receive_end();
  // Appends `plain` to `wire_out` as records. False, and nothing written, unless the session is open or
  // closed by the peer alone.
  bool send(base::Bytes plain, base::OctetBuffer& wire_out);
  // Says that no more will be sent (close_notify) and frees what the session holds. Then the transport can be
  // closed.
  void close(base::OctetBuffer& wire_out);

  SessionState state() const { return state_; }
  bool is_open() const { return state_ == SessionState::kOpen || state_ == SessionState::kPeerClosed; }
  Failure failure() const { return failure_; }
  // A few words; empty unless the session failed. Lives as long as the program.
  std::string_view failure_text() const;
  // Octets that receive() was given.
  uint64_t octets_received() const { return octets_received_; }

  // Of a session that is_open().
  HandshakeFacts handshake() const;
  // The certificate that the peer has shown, in this session or in the one that it resumes; to a client, also
  // the one that it has rejected. Computed by each call.
  std::optional<CertificateFacts> peer_certificate() const;

 protected:
  struct FreeSsl {
    void operator()(ssl_st* ssl) const;
  };

  // Takes `ssl`, which may be null: no memory. `server` is null in clients and outlives the session
  // otherwise.
  Session(ssl_st* ssl, const ServerContext* server);
  ~Session() = default;

  ssl_st* ssl() const { return ssl_.get(); }  // null in a closed or failed session
  // OpenSSL's code (X509_V_ERR_*), 0 = none.
  int verification_error() const { return verification_error_; }
  void fail(Failure failure);

 private:
  bool shake_hands(Call& call);
  void read(Call& call, base::OctetBuffer& plain);
  // After a call of the library that did not succeed, perhaps because it wants more input.
  void note_result(int result, Call& call);
  void fail_by_library(Call& call, int error);
  bool hello_is_too_large(base::Bytes wire) const;

  std::unique_ptr<ssl_st, FreeSsl> ssl_;
  const ServerContext* server_;
  std::unique_ptr<const CertificateFacts> rejected_;
  uint64_t octets_received_ = 0;
  uint32_t key_updates_ = 0;
  uint32_t library_error_ = 0;  // OpenSSL's code
  int16_t verification_error_ = 0;
  uint8_t first_octet_ = 0;  // that was received
  SessionState state_ = SessionState::kHandshaking;
  Failure failure_ = Failure::kNone;
};

}  // namespace atlas::tls
