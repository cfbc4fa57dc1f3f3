#include "atlas/http/huffman.h"

#include <array>

namespace atlas::http {
namespace {

constexpr unsigned kBitsMax = 30;
constexpr unsigned kBitsShort = 8;

// Of the code of each octet. The code is canonical: codes of one length are consecutive numbers in the order
// of the octets, and begin where those before them end. Behind them all is that of EOS, which nobody may
// send.
constexpr std::array<uint8_t, 256> kBits{
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28,
    28, 28, 28, 28, 28, 28, 6,  10, 10, 12, 13, 6,  8,  11, 10, 10, 8,  11, 8,  6,  6,  6,  5,  5,  5,  6,
    6,  6,  6,  6,  6,  6,  7,  8,  15, 6,  12, 10, 13, 6,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  7,
    7,  7,  7,  7,  7,  7,  7,  7,  7,  7,  8,  7,  8,  13, 19, 13, 14, 6,  15, 5,  6,  5,  6,  5,  6,  6,
    6,  5,  7,  7,  6,  6,  6,  5,  6,  7,  6,  5,  5,  6,  7,  7,  7,  7,  7,  15, 11, 14, 13, 28, 20, 22,
    20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23,
    22, 23, 23, 24, 22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22,
    23, 23, 20, 22, 22, 22, 23, 22, 22, 23, 26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22,
    25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
};

struct Short {
  uint8_t octet = 0;
  uint8_t bits = 0;  // none: the code is longer
};

struct Codes {
  std::array<uint8_t, 256> octets{};  // by their codes
  // Of the codes of so many bits: the index of the first in `octets`, the first, and the one behind the last;
  // both with the bits that are missing to 32.
  std::array<uint16_t, kBitsMax + 1> index{};
  std::array<uint32_t, kBitsMax + 1> first{};
  std::array<uint32_t, kBitsMax + 1> end{};
  std::array<Short, 1 << kBitsShort> shorts{};  // by the first bits
};

constexpr Codes make_codes() {
  Codes codes;
  size_t count = 0;
  uint32_t next = 0;
  for (unsigned bits = 1; bits <= kBitsMax; ++bits) {
    codes.index[bits] = static_cast<uint16_t>(count);
    codes.first[bits] = next;
    for (size_t octet = 0; octet < kBits.size(); ++octet) {
      if (kBits[octet] != bits) continue;
      codes.octets[count++] = static_cast<uint8_t>(octet);
      for (uint32_t i = 0; bits <= kBitsShort && i < 1u << (kBitsShort - bits); ++i) {
        codes.shorts[(next >> (32 - kBitsShort)) + i] = {static_cast<uint8_t>(octet),
                                                         static_cast<uint8_t>(bits)};
      }
      next += 1u << (32 - bits);
    }
    codes.end[bits] = next;
  }
  return codes;
}

constexpr Codes kCodes = make_codes();

}  // namespace

std::optional<size_t> decode_huffman(base::Bytes coded, uint8_t* into) {
  uint8_t* to = into;
  uint64_t ahead = 0;  // the highest bits are the next
  unsigned bits = 0;   // of them
  const auto put = [&](uint8_t octet, unsigned used) {
    *to++ = octet;
    ahead <<= used;
    bits -= used;
  };
  for (const uint8_t *next = coded.data(), *const end = next + coded.size();;) {
    if (bits < kBitsMax && end - next >= 4) {
      ahead |= uint64_t{base::load_u32(next)} << (32 - bits);
      next += 4;
      bits += 32;
    }
    for (; bits < kBitsMax && next != end; bits += 8) ahead |= uint64_t{*next++} << (56 - bits);
    Short code;
    while (code = kCodes.shorts[ahead >> (64 - kBitsShort)], code.bits != 0 && code.bits <= bits)
      put(code.octet, code.bits);
    if (bits < kBitsMax && next != end) continue;
    const auto first = static_cast<uint32_t>(ahead >> 32);
    unsigned used = kBitsShort + 1;
    while (used <= kBitsMax && first >= kCodes.end[used]) ++used;
    if (used > bits || used > kBitsMax) break;
    put(kCodes.octets[kCodes.index[used] + ((first - kCodes.first[used]) >> (32 - used))], used);
  }
  // RFC 7541 5.2: less than an octet is filled with ones.
  if (bits >= 8 || (bits > 0 && ahead >> (64 - bits) != (1u << bits) - 1)) return {};
  return static_cast<size_t>(to - into);
}

}  // namespace atlas::http
