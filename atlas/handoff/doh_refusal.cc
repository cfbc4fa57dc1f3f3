#include "atlas/handoff/doh_refusal.h"

#include <array>

namespace atlas::handoff {

std::string_view to_text(DohRefusal refusal) {
  static constexpr std::array<std::string_view, kDohRefusalsLast + 1> kWords{"none",
                                                                             "path",
                                                                             "method",
                                                                             "no-query",
                                                                             "encoding",
                                                                             "message",
                                                                             "json-parameters",
                                                                             "not-acceptable",
                                                                             "message-too-large",
                                                                             "parameter-too-large",
                                                                             "media-type",
                                                                             "json-too-large",
                                                                             "no-answer"};
  return kWords[static_cast<size_t>(refusal)];
}

}  // namespace atlas::handoff
