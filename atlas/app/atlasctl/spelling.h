// Suggestions for mistyped words.
#pragma once

#include <span>
#include <string_view>

namespace atlas::app::atlasctl {

// The candidate that differs from `word` by the fewest typed letters (inserted, left out, replaced or
// swapped); empty if that are more than two, or half of the word.
std::string_view closest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace atlas::app::atlasctl
