// A text that is parsed in chunks gives what it gives as a whole: records with their places, findings, files.
#include "atlas/zone/text/chunk.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/zone/text/parser.h"

namespace atlas::zone::text {
namespace {

std::string parsed(const std::string& text, size_t threads, size_t chunk_octets) {
  const dns::Name apex = *dns::parse_name("example.com.");
  ParseOptions options;
  options.threads = threads;
  options.chunk_octets = chunk_octets;
  options.generated_records_max = 20;
  options.open_text = [](const std::filesystem::path& path, uint64_t) -> base::Result<SourceText> {
    if (path == "ttl") return SourceText("$TTL 7\nin-ttl A 192.0.2.7\n");
    if (path == "many") {
      std::string many;
      for (int i = 0; i < 20; ++i) many += "in" + std::to_string(i) + " A 192.0.2.1\n";
      return SourceText(many + "\tTXT last\n");
    }
    return base::fail("no such file");
  };
  RecordList records;
  SourceFiles sources;
  DiagnosticLog log(10);
  parse_zone("zone", text, apex, options, sources, records, log);
  std::string out;
  for (const ListedRecord& record : records.records()) {
    const base::TextPosition at = records.position(record);
    out += records.file(record) + ':' + std::to_string(at.line) + ':' + std::to_string(at.column) + ' ' +
           dns::to_text(records.owner(record)) + ' ' + std::to_string(record.ttl) + ' ' +
           dns::to_text(record.type) + ' ' + dns::rdata_to_text(record.type, records.rdata(record)) + '\n';
  }
  out += base::render(log.finish(sources));
  out += std::to_string(log.error_count()) + ' ' + std::to_string(log.warning_count());
  for (const SourceFile& source : sources) out += ' ' + source.path.string();
  return out;
}

void expect_same_in_chunks(const std::string& text) {
  const std::string whole = parsed(text, 1, 1);
  for (const size_t threads : {2, 3}) {
    for (const size_t chunk_octets : {1, 2, 3, 7, 16, 40, 100}) {
      ASSERT_EQ(parsed(text, threads, chunk_octets), whole)
          << threads << " threads, chunks of " << chunk_octets << ":\n"
          << text;
    }
  }
}

constexpr const char* kSoa = "$TTL 60\n@ SOA ns h 7 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.1\n";

TEST(Chunks, InheritOwners) {
  expect_same_in_chunks(std::string(kSoa) +
                        "a A 192.0.2.1\n\tA 192.0.2.2\n\n ; c\n  TXT x\nb TXT y\nB TXT z\n");
  expect_same_in_chunks(" A 192.0.2.1\n A 192.0.2.2\na A 192.0.2.1\n A 192.0.2.2\n");
  expect_same_in_chunks("a..b A 192.0.2.1\n A 192.0.2.2\nc A 192.0.2.3\n A 192.0.2.2\n A 192.0.2.3\n");
}

TEST(Chunks, InheritOriginsAndTtls) {
  std::string text = kSoa;
  for (int i = 0; i < 30; ++i) {
    if (i % 3 == 0) text += "$ORIGIN o" + std::to_string(i) + (i % 2 == 0 ? "\n" : ".example.com.\n");
    if (i % 7 == 6) text += "$TTL " + std::to_string(i) + '\n';
    text += 'n' + std::to_string(i) + " A 192.0.2.1\n A 192.0.2.2\n";
    if (i % 10 == 9) text += "$ORIGIN example.com.\n TXT x\n";
  }
  expect_same_in_chunks(text);
  // The same word below another origin, in chunks that hold nothing else.
  text = std::string(kSoa) + "$ORIGIN b\na A 192.0.2.1\n";
  for (int i = 0; i < 20; ++i) {
    text += i % 2 == 0 ? "$ORIGIN example.com.\n" : "$ORIGIN b.example.com.\n";
    text += "a A 192.0.2.1\n\n\n";
  }
  expect_same_in_chunks(text);
}

TEST(Chunks, InheritTheLastTtlWhereThereIsNoDefault) {
  std::string text = "@ SOA ns h 7 7200 3600 1209600 300\n";
  for (int i = 0; i < 20; ++i) text += "a" + std::to_string(i) + (i % 5 == 2 ? " 30" : "") + " A 192.0.2.1\n";
  expect_same_in_chunks(text);
  expect_same_in_chunks("a 5 A 192.0.2.1\n" + text + "$TTL 9\n" + text);
}

TEST(Chunks, EntriesOverLinesAndQuotes) {
  expect_same_in_chunks(
      std::string(kSoa) +
      "a TXT ( \"x ; ( y\" ; )\nz\n\n\"\\\"\" )\nb TXT ( a\nb A 192.0.2.1\nc A\n) d\ne A 192.0.2.1\n"
      "f TXT \"open\ng TXT \"closed\"\nh TXT a\\\ni TXT \\\"\n");
  // Never closed: the lines behind it are records again.
  expect_same_in_chunks(std::string(kSoa) +
                        "a TXT ( x\nb A 192.0.2.1\n c\nd A 192.0.2.1\n; e\nf A 192.0.2.1\n");
  expect_same_in_chunks(std::string(kSoa) +
                        "a TXT ( x\nb TXT ( y\nc A 192.0.2.1\n) d A 192.0.2.1\ne A 192.0.2.1\n");
}

TEST(Chunks, IncludeAndGenerate) {
  expect_same_in_chunks(
      std::string(kSoa) +
      "a A 192.0.2.1\n$INCLUDE many sub\n A 192.0.2.9\nb A 192.0.2.1\n$INCLUDE ttl\n$INCLUDE none\n"
      "c A 192.0.2.1\n$GENERATE 1-9 g$ A 192.0.2.$\n$GENERATE 1-9 h$ A 192.0.2.$\n"
      "$GENERATE 1-9 i$ A 192.0.2.$\n A 192.0.2.3\nd A 192.0.2.1\n");
}

TEST(Chunks, FindingsInOrderAndBounded) {
  std::string text = "\xef\xbb\xbf" + std::string(kSoa);
  for (int i = 0; i < 30; ++i) {
    text += "x" + std::to_string(i) + " NOTYPE 1\ny" + std::to_string(i) +
            ".example.com A 192.0.2.1\nother. A 192.0.2.1\n";
  }
  expect_same_in_chunks(text);
  expect_same_in_chunks("a A 192.0.2.1\n" + std::string(kSoa) +
                        "other.org. A 192.0.2.1\n\xef\xbb\xbf A 192.0.2.1\n");
  expect_same_in_chunks("\xff\xfe a A 192.0.2.1\nb A 192.0.2.1\n");
  expect_same_in_chunks(std::string(20, '\n') +
                        "a A 192.0.2.1\r\nb A 192.0.2.1\r x\nc A 192.0.2.1\0\nd A 192.0.2.1");
}

TEST(Chunks, AnyLinesInAnyOrder) {
  const std::vector<std::string> lines = {"a A 192.0.2.1\n",
                                          " A 192.0.2.2\n",
                                          "$ORIGIN b\n",
                                          "$ORIGIN example.com.\n",
                                          "$TTL 5\n",
                                          "b 9 A 192.0.2.3\n",
                                          "c TXT (\n",
                                          ") \n",
                                          "d TXT \"(\"\n",
                                          "; (\n",
                                          "\n",
                                          "$INCLUDE ttl\n",
                                          "$GENERATE 1-2 e$ A 192.0.2.$\n",
                                          "f A\n",
                                          "@ NS ns\n",
                                          "\"\n",
                                          "g.example.com NS h\n",
                                          "A A 192.0.2.1\n",
                                          "a 9 A 192.0.2.1 ; x\n",
                                          "x\\"};
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string text = round % 2 == 0 ? kSoa : "";
    for (size_t i = random() % 60; i > 0; --i) text += lines[random() % lines.size()];
    const std::string whole = parsed(text, 1, 1);
    const size_t chunk_octets = 1 + random() % 60;
    ASSERT_EQ(parsed(text, 2, chunk_octets), whole) << "chunks of " << chunk_octets << ":\n" << text;
  }
}

TEST(Chunks, EndBeforeALineThatBeginsAnEntry) {
  const SourceText text("a A 192.0.2.1\n\tA 192.0.2.2\n; x\n)\nb A 192.0.2.1\nc A 192.0.2.1");
  ChunkReader reader(text, 0, 1, 20);
  TextChunk chunk;
  ASSERT_TRUE(reader.read(chunk));
  EXPECT_EQ(chunk.end(), text.size() - 27);
  EXPECT_EQ(chunk.end_line(), 5u);
  ASSERT_TRUE(reader.read(chunk));
  EXPECT_EQ(chunk.line(), 5u);
  ASSERT_TRUE(reader.read(chunk));
  EXPECT_EQ(chunk.end(), text.size());
  EXPECT_FALSE(reader.read(chunk));
}

}  // namespace
}  // namespace atlas::zone::text
