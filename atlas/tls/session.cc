#include "atlas/tls/session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "atlas/tls/certificate_facts.h"
#include "atlas/tls/library.h"

namespace atlas::tls {
namespace {

// The BIO of a session has no memory of its own: it reads and writes what the call at hand brings.

int read_wire(BIO* bio, char* out, size_t size, size_t* count) {
  auto* call = static_cast<Call*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  *count = 0;
  if (call->stop != Failure::kNone) return 0;
  if (call->input.empty()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *count = std::min(size, call->input.size());
  std::memcpy(out, call->input.data(), *count);
  call->input = call->input.subspan(*count);
  return 1;
}

int write_wire(BIO* bio, const char* octets, size_t size, size_t* count) {
  auto* call = static_cast<Call*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  call->output.append({reinterpret_cast<const uint8_t*>(octets), size});
  *count = size;
  return 1;
}

long control_wire(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* wire_method() {
  static const Owned<BIO_METHOD> method = [] {
    Owned<BIO_METHOD> made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "atlas wire"));
    BIO_meth_set_read_ex(made.get(), read_wire);
    BIO_meth_set_write_ex(made.get(), write_wire);
    BIO_meth_set_ctrl(made.get(), control_wire);
    return made;
  }();
  return method.get();
}

// Gives a call to the session's BIO while it lasts.
class CallScope {
 public:
  CallScope(SSL* ssl, Call& call) : bio_(SSL_get_rbio(ssl)) {
    BIO_set_data(bio_, &call);
    ERR_clear_error();
  }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  BIO* bio_;
};

struct ReasonRow {
  int reason;
  Failure failure;
};

constexpr ReasonRow kReasons[] = {
    {SSL_R_HTTP_REQUEST, Failure::kPlainHttp},
    {SSL_R_HTTPS_PROXY_REQUEST, Failure::kPlainHttp},
    {SSL_R_WRONG_VERSION_NUMBER, Failure::kNotTls},
    {SSL_R_UNSUPPORTED_PROTOCOL, Failure::kProtocolVersion},
    {SSL_R_NO_PROTOCOLS_AVAILABLE, Failure::kProtocolVersion},
    {SSL_R_UNSUPPORTED_SSL_VERSION, Failure::kProtocolVersion},
    {SSL_R_UNKNOWN_PROTOCOL, Failure::kProtocolVersion},
    {SSL_R_VERSION_TOO_LOW, Failure::kProtocolVersion},
    {SSL_R_VERSION_TOO_HIGH, Failure::kProtocolVersion},
    {SSL_R_INAPPROPRIATE_FALLBACK, Failure::kProtocolVersion},
    {SSL_R_NO_SHARED_CIPHER, Failure::kCipherSuite},
    {SSL_R_NO_CIPHERS_AVAILABLE, Failure::kCipherSuite},
    {SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, Failure::kCipherSuite},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, Failure::kCipherSuite},
    {SSL_R_NO_SUITABLE_KEY_SHARE, Failure::kGroup},
    {SSL_R_NO_SUITABLE_GROUPS, Failure::kGroup},
    {SSL_R_NO_SHARED_GROUPS, Failure::kGroup},
    {SSL_R_NO_APPLICATION_PROTOCOL, Failure::kAlpn},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, Failure::kCertificateMissing},
    {SSL_R_CERTIFICATE_VERIFY_FAILED, Failure::kCertificateRejected},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, Failure::kRecordForged},
    {SSL_R_TOO_MANY_WARN_ALERTS, Failure::kRecordFlood},
    {SSL_R_RECORD_TOO_SMALL, Failure::kRecordFlood},
    {SSL_R_UNEXPECTED_EOF_WHILE_READING, Failure::kTruncated},
    {ERR_R_MALLOC_FAILURE, Failure::kInternal},
    {ERR_R_INTERNAL_ERROR, Failure::kInternal},
};

Failure failure_of(int reason) {
  // Alerts of the peer are reasons from 1000 on.
  if (reason > SSL_AD_REASON_OFFSET) return Failure::kPeerAlert;
  const auto* const row = std::ranges::find(kReasons, reason, &ReasonRow::reason);
  return row == std::end(kReasons) ? Failure::kMalformed : row->failure;
}

constexpr std::array<std::string_view, size_t(Failure::kLast) + 1> kFailureTexts = {
    "none",
    "not-tls",
    "plain-http",
    "protocol-version",
    "cipher-suite",
    "group",
    "alpn",
    "certificate-missing",
    "certificate-rejected",
    "peer-alert",
    "truncated",
    "malformed",
    "record-forged",
    "hello-too-large",
    "key-update-flood",
    "renegotiation",
    "record-flood",
    "internal",
};

std::optional<NamedGroup> group_of(int nid) {
  switch (nid) {
    case NID_X9_62_prime256v1:
      return NamedGroup::secp256r1;
    case NID_secp384r1:
      return NamedGroup::secp384r1;
    case NID_X25519:
      return NamedGroup::x25519;
    default:
      // A group of a provider has no number of OpenSSL's own.
      if ((nid & TLSEXT_nid_unknown) == 0) return {};
      return static_cast<NamedGroup>(nid & 0xffff);
  }
}

std::string_view view(const unsigned char* octets, unsigned size) {
  return {reinterpret_cast<const char*>(octets), size};
}

}  // namespace

std::string_view to_text(Failure failure) {
  return kFailureTexts[size_t(failure)];
}

void Session::FreeSsl::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

Session::Session(ssl_st* ssl, const ServerContext* server) : ssl_(ssl), server_(server) {
  BIO* bio = BIO_new(wire_method());
  if (ssl == nullptr || bio == nullptr) {
    BIO_free(bio);
    fail(Failure::kInternal);
    return;
  }
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
}

SessionState Session::receive(base::Bytes wire, base::OctetBuffer& plain, base::OctetBuffer& wire_out) {
  if (ssl_ == nullptr || state_ == SessionState::kPeerClosed) return state_;
  if (octets_received_ == 0 && !wire.empty()) first_octet_ = wire[0];
  if (server_ != nullptr && hello_is_too_large(wire)) {
    static constexpr uint8_t kAlert[] = {SSL3_RT_ALERT, 3, 3, 0, 2, SSL3_AL_FATAL, SSL_AD_DECODE_ERROR};
    wire_out.append(kAlert);
    fail(Failure::kHelloTooLarge);
    return state_;
  }
  octets_received_ += wire.size();
  const uint64_t key_updates_max = kKeyUpdatesFree + octets_received_ / kOctetsPerKeyUpdate;
  Call call{.input = wire,
            .output = wire_out,
            .key_updates_left = static_cast<uint32_t>(key_updates_max - key_updates_),
            .server = server_};
  const CallScope scope(ssl_.get(), call);
  if (state_ == SessionState::kOpen || shake_hands(call)) read(call, plain);
  key_updates_ = static_cast<uint32_t>(key_updates_max - call.key_updates_left);
  return state_;
}

bool Session::shake_hands(Call& call) {
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = SessionState::kOpen;
  } else {
    note_result(result, call);
  }
  return result == 1;
}

void Session::read(Call& call, base::OctetBuffer& plain) {
  // Without more input, another attempt would only take and free a buffer.
  do {
    const std::span<uint8_t> room = plain.room(kRecordOctetsMax);
    size_t count = 0;
    const int result = SSL_read_ex(ssl_.get(), room.data(), room.size(), &count);
    if (result != 1) {
      note_result(result, call);
      return;
    }
    plain.commit(count);
  } while (!call.input.empty() || SSL_has_pending(ssl_.get()) == 1);
}

void Session::note_result(int result, Call& call) {
  const int error = SSL_get_error(ssl_.get(), result);
  if (error == SSL_ERROR_ZERO_RETURN && state_ == SessionState::kOpen) {
    state_ = SessionState::kPeerClosed;
  } else if (error == SSL_ERROR_ZERO_RETURN) {
    fail(Failure::kPeerAlert);
  } else if (error != SSL_ERROR_WANT_READ) {
    fail_by_library(call, error);
  }
}

void Session::fail_by_library(Call& call, int error) {
  if (call.stop != Failure::kNone) {
    // No alert of TLS says this: the peer is told that there is nothing more.
    SSL_shutdown(ssl_.get());
    return fail(call.stop);
  }
  Failure failure = error == SSL_ERROR_SSL ? Failure::kMalformed : Failure::kInternal;
  // Below what libssl says lies what its providers say, which names no reason of the protocol.
  while (const unsigned long code = ERR_get_error()) {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL) continue;
    library_error_ = static_cast<uint32_t>(code);
    failure = failure_of(ERR_GET_REASON(code));
    break;
  }
  ERR_clear_error();
  if (failure == Failure::kCertificateRejected) {
    verification_error_ = static_cast<int16_t>(SSL_get_verify_result(ssl_.get()));
    // Only clients have it by now.
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl_.get());
    if (sk_X509_num(chain) > 0)
      rejected_ = std::make_unique<CertificateFacts>(facts_of(sk_X509_value(chain, 0)));
  }
  fail(failure);
}

void Session::fail(Failure failure) {
  failure_ = failure;
  state_ = SessionState::kFailed;
  ssl_.reset();
}

// Looks at the length of the first message, which lies behind a record's header and the message's type.
bool Session::hello_is_too_large(base::Bytes wire) const {
  constexpr uint64_t kLengthHighest = 6;
  constexpr uint64_t kLengthHigh = 7;
  if (first_octet_ != SSL3_RT_HANDSHAKE || octets_received_ > kLengthHigh) return false;
  const auto at = [&](uint64_t position) -> uint8_t {
    if (position < octets_received_ || position - octets_received_ >= wire.size()) return 0;
    return wire[position - octets_received_];
  };
  return at(kLengthHighest) != 0 || at(kLengthHigh) > kHelloOctetsMax >> 8;
}

SessionState Session::receive_end() {
  if (ssl_ != nullptr && state_ != SessionState::kPeerClosed) fail(Failure::kTruncated);
  return state_;
}

bool Session::send(base::Bytes plain, base::OctetBuffer& wire_out) {
  if (!is_open()) return false;
  if (plain.empty()) return true;
  Call call{.input = {}, .output = wire_out, .server = server_};
  const CallScope scope(ssl_.get(), call);
  size_t count = 0;
  const int result = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &count);
  if (result == 1) return true;
  fail_by_library(call, SSL_get_error(ssl_.get(), result));
  return false;
}

void Session::close(base::OctetBuffer& wire_out) {
  if (state_ == SessionState::kFailed) return;
  if (is_open()) {
    Call call{.input = {}, .output = wire_out, .server = server_};
    const CallScope scope(ssl_.get(), call);
    SSL_shutdown(ssl_.get());
  }
  state_ = SessionState::kClosed;
  ssl_.reset();
}

std::string_view Session::failure_text() const {
  if (failure_ == Failure::kNone) return {};
  if (verification_error_ != 0) return X509_verify_cert_error_string(verification_error_);
  const char* reason = library_error_ == 0 ? nullptr : ERR_reason_error_string(library_error_);
  return reason == nullptr ? to_text(failure_) : reason;
}

HandshakeFacts Session::handshake() const {
  HandshakeFacts facts;
  if (!is_open()) return facts;
  facts.version = static_cast<ProtocolVersion>(SSL_version(ssl_.get()));
  facts.cipher_suite =
      static_cast<CipherSuite>(SSL_CIPHER_get_protocol_id(SSL_get_current_cipher(ssl_.get())));
  facts.group = group_of(static_cast<int>(SSL_get_negotiated_group(ssl_.get())));
  facts.resumed = SSL_session_reused(ssl_.get()) == 1;
  const unsigned char* alpn = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &alpn, &size);
  facts.alpn = view(alpn, size);
  if (const char* name = SSL_get_servername(ssl_.get(), TLSEXT_NAMETYPE_host_name)) facts.server_name = name;
  return facts;
}

std::optional<CertificateFacts> Session::peer_certificate() const {
  if (rejected_ != nullptr) return *rejected_;
  X509* certificate = ssl_ == nullptr ? nullptr : SSL_get0_peer_certificate(ssl_.get());
  if (certificate == nullptr) return {};
  return facts_of(certificate);
}

}  // namespace atlas::tls
