// Whose an errand is, in the upper octet of its id.
#pragma once

#include <cstdint>

namespace atlas::control::remotes {

enum class ErrandOwner : uint8_t { kSecondaries = 1, kNotifier = 2, kPropagation = 3 };

constexpr uint64_t errand_id(ErrandOwner owner, uint64_t number) {
  return uint64_t{static_cast<uint8_t>(owner)} << 56 | (number & 0x00ff'ffff'ffff'ffff);
}
constexpr ErrandOwner owner_of(uint64_t id) {
  return static_cast<ErrandOwner>(id >> 56);
}

}  // namespace atlas::control::remotes
