#include "atlas/zone/diagnostic_log.h"

#include <gtest/gtest.h>

namespace atlas::zone {
namespace {

using enum base::Severity;

SourceFiles two_files() {
  SourceFiles sources;
  sources.push_back({1, "a.zone", std::string("one\r\ntwo\nthree")});
  sources.push_back({2, "b.zone", std::string("uno\ndos\n")});
  return sources;
}

TEST(DiagnosticLog, GivesFindingsInTheOrderOfLinesWithTheirText) {
  DiagnosticLog log(10);
  log.add(kWarning, 2, {2, 1}, "in b");
  log.add(kError, 1, {3, 2}, "third");
  log.add(kWarning, 1, {1, 1}, "first");
  log.add(kError, 1, {}, "whole");
  EXPECT_EQ(base::render(log.finish(two_files())),
            "a.zone: error: whole\n"
            "a.zone:1:1: warning: first\n  1 | one\n    | ^\n"
            "a.zone:3:2: error: third\n  3 | three\n    |  ^\n"
            "b.zone:2:1: warning: in b\n  2 | dos\n    | ^\n");
}

TEST(DiagnosticLog, KeepsErrorsBeforeWarningsAndCountsTheRest) {
  DiagnosticLog log(3);
  for (uint32_t i = 0; i < 5; ++i) log.add(kWarning, 1, {1, i + 1}, "w");
  EXPECT_FALSE(log.keeps(kWarning));
  EXPECT_TRUE(log.keeps(kError));
  log.add(kError, 1, {2, 1}, "e");
  const base::Diagnostics diagnostics = log.finish(two_files());
  ASSERT_EQ(diagnostics.size(), 4u);
  EXPECT_EQ(diagnostics[2].message, "e");
  EXPECT_EQ(base::summary(diagnostics[3]), "a.zone: warning: 3 more warnings are not shown");
}

TEST(DiagnosticLog, SaysSoWhenErrorsAreNotShown) {
  DiagnosticLog log(1);
  for (uint32_t i = 0; i < 3; ++i) log.add(kError, 1, {1, 1}, "e");
  log.add(kWarning, 1, {1, 1}, "w");
  const base::Diagnostics diagnostics = log.finish(two_files());
  ASSERT_EQ(diagnostics.size(), 2u);
  EXPECT_EQ(base::summary(diagnostics[1]), "a.zone: error: 2 more errors and 1 more warning are not shown");
}

}  // namespace
}  // namespace atlas::zone
