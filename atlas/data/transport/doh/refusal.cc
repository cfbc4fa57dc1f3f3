#include "atlas/data/transport/doh/refusal.h"

namespace atlas::data::transport::doh {

std::string_view to_text(Refusal refusal) {
  static constexpr std::array<std::string_view, kRefusalsLast + 1> kWords{"none",
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

}  // namespace atlas::data::transport::doh
