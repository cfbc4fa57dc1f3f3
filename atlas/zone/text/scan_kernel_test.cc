// Every kernel that this processor has does what the portable one does.
#include "atlas/zone/text/scan_kernel.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace atlas::zone::text {
namespace {

void expect_alike(const std::string& text) {
  const std::string padded = text + std::string(1 + ScanKernel::kSlackOctets, '\0');
  const ScanKernel& portable = scan_kernels().front();
  for (const ScanKernel& kernel : scan_kernels().subspan(1)) {
    for (size_t begin = 0; begin <= text.size(); ++begin) {
      const char* const at = padded.data() + begin;
      ASSERT_EQ(kernel.end_of_word(at) - at, portable.end_of_word(at) - at) << kernel.name << " at " << begin;
      const std::string_view rest = std::string_view(text).substr(begin);
      ASSERT_EQ(kernel.count_newlines(rest), portable.count_newlines(rest)) << kernel.name << " at " << begin;
    }
  }
}

TEST(ScanKernel, ThePortableOneComesFirstAndOneIsChosen) {
  EXPECT_STREQ(scan_kernels().front().name, "portable");
  EXPECT_EQ(scan_kernel().end_of_word, scan_kernels().back().end_of_word);
  const char text[64] = "a.b-c_d\xffX~!#{} x";
  EXPECT_EQ(scan_kernels().front().end_of_word(text), text + 14);
  EXPECT_EQ(scan_kernels().front().count_newlines("\na\n\r\n"), 3u);
}

TEST(ScanKernel, EveryOctetAtEveryPlace) {
  for (int octet = 0; octet < 256; ++octet) {
    for (const size_t before : {0, 1, 15, 16, 17, 31, 32, 33, 63}) {
      expect_alike(std::string(before, 'x') + static_cast<char>(octet) + std::string(70, 'y') + '\n');
    }
  }
}

TEST(ScanKernel, RandomOctets) {
  std::mt19937 random(1);
  const std::string special = " \t\r\n;()\"\\\x7f\x1f!'*:[]~\x80\xff";
  for (int round = 0; round < 500; ++round) {
    std::string text(random() % 200, 'a');
    for (char& c : text) {
      const auto number = random();
      if (number % 8 == 0) {
        c = special[(number >> 8) % special.size()];
      } else if (number % 8 == 1) {
        c = static_cast<char>(number >> 8);
      }
    }
    expect_alike(text);
  }
}

}  // namespace
}  // namespace atlas::zone::text
