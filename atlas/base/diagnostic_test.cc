#include "atlas/base/diagnostic.h"

#include <gtest/gtest.h>

namespace atlas::base {
namespace {

TEST(Diagnostic, ShowsTheLineAndACaret) {
  const Diagnostic diagnostic{Severity::kError, "a.zone",       {12, 7},
                              "bad address",    "four numbers", "www\tA\tx"};
  EXPECT_EQ(render(diagnostic),
            "a.zone:12:7: error: bad address\n"
            "  12 | www A x\n"
            "     |       ^\n"
            "  hint: four numbers\n");
}

TEST(Diagnostic, ShowsOnlyPartOfAVeryLongLine) {
  Diagnostic diagnostic{Severity::kWarning, "a", {1, 5001}, "m", "", std::string(10000, 'x')};
  EXPECT_LT(render(diagnostic).size(), 400u);
}

TEST(Diagnostic, AWarningIsNoError) {
  EXPECT_FALSE(has_errors({Diagnostic{Severity::kWarning, "a", {}, "m", "", ""}}));
  EXPECT_TRUE(has_errors({Diagnostic{Severity::kError, "a", {}, "m", "", ""}}));
}

}  // namespace
}  // namespace atlas::base
