// Assertions are for programmer errors only, never for input, and stay on in every build.
#pragma once

namespace atlas::base {

// Prints the failed condition to stderr and aborts.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

}  // namespace atlas::base

#define ATLAS_ASSERT(condition)                 \
  (__builtin_expect(!!(condition), 1) ? (void)0 \
                                      : ::atlas::base::assertion_failed(#condition, __FILE__, __LINE__))
