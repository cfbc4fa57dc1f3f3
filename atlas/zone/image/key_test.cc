#include "atlas/zone/image/key.h"

#include <gtest/gtest.h>

#include <random>

#include "atlas/dns/label_hash.h"

namespace atlas::zone::image {
namespace {

// Labels of all lengths; octets that are written as two, and upper case, are frequent.
dns::Name random_name(std::mt19937& random, dns::NameView apex) {
  std::vector<uint8_t> labels;
  for (size_t count = random() % 4; count > 0; --count) {
    const size_t octets = 1 + random() % (random() % 4 == 0 ? dns::kLabelOctetsMax : 20);
    if (labels.size() + octets + 1 + apex.size() > dns::kNameOctetsMax) break;
    labels.push_back(static_cast<uint8_t>(octets));
    const bool is_odd = random() % 3 == 0;
    for (size_t i = 0; i < octets; ++i) {
      const auto odd = static_cast<uint8_t>(random() % 8 == 0 ? random() % 4 : random());
      labels.push_back(is_odd ? odd : static_cast<uint8_t>("abcXYZ09-"[random() % 9]));
    }
  }
  dns::Name name;
  EXPECT_TRUE(name.assign(labels, apex));
  return name;
}

TEST(Key, InOnePassIsWhatItIsStepByStep) {
  std::mt19937 random(1);
  const dns::Name apex = dns::parse_name("Example.").value();
  for (int i = 0; i < 50'000; ++i) {
    const dns::Name name = random_name(random, apex);
    const dns::LabelledName labelled(name);
    const size_t depth = name.label_count() - 1;
    Key plain;
    plain.assign(name, 1);

    Key lower;
    std::array<uint64_t, dns::kLabelsMax + 1> hashes;
    const size_t depth_max = random() % 4;
    ASSERT_EQ(lower.assign_lower(labelled, 1, depth_max, hashes), std::min(depth, depth_max));
    for (size_t at = 0; at <= lower.depth(); ++at) {
      ASSERT_EQ(compare(lower.first_labels(at), plain.first_labels(at)), std::strong_ordering::equal);
      ASSERT_EQ(hashes[at], hash_key(plain.first_labels(at)));
    }
    plain.truncate(lower.depth());
    plain.make_lower();
    ASSERT_TRUE(std::ranges::equal(lower.octets(), plain.octets()));
    plain.assign(name, 1);
    ASSERT_EQ(name_of(plain.octets(), apex), name);
  }
}

TEST(LabelHash, IgnoresCaseAndShowsTheLabel) {
  std::mt19937 random(2);
  for (size_t octets = 0; octets <= dns::kLabelOctetsMax; ++octets) {
    std::vector<uint8_t> upper, lower;
    for (size_t i = 0; i < octets; ++i) {
      upper.push_back(static_cast<uint8_t>(random()));
      lower.push_back(dns::ascii_lower(upper.back()));
    }
    EXPECT_EQ(dns::hash_label(1, upper), dns::hash_label(1, lower));
    EXPECT_NE(dns::hash_label(1, upper), dns::hash_label(2, upper));
    std::vector<uint8_t> seen;
    dns::hash_label(1, upper, [&](uint64_t eight, size_t count) {
      std::array<uint8_t, 8> as_octets;
      std::memcpy(as_octets.data(), &eight, 8);
      for (size_t i = count; i < 8; ++i) EXPECT_EQ(as_octets[i], 0);
      seen.insert(seen.end(), as_octets.begin(), as_octets.begin() + static_cast<std::ptrdiff_t>(count));
    });
    EXPECT_EQ(seen, lower);
  }
}

}  // namespace
}  // namespace atlas::zone::image
