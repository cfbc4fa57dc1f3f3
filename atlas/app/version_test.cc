#include "atlas/app/version.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace atlas::app {
namespace {

TEST(Version, IsThreeNumbers) {
  EXPECT_EQ(std::count(version().begin(), version().end(), '.'), 2);
  EXPECT_EQ(version().find_first_not_of("0123456789."), std::string_view::npos);
}

TEST(Version, TextNamesVersionAndRevision) {
  EXPECT_TRUE(version_text().starts_with(version()));
  EXPECT_NE(version_text().find(revision()), std::string_view::npos);
  EXPECT_TRUE(revision().empty() || revision().size() == 12) << revision();
}

}  // namespace
}  // namespace atlas::app
