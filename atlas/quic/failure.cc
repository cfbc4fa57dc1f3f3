#include "atlas/quic/failure.h"

#include <array>

namespace atlas::quic {
namespace {

constexpr std::array<std::string_view, size_t(Failure::kLast) + 1> kTexts = {
    "none",
    "idle",
    "handshake-timeout",
    "tls",
    "protocol",
    "flow-control",
    "peer",
    "application",
    "stateless-reset",
    "unacknowledged",
    "flood",
    "internal",
};

}  // namespace

std::string_view to_text(Failure failure) {
  return kTexts[size_t(failure)];
}

}  // namespace atlas::quic
