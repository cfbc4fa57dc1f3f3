#include "atlas/zone/text/scan_kernel.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace atlas::zone::text {
namespace {

namespace portable {

constexpr auto kEndsWord = [] {
  std::array<bool, 256> ends{};
  for (size_t i = 0; i <= ' '; ++i) ends[i] = true;
  for (const uint8_t c : {'"', ';', '(', ')', '\\', '\x7f'}) ends[c] = true;
  return ends;
}();

const char* end_of_word(const char* at) {
  while (!kEndsWord[static_cast<uint8_t>(*at)]) ++at;
  return at;
}

size_t count_newlines(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

}  // namespace portable

#if defined(__x86_64__)

namespace sse2 {

const char* end_of_word(const char* at) {
  for (;; at += sizeof(__m128i)) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const auto is = [&](char c) { return _mm_cmpeq_epi8(octets, _mm_set1_epi8(c)); };
    const __m128i blank = _mm_cmpeq_epi8(_mm_min_epu8(octets, _mm_set1_epi8(' ')), octets);
    // ( and ) differ in their last bit.
    const __m128i parenthesis = _mm_cmpeq_epi8(_mm_or_si128(octets, _mm_set1_epi8(1)), _mm_set1_epi8(')'));
    const __m128i others = _mm_or_si128(_mm_or_si128(is('"'), is(';')), _mm_or_si128(is('\\'), is(127)));
    const int ends = _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(blank, parenthesis), others));
    if (ends != 0) return at + std::countr_zero(static_cast<unsigned>(ends));
  }
}

size_t count_newlines(std::string_view text) {
  const __m128i newline = _mm_set1_epi8('\n');
  size_t count = 0;
  for (; text.size() >= sizeof newline; text.remove_prefix(sizeof newline)) {
    const __m128i octets = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data()));
    const int found = _mm_movemask_epi8(_mm_cmpeq_epi8(octets, newline));
    count += static_cast<size_t>(std::popcount(static_cast<unsigned>(found)));
  }
  return count + portable::count_newlines(text);
}

}  // namespace sse2

namespace avx2 {

#define ATLAS_AVX2 __attribute__((target("avx2,popcnt,bmi")))

ATLAS_AVX2 const char* end_of_word(const char* at) {
  for (;; at += sizeof(__m256i)) {
    const __m256i octets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
    const __m256i blank = _mm256_cmpeq_epi8(_mm256_min_epu8(octets, _mm256_set1_epi8(' ')), octets);
    const __m256i parenthesis =
        _mm256_cmpeq_epi8(_mm256_or_si256(octets, _mm256_set1_epi8(1)), _mm256_set1_epi8(')'));
    const __m256i quote = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('"'));
    const __m256i comment = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(';'));
    const __m256i backslash = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8('\\'));
    const __m256i del = _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(127));
    const __m256i others = _mm256_or_si256(_mm256_or_si256(quote, comment), _mm256_or_si256(backslash, del));
    const auto ends = static_cast<unsigned>(
        _mm256_movemask_epi8(_mm256_or_si256(_mm256_or_si256(blank, parenthesis), others)));
    if (ends != 0) return at + std::countr_zero(ends);
  }
}

ATLAS_AVX2 size_t count_newlines(std::string_view text) {
  const __m256i newline = _mm256_set1_epi8('\n');
  size_t count = 0;
  for (; text.size() >= sizeof newline; text.remove_prefix(sizeof newline)) {
    const __m256i octets = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(text.data()));
    const int found = _mm256_movemask_epi8(_mm256_cmpeq_epi8(octets, newline));
    count += static_cast<size_t>(std::popcount(static_cast<unsigned>(found)));
  }
  return count + portable::count_newlines(text);
}

#undef ATLAS_AVX2

}  // namespace avx2

#endif

std::vector<ScanKernel> find_kernels() {
  std::vector<ScanKernel> kernels{{"portable", portable::end_of_word, portable::count_newlines}};
#if defined(__x86_64__)
  kernels.push_back({"SSE2", sse2::end_of_word, sse2::count_newlines});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi"))
    kernels.push_back({"AVX2", avx2::end_of_word, avx2::count_newlines});
#endif
  return kernels;
}

}  // namespace

std::span<const ScanKernel> scan_kernels() {
  static const std::vector<ScanKernel> kernels = find_kernels();
  return kernels;
}

const ScanKernel& scan_kernel() {
  static const ScanKernel& best = scan_kernels().back();
  return best;
}

}  // namespace atlas::zone::text
