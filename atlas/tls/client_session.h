// The client's side of one connection: see session.h. Call start() first.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "atlas/base/secret.h"
#include "atlas/net/address.h"
#include "atlas/tls/client_context.h"
#include "atlas/tls/session.h"

namespace atlas::tls {

// Whom the client wants to talk to.
struct ServerIdentity {
  // A DNS name: it is told to the server (SNI), and its certificate must have it.
  std::string name = {};
  // Told to the server in place of the name; verified by nobody.
  std::string told_name = {};
  // Without a name, the certificate must have this address.
  std::optional<net::IpAddress> address = {};
};

enum class VerificationFailure : uint8_t {
  kNone,
  kExpired,
  kNotYetValid,
  kUnknownAuthority,  // the chain does not lead to one that is trusted
  kSelfSigned,
  kWrongName,  // neither name nor address of the identity are in the certificate
  kWrongPin,
  kWrongPurpose,  // not a server's, or a chain through what is no authority
  kWeak,          // a key or digest that can be forged
  kOther,
};

// What a client keeps of a session to resume it with: secret, and good once (RFC 8446 C.4).
class ResumptionTicket {
 public:
  // Opaque octets, to be kept elsewhere. What has been tampered with is refused by from_octets() or by the
  // server.
  const base::Secret& octets() const { return octets_; }
  static ResumptionTicket from_octets(base::Secret octets) { return ResumptionTicket(std::move(octets)); }

 private:
  friend class ClientSession;
  explicit ResumptionTicket(base::Secret octets) : octets_(std::move(octets)) {}

  base::Secret octets_;
};

class ClientSession : public Session {
 public:
  // A ticket is used if it was given by a session to the same identity under the same rules of verification,
  // since the server's certificate is not looked at again. Otherwise the handshake is a full one.
  ClientSession(std::shared_ptr<const ClientContext> context, const ServerIdentity& identity,
                const ResumptionTicket* ticket = nullptr);

  // Appends the first flight to `wire_out`.
  SessionState start(base::OctetBuffer& wire_out);

  // Why the server's certificate was refused.
  VerificationFailure verification_failure() const;
  // The last ticket of the server's, of a session that is_open(); with TLS 1.3 it comes some time after the
  // handshake.
  std::optional<ResumptionTicket> ticket() const;
  // What the server stapled, DER, not verified; as long as the session is open.
  base::Bytes ocsp_staple() const;

 private:
  void resume(const ResumptionTicket& ticket);

  std::array<uint8_t, 32> binding_{};  // of tickets; a digest
  std::shared_ptr<const ClientContext> context_;
};

}  // namespace atlas::tls
