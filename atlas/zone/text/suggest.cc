#include "atlas/zone/text/suggest.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::zone::text {
namespace {

// Longer than every mnemonic and directive.
constexpr size_t kWordOctetsMax = 16;

struct TypeWord {
  dns::RRType type;
  std::string_view text;
};

constexpr TypeWord kTypeWords[] = {
#define ATLAS_RRTYPE(number, name, text) {dns::RRType::name, text},
#include "atlas/dns/rrtypes.inc"
#undef ATLAS_RRTYPE
};

// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::array<size_t, kWordOctetsMax + 1>, kWordOctetsMax + 1> cost;
  const auto same = [&](size_t i, size_t j) {
    return dns::ascii_lower(static_cast<uint8_t>(a[i])) == dns::ascii_lower(static_cast<uint8_t>(b[j]));
  };
  for (size_t i = 0; i <= a.size(); ++i) cost[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) cost[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      cost[i][j] =
          std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, cost[i - 1][j - 1] + !same(i - 1, j - 1)});
      if (i > 1 && j > 1 && same(i - 1, j - 2) && same(i - 2, j - 1)) {
        cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
    }
  }
  return cost[a.size()][b.size()];
}

}  // namespace

std::string_view nearest_word(std::string_view misspelt, std::span<const std::string_view> words) {
  if (misspelt.size() < 2 || misspelt.size() > kWordOctetsMax) return {};
  size_t best = misspelt.size() <= 3 ? 2 : 3;
  std::string_view nearest;
  for (const std::string_view word : words) {
    const size_t longer = std::max(word.size(), misspelt.size()),
                 shorter = std::min(word.size(), misspelt.size());
    if (longer > kWordOctetsMax || longer - shorter >= best) continue;
    const size_t distance = edit_distance(misspelt, word);
    if (distance < best) {
      best = distance;
      nearest = word;
    }
  }
  return nearest;
}

std::string_view nearest_type(std::string_view misspelt) {
  std::array<std::string_view, std::size(kTypeWords)> words;
  size_t count = 0;
  for (const TypeWord& entry : kTypeWords) {
    if (!dns::is_meta_type(entry.type)) words[count++] = entry.text;
  }
  return nearest_word(misspelt, std::span(words).first(count));
}

}  // namespace atlas::zone::text
