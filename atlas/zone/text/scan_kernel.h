// The loops over octets of zone text, written for each kind of processor. One is chosen when the program
// runs.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace atlas::zone::text {

struct ScanKernel {
  const char* name;  // "portable"
  // The first octet at or behind `at` that does not just belong to a word: a blank, a control character, or
  // one of "();\ and DEL. There is one, with kSlackOctets behind it that may be read.
  const char* (*end_of_word)(const char* at);
  size_t (*count_newlines)(std::string_view text);

  // As many octets as the widest vector has.
  static constexpr size_t kSlackOctets = 32;
};

// Those that this processor has, the portable one first and the fastest last.
std::span<const ScanKernel> scan_kernels();
// The fastest.
const ScanKernel& scan_kernel();

}  // namespace atlas::zone::text
