#include "atlas/zone/text/generate.h"

#include <gtest/gtest.h>

namespace atlas::zone::text {
namespace {

TEST(GenerateRange, TakesAStep) {
  const auto range = parse_generate_range("1-10/3");
  ASSERT_TRUE(range);
  EXPECT_EQ(range->first, 1u);
  EXPECT_EQ(range->last, 10u);
  EXPECT_EQ(range->step, 3u);
  EXPECT_EQ(range->count(), 4u);
  EXPECT_EQ(parse_generate_range("7-7")->count(), 1u);
  EXPECT_EQ(parse_generate_range("0-2147483647")->count(), 2147483648u);
}

TEST(GenerateRange, RefusesWhatIsNone) {
  for (const char* text : {"", "1", "-", "1-", "-1", "3-1", "1-3/0", "1-3/", "1/2-3", "a-b", "1-3x",
                           "0-2147483648", "1-99999999999999999999"}) {
    EXPECT_FALSE(parse_generate_range(text)) << text;
  }
}

struct Expansion {
  const char* pattern;
  uint32_t number;
  const char* expected;
};

TEST(Generate, WritesNumbersAsBindDoes) {
  const Expansion expansions[] = {
      {"host", 7, "host"},        {"host$", 7, "host7"},      {"$-$", 7, "7-7"},
      {"${0}", 7, "7"},           {"${10}", 7, "17"},         {"${-7}", 7, "0"},
      {"${0,3}", 7, "007"},       {"${0,3,d}", 1234, "1234"}, {"${0,4,x}", 0xab, "00ab"},
      {"${0,4,X}", 0xab, "00AB"}, {"${0,0,o}", 9, "11"},      {"${0,6,n}x", 30, "e.1.0.x"},
      {"${0,3,N}x", 30, "E.1x"},  {"${0,0,n}", 300, "c.2.1"}, {"${0,7,n}", 300, "c.2.1.0"},
      {"a$$b", 7, "a\\$b"},       {"a\\$b$", 7, "a\\$b7"},    {"a\\\\$", 7, "a\\\\7"},
      {"$\\", 7, "7\\"},
  };
  for (const Expansion& expansion : expansions) {
    std::string out;
    const auto done = append_generated(expansion.pattern, expansion.number, out);
    EXPECT_TRUE(done) << expansion.pattern;
    EXPECT_EQ(out, expansion.expected) << expansion.pattern;
  }
}

TEST(Generate, RefusesBadModifiersAndNegativeNumbers) {
  std::string out;
  for (const char* pattern :
       {"${", "${}", "${x}", "${0,x}", "${0,128}", "${0,1,z}", "${0,1,dd}", "${0,1,d,}", "${-8}"}) {
    EXPECT_FALSE(append_generated(pattern, 7, out)) << pattern;
  }
  EXPECT_FALSE(append_generated(std::string(2 * kGeneratedTextOctetsMax, 'x'), 7, out));
}

}  // namespace
}  // namespace atlas::zone::text
