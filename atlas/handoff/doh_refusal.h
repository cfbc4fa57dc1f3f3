// Why DNS over HTTPS does not answer a request with a DNS message, and what it says instead.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atlas::handoff {

enum class DohRefusal : uint8_t {
  kNone,
  kPath,               // 404
  kMethod,             // 405
  kNoQuery,            // 400: GET without a message and without a name
  kEncoding,           // 400: not base64url
  kMessage,            // 400: a response, or less than a header
  kJsonParameters,     // 400
  kNotAcceptable,      // 406
  kMessageTooLarge,    // 413
  kParameterTooLarge,  // 414: a message in the target that can be no DNS message
  kMediaType,          // 415
  kJsonTooLarge,       // 500: the answer
  kNoAnswer,           // 503: the query path gave none
};
inline constexpr size_t kDohRefusalsLast = static_cast<size_t>(DohRefusal::kNoAnswer);

// "media-type": for counters and logs.
std::string_view to_text(DohRefusal refusal);

}  // namespace atlas::handoff
