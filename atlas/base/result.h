// Errors are values: a function that can fail returns Result<T>.
#pragma once

#include <expected>
#include <string>
#include <utility>

namespace atlas::base {

// What went wrong, for people. `hint` says what to do about it and may be empty.
struct Error {
  std::string message;
  std::string hint;
};

template <class T, class E = Error>
using Result = std::expected<T, E>;

inline std::unexpected<Error> fail(std::string message, std::string hint = {}) {
  return std::unexpected(Error{std::move(message), std::move(hint)});
}

}  // namespace atlas::base
