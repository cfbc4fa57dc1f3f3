// What servers are asked with over TLS and QUIC, whom they should be, and what is said if they are not.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "atlas/app/atlasctl/query/channel.h"
#include "atlas/quic/client_context.h"
#include "atlas/tls/client_session.h"

namespace atlas::app::atlasctl::query {

// What all attempts share. One of the contexts is null, as the transport wants it.
struct TlsMaterial {
  std::shared_ptr<const tls::ClientContext> tls = {};
  std::shared_ptr<const quic::ClientContext> quic = {};
  std::optional<tls::ResumptionTicket> ticket = {};  // of the connection before
};

// Fails with what is wrong in the files or pins that the options name.
base::Result<TlsMaterial> make_tls_material(const Options& options);

// Whom the options want to talk to. A name that was typed counts; an address stands for itself.
tls::ServerIdentity identity_of(const Attempt& attempt);

// Why a certificate was rejected; `otherwise` if there is no better word for it.
std::string rejection_text(tls::VerificationFailure failure, const tls::ServerIdentity& identity,
                           std::string_view otherwise);
ExchangeError rejected_error(const Attempt& attempt, TlsFacts& facts);

void note_agreed(const tls::HandshakeFacts& agreed, TlsFacts& facts);
// Of a handshake that succeeded: looks at pins that stand beside authorities, since a context verifies by one
// of both, and notes what the server was verified by.
base::Result<void, ExchangeError> verify(const Attempt& attempt, TlsFacts& facts);

}  // namespace atlas::app::atlasctl::query
