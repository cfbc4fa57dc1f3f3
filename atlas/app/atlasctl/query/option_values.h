// Values of options, as they were typed.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::app::atlasctl::query {

inline std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

// Sets `out`, or says what is wrong with `text`, the value of `what`.
template <class T>
base::Result<void> set_number(T& out, std::string_view what, std::string_view text, uint64_t min,
                              uint64_t max) {
  uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return base::fail(std::string(what) + ": " + quoted(text) + " is not a number from " +
                      std::to_string(min) + " to " + std::to_string(max));
  }
  out = static_cast<T>(number);
  return {};
}

}  // namespace atlas::app::atlasctl::query
