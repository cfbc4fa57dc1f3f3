#include "atlas/control/remotes/certificate_words.h"

namespace atlas::control::remotes {

std::string rejection_text(tls::VerificationFailure failure, const tls::ServerIdentity& identity,
                           std::string_view otherwise) {
  using tls::VerificationFailure;
  switch (failure) {
    case VerificationFailure::kExpired:
      return "its certificate has expired";
    case VerificationFailure::kNotYetValid:
      return "its certificate is not valid yet";
    case VerificationFailure::kUnknownAuthority:
      return "no trusted authority has issued its certificate";
    case VerificationFailure::kSelfSigned:
      return "its certificate is signed by itself, and by no authority";
    case VerificationFailure::kWrongName:
      return "its certificate is not for " +
             (identity.name.empty() ? std::string("its address") : identity.name);
    case VerificationFailure::kWrongPin:
      return "its key has another pin";
    case VerificationFailure::kWrongPurpose:
      return "its certificate is not one for servers";
    case VerificationFailure::kWeak:
      return "its certificate has a weak key or signature";
    case VerificationFailure::kNone:
    case VerificationFailure::kOther:
      break;
  }
  return std::string(otherwise);
}

}  // namespace atlas::control::remotes
