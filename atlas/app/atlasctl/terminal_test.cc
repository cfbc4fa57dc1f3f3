#include "atlas/app/atlasctl/terminal.h"

#include <gtest/gtest.h>

namespace atlas::app::atlasctl {
namespace {

TEST(Terminal, DurationsShowTheTwoLargestUnits) {
  EXPECT_EQ(human_duration(0), "0 s");
  EXPECT_EQ(human_duration(59), "59 s");
  EXPECT_EQ(human_duration(300), "5 min");
  EXPECT_EQ(human_duration(5400), "1 h 30 min");
  EXPECT_EQ(human_duration(86400), "1 day");
  EXPECT_EQ(human_duration(14 * 86400 + 3600 + 5), "14 days 1 h");
}

TEST(Terminal, NumbersAreGrouped) {
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(1234567), "1,234,567");
  EXPECT_EQ(counted(1, "record"), "1 record");
  EXPECT_EQ(counted(2000, "record"), "2,000 records");
}

TEST(Terminal, WideAndCombiningCharactersCountTheirColumns) {
  use_utf8_columns();
  EXPECT_EQ(display_columns("bücher"), 6u);
  EXPECT_EQ(display_columns("例え"), 4u);
  EXPECT_EQ(display_columns("e\xcc\x81"), 1u);
  EXPECT_EQ(display_columns("\xff"), 1u);
}

TEST(Terminal, UntrustedTextCannotSteerTheTerminal) {
  EXPECT_EQ(printable("a\033[31mb\n"), "a?[31mb?");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m"),
            "??31m");
  EXPECT_EQ(printable("grün"), "grün");
}

TEST(Terminal, TablesAlignAndTrim) {
  Table table;
  table.add({{"a"}, {"1", Style::kPlain, true}, {"x"}});
  table.add({{"bbb"}, {"22", Style::kPlain, true}, {""}});
  EXPECT_EQ(table.render(Paint(false), " "), " a     1  x\n bbb  22\n");
}

TEST(Terminal, CellsThatAreTooWideDoNotWidenTheirColumn) {
  Table table;
  table.add({{"a"}, {"x"}});
  table.add({{"123456"}, {"y"}});
  EXPECT_EQ(table.render(Paint(false), "", 3), "a  x\n123456  y\n");
}

TEST(Terminal, PaintOnlyWhereWanted) {
  EXPECT_EQ(Paint(false)(Style::kBad, "x"), "x");
  EXPECT_EQ(Paint(true)(Style::kBad, "x"), "\033[1;31mx\033[0m");
  EXPECT_EQ(Paint(true)(Style::kPlain, "x"), "x");
}

}  // namespace
}  // namespace atlas::app::atlasctl
