#include "atlas/app/atlasctl/spelling.h"

#include <algorithm>
#include <vector>

namespace atlas::app::atlasctl {
namespace {

constexpr size_t kWordOctetsMax = 64;  // longer ones are no mistyped option

// Optimal string alignment distance.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    before.swap(above);
    above.swap(row);
  }
  return above[b.size()];
}

}  // namespace

std::string_view closest(std::string_view word, std::span<const std::string_view> candidates) {
  std::string_view best;
  if (word.size() > kWordOctetsMax) return best;
  size_t allowed = std::min<size_t>(2, word.size() / 2);
  for (const std::string_view candidate : candidates) {
    const size_t letters = distance(word, candidate);
    if (letters > allowed || (letters == allowed && !best.empty())) continue;
    best = candidate;
    allowed = letters;
  }
  return best;
}

}  // namespace atlas::app::atlasctl
