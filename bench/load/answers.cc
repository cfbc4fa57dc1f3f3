#include "bench/load/answers.h"

#include <array>
#include <cstdio>

namespace atlas::bench {

std::string to_json(const LoadResult& result) {
  const auto us = [&](double share) { return static_cast<double>(result.latency.quantile(share)) / 1000; };
  const auto count = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::array<char, 512> text;
  const int octets = std::snprintf(
      text.data(), text.size(),
      "{\"sent\": %llu, \"answered\": %llu, \"wrong\": %llu, \"late\": %llu, \"seconds\": %.3f, "
      "\"per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"p999_us\": %.1f, \"max_us\": %.1f}",
      count(result.sent), count(result.answered), count(result.wrong), count(result.late), result.seconds,
      static_cast<double>(result.answered) / result.seconds, us(0.5), us(0.99), us(0.999),
      static_cast<double>(result.latency.largest()) / 1000);
  return {text.data(), static_cast<size_t>(octets)};
}

}  // namespace atlas::bench
