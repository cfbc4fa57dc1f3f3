#include "atlas/dns/types.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <iterator>

namespace atlas::dns {
namespace {

constexpr struct {
  uint16_t number;
  RRType type;
  const char* text;
} kRegistered[] = {
#define ATLAS_RRTYPE(number, name, text) {number, RRType::name, text},
#include "atlas/dns/rrtypes.inc"
#undef ATLAS_RRTYPE
};

TEST(RRTypes, AreListedInOrderAndOnce) {
  EXPECT_TRUE(std::ranges::is_sorted(kRegistered, std::ranges::less_equal(),
                                     [](const auto& row) { return row.number; }));
}

// IANA "Resource Record (RR) TYPEs": the numbers assigned below 256 and from there on.
TEST(RRTypes, CoverTheAssignedNumbers) {
  const auto is_known = [](int number) {
    return std::ranges::any_of(kRegistered, [number](const auto& row) { return row.number == number; });
  };
  for (int number = 0; number < 300; ++number) {
    const bool assigned = (number >= 1 && number <= 68 && number != 54) || (number >= 99 && number <= 109) ||
                          number == 128 || (number >= 249 && number <= 264);
    EXPECT_EQ(is_known(number), assigned) << number;
  }
  EXPECT_TRUE(is_known(32768));
  EXPECT_TRUE(is_known(32769));
}

TEST(RRTypes, TextIsTheMnemonicInAnyCase) {
  for (const auto& row : kRegistered) {
    EXPECT_EQ(to_text(row.type), row.text);
    EXPECT_EQ(parse_rrtype(row.text), row.type);
    std::string lower(row.text);
    for (char& c : lower) c = static_cast<char>(std::tolower(c));
    EXPECT_EQ(parse_rrtype(lower), row.type) << lower;
    EXPECT_EQ(parse_rrtype("TYPE" + std::to_string(row.number)), row.type);
  }
}

TEST(RRTypes, EveryNumberComesBackFromItsText) {
  for (uint32_t number = 0; number <= 0xffff; ++number) {
    const auto type = static_cast<RRType>(number);
    ASSERT_EQ(parse_rrtype(to_text(type)), type) << number;
  }
}

TEST(RRTypes, RefusesWhatIsNoType) {
  for (const char* text : {"", "TYPE", "TYPE65536", "TYPE-1", "TYPE1x", "TYPE 1", "TYPE+1", "1", "NSEC4",
                           "A ", " A", "AA", "NSAP_PTR", "CLASS1", "TYPE99999999999999999999"}) {
    EXPECT_FALSE(parse_rrtype(text)) << text;
  }
}

TEST(RRTypes, MetaTypesAreTheRangeOfRfc6895AndOpt) {
  for (const RRType type : {RRType::OPT, RRType::TKEY, RRType::TSIG, RRType::IXFR, RRType::AXFR, RRType::ANY,
                            RRType::NXNAME, static_cast<RRType>(0), static_cast<RRType>(200)}) {
    EXPECT_TRUE(is_meta_type(type)) << to_text(type);
  }
  for (const RRType type : {RRType::A, RRType::EUI64, RRType::URI, RRType::DLV, static_cast<RRType>(127)}) {
    EXPECT_FALSE(is_meta_type(type)) << to_text(type);
  }
}

TEST(RRClasses, EveryNumberComesBackFromItsText) {
  for (uint32_t number = 0; number <= 0xffff; ++number) {
    const auto rr_class = static_cast<RRClass>(number);
    ASSERT_EQ(parse_rrclass(to_text(rr_class)), rr_class) << number;
  }
  EXPECT_EQ(to_text(RRClass::CH), "CH");
  EXPECT_EQ(to_text(static_cast<RRClass>(7)), "CLASS7");
  EXPECT_EQ(parse_rrclass("in"), RRClass::IN);
  EXPECT_EQ(parse_rrclass("class1"), RRClass::IN);
  for (const char* text : {"", "CLASS", "CLASS65536", "TYPE1", "INN", "1"})
    EXPECT_FALSE(parse_rrclass(text)) << text;
}

TEST(Codes, HaveTheMnemonicsOfTheRegistry) {
  EXPECT_EQ(to_text(Rcode::NXDOMAIN), "NXDOMAIN");
  EXPECT_EQ(to_text(Rcode::BADCOOKIE), "BADCOOKIE");
  EXPECT_EQ(to_text(static_cast<Rcode>(12)), "RCODE12");
  EXPECT_EQ(to_text(Opcode::NOTIFY), "NOTIFY");
  EXPECT_EQ(to_text(static_cast<Opcode>(3)), "OPCODE3");
  EXPECT_EQ(to_text(EdnsOption::NSID), "NSID");
  EXPECT_EQ(to_text(static_cast<EdnsOption>(65001)), "OPT65001");
  EXPECT_EQ(to_text(ExtendedError::Other), "Other Error");
  EXPECT_EQ(to_text(ExtendedError::NotAuthoritative), "Not Authoritative");
  EXPECT_EQ(to_text(ExtendedError::InvalidQueryType), "Invalid Query Type");
  EXPECT_EQ(to_text(static_cast<ExtendedError>(31)), "");
}

}  // namespace
}  // namespace atlas::dns
