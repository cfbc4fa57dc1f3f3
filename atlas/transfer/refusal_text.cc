#include "atlas/transfer/refusal_text.h"

namespace atlas::transfer {
namespace {

// Of others' words, which end up in logs.
constexpr size_t kExtraTextOctetsMax = 120;

}  // namespace

std::string refusal_text(dns::Rcode rcode, const dns::Edns* edns) {
  std::string text = "the answer is " + dns::to_text(rcode);
  const auto* const error = edns == nullptr ? nullptr : edns->find<dns::ExtendedErrorOption>();
  if (error == nullptr) return text;
  return text + " (" +
         dns::to_text(dns::Option(
             dns::ExtendedErrorOption{error->code, error->extra_text.substr(0, kExtraTextOctetsMax)})) +
         ')';
}

}  // namespace atlas::transfer
