// Micro-benchmarks: what a request of 150 octets and its response cost, for each algorithm; and SIG(0).
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "atlas/tsig/sig0.h"
#include "atlas/tsig/test_messages.h"
#include "atlas/tsig/tsig.h"

namespace {

using namespace atlas;
using namespace atlas::tsig;

// Without its TSIG.
constexpr size_t kMessageOctets = 150;

// A query with an option that makes it this long.
std::vector<uint8_t> long_query() {
  dns::Message message;
  message.header.id = 0x1234;
  message.questions.push_back({.name = name_of("www.zone.test."), .type = dns::RRType::A});
  message.edns.emplace();
  const size_t octets = dns::encode(message)->size() + 4;
  message.edns->options.push_back(dns::PaddingOption{static_cast<uint16_t>(kMessageOctets - octets)});
  return *dns::encode(message);
}

void verify_unsigned(benchmark::State& state) {
  const KeyTable keys({test_key()});
  const auto message = long_query();
  for (auto _ : state) benchmark::DoNotOptimize(verify(message, keys, at_second(kTestTime)));
}
BENCHMARK(verify_unsigned);

void verify_request(benchmark::State& state) {
  const Key key = test_key("key.test.", static_cast<Algorithm>(state.range(0)));
  const KeyTable keys({key});
  auto message = long_query();
  sign_request(message, key, at_second(kTestTime));
  state.SetLabel(std::string(to_text(key.algorithm)));
  for (auto _ : state) {
    const Verified verified = verify(message, keys, at_second(kTestTime));
    if (verified.outcome != Verified::Outcome::kGood) std::abort();
  }
}
BENCHMARK(verify_request)->DenseRange(0, 8);

void sign_response(benchmark::State& state) {
  const Key key = test_key("key.test.", static_cast<Algorithm>(state.range(0)));
  const KeyTable keys({key});
  auto message = long_query();
  sign_request(message, key, at_second(kTestTime));
  const Verified verified = verify(message, keys, at_second(kTestTime));
  auto response = long_query();
  response.resize(kMessageOctets + kRecordOctetsMax);
  state.SetLabel(std::string(to_text(key.algorithm)));
  for (auto _ : state) {
    if (sign(verified.signer, response, kMessageOctets, at_second(kTestTime)) == 0) std::abort();
    base::store_u16(&response[10], 1);  // without the TSIG again
  }
}
BENCHMARK(sign_response)->DenseRange(0, 8);

struct Sig0Vector {
  int algorithm;
  int64_t time;
  std::string_view key;
  std::string_view message;
};
constexpr Sig0Vector kSig0Vectors[] = {
#include "atlas/tsig/sig0_vectors.inc"
};

void verify_sig0_update(benchmark::State& state) {
  const Sig0Vector& vector = kSig0Vectors[state.range(0)];
  const auto message = from_hex(vector.message);
  const std::vector<std::vector<uint8_t>> keys{from_hex(vector.key)};
  state.SetLabel("algorithm " + std::to_string(vector.algorithm));
  for (auto _ : state) {
    const Sig0Result result =
        verify_sig0(message, [&](dns::NameView) { return keys; }, at_second(vector.time));
    if (result.outcome != Sig0Result::Outcome::kGood) std::abort();
  }
}
BENCHMARK(verify_sig0_update)->DenseRange(0, 6);

}  // namespace
