// Why a server is not taken for who it should be, for people.
#pragma once

#include <string>
#include <string_view>

#include "atlas/tls/client_session.h"

namespace atlas::control::remotes {

// `otherwise` if there is no better word for it.
std::string rejection_text(tls::VerificationFailure failure, const tls::ServerIdentity& identity,
                           std::string_view otherwise);

}  // namespace atlas::control::remotes
