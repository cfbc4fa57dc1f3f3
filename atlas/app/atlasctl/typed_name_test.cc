#include "atlas/app/atlasctl/typed_name.h"

#include <gtest/gtest.h>

#include "atlas/app/atlasctl/spelling.h"

namespace atlas::app::atlasctl {
namespace {

std::string typed(std::string_view text) {
  const auto name = parse_typed_name(text);
  return name ? dns::to_text(*name) : "error";
}

TEST(TypedName, LettersBeyondAsciiBecomeALabels) {
  EXPECT_EQ(typed("bücher.example"), "xn--bcher-kva.example.");
  EXPECT_EQ(typed("_25._tcp.BÜCHER.example."), "_25._tcp.xn--bcher-kva.example.");
  EXPECT_EQ(typed("straße.example"), "xn--strae-oqa.example.");
}

TEST(TypedName, AsciiStaysAsItIs) {
  EXPECT_EQ(typed("Www.Example"), "Www.Example.");
  EXPECT_EQ(typed("a\\.b.example"), "a\\.b.example.");
  EXPECT_EQ(typed("."), ".");
}

TEST(TypedName, RefusesWhatIdnaForbids) {
  EXPECT_EQ(typed("\xff.example"), "error");
  EXPECT_EQ(typed("a..example"), "error");
}

TEST(ReverseName, OfBothFamilies) {
  EXPECT_EQ(dns::to_text(*reverse_name("192.0.2.1")), "1.2.0.192.in-addr.arpa.");
  EXPECT_EQ(dns::to_text(*reverse_name("2001:db8::1")),
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
  EXPECT_FALSE(reverse_name("example"));
}

TEST(Spelling, SuggestsTheClosestWord) {
  static constexpr std::string_view kWords[] = {"query", "status", "zones"};
  EXPECT_EQ(closest("qurey", kWords), "query");
  EXPECT_EQ(closest("zone", kWords), "zones");
  EXPECT_EQ(closest("reload", kWords), "");
  EXPECT_EQ(closest("", kWords), "");
}

}  // namespace
}  // namespace atlas::app::atlasctl
