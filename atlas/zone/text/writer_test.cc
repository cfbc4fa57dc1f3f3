#include "atlas/zone/text/writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "atlas/dns/rdata.h"

namespace atlas::zone::text {
namespace {

std::string written(Format format) {
  const dns::Name apex = *dns::parse_name("example.com.");
  RecordList records;
  records.add(apex, dns::RRType::MX, 60, *dns::parse_rdata(dns::RRType::MX, "10 m.example.com."));
  records.add(*dns::parse_name("a\\\"b\\\\c\\007.example.com."), dns::RRType::TXT, 5,
              *dns::parse_rdata(dns::RRType::TXT, "\"q\\\"\\\\ \\255\" b"));
  std::string out;
  write_records(apex, records, format, [&](std::string_view piece) { out += piece; });
  return out;
}

TEST(Writer, ZoneText) {
  EXPECT_EQ(written(Format::kText),
            "example.com.\t60\tIN\tMX\t10 m.example.com.\n"
            "a\\\"b\\\\c\\007.example.com.\t5\tIN\tTXT\t\"q\\\"\\\\ \\255\" \"b\"\n");
}

TEST(Writer, Json) {
  EXPECT_EQ(
      written(Format::kJson),
      "{\"zone\": \"example.com.\", \"records\": [\n"
      "{\"owner\": \"example.com.\", \"ttl\": 60, \"class\": \"IN\", \"type\": \"MX\", \"rdata\": \"10 "
      "m.example.com.\", \"rdata_hex\": \"000a016d076578616d706c6503636f6d00\"},\n"
      "{\"owner\": \"a\\\\\\\"b\\\\\\\\c\\\\007.example.com.\", \"ttl\": 5, \"class\": \"IN\", \"type\": "
      "\"TXT\", "
      "\"rdata\": \"\\\"q\\\\\\\"\\\\\\\\ \\\\255\\\" \\\"b\\\"\", \"rdata_hex\": \"0571225c20ff0162\"}\n"
      "]}\n");
}

TEST(Writer, JsonOfNothing) {
  std::string out;
  write_records({}, RecordList(), Format::kJson, [&](std::string_view piece) { out += piece; });
  EXPECT_EQ(out, "{\"zone\": \".\", \"records\": [\n]}\n");
}

TEST(Writer, WireHex) {
  const std::string out = written(Format::kWireHex);
  EXPECT_EQ(out.substr(0, out.find('\n')),
            "076578616d706c6503636f6d00"
            "000f"
            "0001"
            "0000003c"
            "0011"
            "000a016d076578616d706c6503636f6d00");
}

TEST(Writer, FormatsHaveNames) {
  EXPECT_EQ(parse_format("text"), Format::kText);
  EXPECT_EQ(parse_format("json"), Format::kJson);
  EXPECT_EQ(parse_format("wire-hex"), Format::kWireHex);
  EXPECT_FALSE(parse_format("xml"));
}

TEST(Writer, HandsOutPieces) {
  RecordList records;
  for (int i = 0; i < 10000; ++i) {
    records.add(*dns::parse_name("h" + std::to_string(i)), dns::RRType::A, 60,
                *dns::parse_rdata(dns::RRType::A, "192.0.2.1"));
  }
  size_t pieces = 0;
  size_t lines = 0;
  write_records({}, records, Format::kText, [&](std::string_view piece) {
    ++pieces;
    lines += static_cast<size_t>(std::ranges::count(piece, '\n'));
  });
  EXPECT_EQ(lines, 10000u);
  EXPECT_GT(pieces, 1u);
}

}  // namespace
}  // namespace atlas::zone::text
