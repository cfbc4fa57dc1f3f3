// Asks for memory before it is needed.
#pragma once

namespace atlas::base {

// The cache line of `address`, which need not be readable.
inline void prefetch(const void* address) {
  __builtin_prefetch(address);
  // GCC 12 takes a function that does nothing else for one without effect, and leaves out its calls.
  asm volatile("");
}

}  // namespace atlas::base
