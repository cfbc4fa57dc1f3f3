// What a ClientContext holds, in GnuTLS's terms.
#pragma once

#include "atlas/quic/client_context.h"
#include "atlas/quic/library.h"
#include "atlas/tls/key_log.h"

namespace atlas::quic {

// GnuTLS asks it in the handshake of a ClientConnection. Not 0: the certificate is refused.
int verify_server_certificate(gnutls_session_int* session);

struct ClientContents {
  static const ClientContents& of(const ClientContext& context) { return *context.contents_; }

  tls::ClientPolicy policy;
  std::unique_ptr<const tls::KeyLog> key_log;
  Owned<gnutls_priority_st> priorities;
  Owned<gnutls_certificate_credentials_st> credentials;
};

}  // namespace atlas::quic
