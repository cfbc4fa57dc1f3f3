// Octets that nobody can guess.
#pragma once

#include <cstdint>
#include <span>

namespace atlas::crypto {

// From the kernel's random number generator.
void fill_random(std::span<uint8_t> octets);

}  // namespace atlas::crypto
