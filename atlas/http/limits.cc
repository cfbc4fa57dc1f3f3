#include "atlas/http/limits.h"

namespace atlas::http {

std::string_view to_text(Outcome outcome) {
  switch (outcome) {
    case Outcome::kNone:
      return "none";
    case Outcome::kMalformed:
      return "malformed";
    case Outcome::kBodyTooLarge:
      return "body-too-large";
    case Outcome::kTargetTooLong:
      return "target-too-long";
    case Outcome::kExpectationFailed:
      return "expectation-failed";
    case Outcome::kFieldsTooLarge:
      return "fields-too-large";
    case Outcome::kMethodUnknown:
      return "method-unknown";
    case Outcome::kTransferCoding:
      return "transfer-coding";
    case Outcome::kVersion:
      return "version";
    case Outcome::kTooManyStreams:
      return "too-many-streams";
    case Outcome::kProtocolError:
      return "protocol-error";
    case Outcome::kHeaderFlood:
      return "header-flood";
    case Outcome::kResetFlood:
      return "reset-flood";
    case Outcome::kProvokedResetFlood:
      return "provoked-reset-flood";
    case Outcome::kPingFlood:
      return "ping-flood";
    case Outcome::kSettingsFlood:
      return "settings-flood";
    case Outcome::kPriorityFlood:
      return "priority-flood";
    case Outcome::kWindowUpdateFlood:
      return "window-update-flood";
    case Outcome::kEmptyDataFlood:
      return "empty-data-flood";
    case Outcome::kIgnoredFrameFlood:
      return "ignored-frame-flood";
    case Outcome::kOctetFlood:
      return "octet-flood";
    case Outcome::kOutOfMemory:
      return "out-of-memory";
  }
  return "none";
}

}  // namespace atlas::http
