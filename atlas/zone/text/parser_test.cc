#include "atlas/zone/text/parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "atlas/zone/text/writer.h"

namespace atlas::zone::text {
namespace {

using Strings = std::vector<std::string>;
using Files = std::map<std::string, std::string>;

struct Parsed {
  Strings records;
  base::Diagnostics diagnostics;
};

Parsed parse(const std::string& text, const Files& files = {}, const char* apex = "example.com.",
             uint64_t generated_records_max = kGeneratedRecordsMax) {
  ParseOptions options;
  options.generated_records_max = generated_records_max;
  options.open_text = [&](const std::filesystem::path& path, uint64_t) -> base::Result<SourceText> {
    const auto found = files.find(path.string());
    if (found == files.end()) return base::fail(path.string() + ": cannot open: No such file or directory");
    return found->second;
  };
  RecordList records;
  SourceFiles sources;
  DiagnosticLog log(100);
  parse_zone("dir/zone", text, *dns::parse_name(apex), options, sources, records, log);
  Parsed parsed;
  for (const ListedRecord& record : records.records()) {
    std::string line;
    append_record_text(records.owner(record), record.ttl, record.type, records.rdata(record), line);
    std::ranges::replace(line, '\t', ' ');
    parsed.records.push_back(line);
  }
  parsed.diagnostics = log.finish(sources);
  return parsed;
}

const std::string kSoa = "$TTL 60\n@ SOA ns h 1 2 3 4 5\n";
constexpr const char* kSoaRecord = "example.com. 60 IN SOA ns.example.com. h.example.com. 1 2 3 4 5";

// The records behind a SOA on two lines, and the findings.
Strings records_of(const std::string& text, const Files& files = {}) {
  Parsed parsed = parse(kSoa + text, files);
  EXPECT_EQ(base::render(parsed.diagnostics), "") << text;
  EXPECT_FALSE(parsed.records.empty()) << text;
  if (!parsed.records.empty()) {
    EXPECT_EQ(parsed.records[0], kSoaRecord);
    parsed.records.erase(parsed.records.begin());
  }
  return parsed.records;
}

Strings findings_of(const std::string& text, const Files& files = {}) {
  Strings findings;
  for (const base::Diagnostic& diagnostic : parse(kSoa + text, files).diagnostics) {
    std::string line = base::summary(diagnostic);
    if (line.starts_with("dir/zone:")) line = line.substr(9);
    if (!diagnostic.hint.empty()) line += " | " + diagnostic.hint;
    findings.push_back(line);
  }
  return findings;
}

struct Good {
  const char* name;
  std::string text;
  Strings records;
};

TEST(Parser, TakesEveryFormOfARecord) {
  const Good table[] = {
      {"plain", "www A 192.0.2.1\n", {"www.example.com. 60 IN A 192.0.2.1"}},
      {"no final newline", "www A 192.0.2.1", {"www.example.com. 60 IN A 192.0.2.1"}},
      {"CRLF",
       "www A 192.0.2.1\r\n A 192.0.2.2\r\n",
       {"www.example.com. 60 IN A 192.0.2.1", "www.example.com. 60 IN A 192.0.2.2"}},
      {"TTL, class", "www 5 IN A 192.0.2.1", {"www.example.com. 5 IN A 192.0.2.1"}},
      {"class, TTL", "www in 1h30m a 192.0.2.1", {"www.example.com. 5400 IN A 192.0.2.1"}},
      {"CLASS1", "www CLASS1 A 192.0.2.1", {"www.example.com. 60 IN A 192.0.2.1"}},
      {"TYPE1", "www TYPE1 \\# 4 c0000201", {"www.example.com. 60 IN A 192.0.2.1"}},
      {"unknown type", "www TYPE65400 \\# 3 ab cd ef", {"www.example.com. 60 IN TYPE65400 \\# 3 ABCDEF"}},
      {"absolute owner", "www.example.com. A 192.0.2.1", {"www.example.com. 60 IN A 192.0.2.1"}},
      {"owner of the record before",
       "www A 192.0.2.1\n\tTXT a\n\n ; comment\n TXT b",
       {"www.example.com. 60 IN A 192.0.2.1", "www.example.com. 60 IN TXT \"a\"",
        "www.example.com. 60 IN TXT \"b\""}},
      {"owner kept over $ORIGIN",
       "www A 192.0.2.1\n$ORIGIN sub\n TXT a\nx TXT b",
       {"www.example.com. 60 IN A 192.0.2.1", "www.example.com. 60 IN TXT \"a\"",
        "x.sub.example.com. 60 IN TXT \"b\""}},
      {"parentheses", "www TXT ( a ; no\n \"b c\"\n) ; no", {"www.example.com. 60 IN TXT \"a\" \"b c\""}},
      {"parentheses around all", "( www TXT a )", {"www.example.com. 60 IN TXT \"a\""}},
      {"escapes",
       "a\\.b\\032c TXT \"x\\\"y\\;\\255\"",
       {"a\\.b\\032c.example.com. 60 IN TXT \"x\\\"y;\\255\""}},
      {"at sign", "www CNAME @", {"www.example.com. 60 IN CNAME example.com."}},
      {"owner that looks like a type",
       "a A 192.0.2.1\nmx MX 1 a",
       {"a.example.com. 60 IN A 192.0.2.1", "mx.example.com. 60 IN MX 1 a.example.com."}},
      {"owner that looks like a TTL",
       "10 TXT a\n1h 5 TXT b",
       {"10.example.com. 60 IN TXT \"a\"", "1h.example.com. 5 IN TXT \"b\""}},
      {"owner that begins with $", "\\$a TXT a", {"\\$a.example.com. 60 IN TXT \"a\""}},
      {"$TTL changes",
       "a TXT a\n$TTL 1d\na TXT b\na 7 TXT c\na TXT d",
       {"a.example.com. 60 IN TXT \"a\"", "a.example.com. 86400 IN TXT \"b\"",
        "a.example.com. 7 IN TXT \"c\"", "a.example.com. 86400 IN TXT \"d\""}},
      {"directives in lower case", "$ttl 9\n$origin sub\na TXT a", {"a.sub.example.com. 9 IN TXT \"a\""}},
      {"SVCB value in quotes",
       "a HTTPS 1 . alpn=\"h2,h3\" port=1",
       {"a.example.com. 60 IN HTTPS 1 . alpn=\"h2,h3\" port=1"}},
      {"generated",
       "$GENERATE 1-2 h$ 7 IN A 192.0.2.$",
       {"h1.example.com. 7 IN A 192.0.2.1", "h2.example.com. 7 IN A 192.0.2.2"}},
      {"generated, RDATA in quotes",
       "$GENERATE 1-2 h$ MX \"10 m$\"",
       {"h1.example.com. 60 IN MX 10 m1.example.com.", "h2.example.com. 60 IN MX 10 m2.example.com."}},
      {"generated, RDATA of several words",
       "$GENERATE 1-1 h$ TXT \"a b$\" c",
       {"h1.example.com. 60 IN TXT \"a b1\" \"c\""}},
      {"generated, quotes inside quotes",
       "$GENERATE 1-1 h$ TXT \"\\\"a b$\\\" c\"",
       {"h1.example.com. 60 IN TXT \"a b1\" \"c\""}},
      {"generated owner with a dollar",
       "$GENERATE 1-1 $$TTL TXT $$$",
       {"\\$TTL.example.com. 60 IN TXT \"$1\""}},
      {"no record at all", "", {}},
  };
  for (const Good& good : table) {
    SCOPED_TRACE(good.name);
    Strings expected = good.records;
    // Escaping of text is dns's; quotes of SvcParams may be left out.
    for (std::string& record : expected) {
      if (record.find("alpn") != std::string::npos)
        record = "a.example.com. 60 IN HTTPS 1 . alpn=h2,h3 port=1";
    }
    Strings actual = records_of(good.text);
    for (std::string& record : actual) {
      if (record.find("alpn") != std::string::npos) std::erase(record, '"');
    }
    EXPECT_EQ(actual, expected);
  }
}

TEST(Parser, TakesTheTtlOfTheRecordBefore) {
  const Parsed parsed = parse("@ 60 SOA ns h 1 2 3 4 5\na TXT a\na 7 TXT b\na TXT c\n$TTL 9\na TXT d\n");
  EXPECT_EQ(base::render(parsed.diagnostics), "");
  EXPECT_EQ(parsed.records,
            (Strings{kSoaRecord, "a.example.com. 60 IN TXT \"a\"", "a.example.com. 7 IN TXT \"b\"",
                     "a.example.com. 7 IN TXT \"c\"", "a.example.com. 9 IN TXT \"d\""}));
}

TEST(Parser, WarnsOnceWhenThereIsNoTtl) {
  const Parsed parsed = parse("@ SOA ns h 1 2 3 4 5\na TXT a\n");
  EXPECT_EQ(base::render(parsed.diagnostics),
            "dir/zone:1:3: warning: no TTL and no $TTL before it: 3600 s is used (RFC 2308 4)\n"
            "  1 | @ SOA ns h 1 2 3 4 5\n"
            "    |   ^\n"
            "  hint: write $TTL in front of the first record, as in $TTL 1h\n");
  EXPECT_EQ(parsed.records[1], "a.example.com. 3600 IN TXT \"a\"");
}

TEST(Parser, TheRootZoneNeedsNoOtherName) {
  const Parsed parsed = parse(". 5 SOA a. b. 1 2 3 4 5\ncom NS a.gtld-servers.net.\n", {}, ".");
  EXPECT_EQ(base::render(parsed.diagnostics), "");
  EXPECT_EQ(parsed.records, (Strings{". 5 IN SOA a. b. 1 2 3 4 5", "com. 5 IN NS a.gtld-servers.net."}));
}

TEST(Parser, IncludesAreRelativeToTheFileAndKeepNothingButTheTtl) {
  const Files files = {
      {"dir/sub/one", "$ORIGIN deep\n$TTL 9\na TXT a\n$INCLUDE two\n"},
      {"dir/sub/two", "b TXT b\n"},
  };
  EXPECT_EQ(records_of("www TXT w\n$INCLUDE sub/one\n TXT x\n$INCLUDE \"sub/two\" other\nc TXT c\n", files),
            (Strings{
                "www.example.com. 60 IN TXT \"w\"",
                "a.deep.example.com. 9 IN TXT \"a\"",
                "b.deep.example.com. 9 IN TXT \"b\"",
                "www.example.com. 9 IN TXT \"x\"",
                "b.other.example.com. 9 IN TXT \"b\"",
                "c.example.com. 9 IN TXT \"c\"",
            }));
}

TEST(Parser, FindingsInAnIncludedFileNameIt) {
  const Parsed parsed = parse(kSoa + "$INCLUDE part\nw A 1\n", {{"dir/part", "\nx A 2\n"}});
  ASSERT_EQ(parsed.diagnostics.size(), 2u);
  EXPECT_EQ(parsed.diagnostics[0].file, "dir/zone");
  EXPECT_EQ(parsed.diagnostics[0].source_line, "w A 1");
  EXPECT_EQ(parsed.diagnostics[1].file, "dir/part");
  EXPECT_EQ(parsed.diagnostics[1].position.line, 2u);
  EXPECT_EQ(parsed.diagnostics[1].source_line, "x A 2");
}

TEST(Parser, IncludesEndSomewhere) {
  EXPECT_EQ(findings_of("$INCLUDE part\n", {{"dir/part", "$INCLUDE part\n"}}),
            (Strings{"dir/part:1:10: error: $INCLUDE \"part\" leads back to a file that is being read"}));
  EXPECT_EQ(findings_of("$INCLUDE ../dir/zone\n"),
            (Strings{"3:10: error: $INCLUDE \"../dir/zone\" leads back to a file that is being read"}));
  Files files;
  for (int i = 0; i < 20; ++i) {
    files["dir/" + std::to_string(i)] = "$INCLUDE " + std::to_string(i + 1) + "\n";
  }
  EXPECT_EQ(findings_of("$INCLUDE 0\n", files),
            (Strings{"dir/9:1:10: error: files are included more than 10 deep"}));
  EXPECT_EQ(findings_of("$INCLUDE nowhere\n"), (Strings{"3:10: error: $INCLUDE failed: dir/nowhere: cannot "
                                                        "open: No such file or directory | names of files "
                                                        "are relative to the file that includes them"}));
}

TEST(Parser, GenerateHasLimits) {
  const Parsed one = parse(kSoa + "$GENERATE 0-1048576 h$ A 192.0.2.1\n");
  ASSERT_EQ(one.diagnostics.size(), 1u);
  EXPECT_EQ(one.diagnostics[0].message, "one $GENERATE makes at most 1048576 records");
  const Parsed all =
      parse(kSoa + "$GENERATE 1-60 a$ A 192.0.2.1\n$GENERATE 1-60 b$ A 192.0.2.1\n", {}, "example.com.", 100);
  ASSERT_EQ(all.diagnostics.size(), 1u);
  EXPECT_EQ(all.diagnostics[0].message, "all $GENERATEs together make at most 100 records");
  EXPECT_EQ(all.records.size(), 61u);
}

struct Bad {
  std::string text;  // lines from 3 on
  Strings findings;  // "line:column: severity: message | hint"
};

TEST(Parser, SaysWhatIsWrongAndWhere) {
  const std::string ttl_hint =
      " | a TTL is a number of seconds up to 2147483647, or as in 1h30m (units s, m, h, d, w)";
  const std::string generic_hint =
      " | a type without a name is written TYPE and its number, its data as \\# length hex (RFC 3597)";
  const Bad table[] = {
      {"www AAA 192.0.2.1",
       {"3:5: error: unknown type \"AAA\" | did you mean AAAA? A type without a name is written TYPE and its "
        "number (RFC "
        "3597)"}},
      {"www FOOBAR x", {"3:5: error: unknown type \"FOOBAR\"" + generic_hint}},
      {"www 1y A 192.0.2.1", {"3:5: error: \"1y\" is not a TTL" + ttl_hint}},
      {"www 1h30 A 192.0.2.1", {"3:5: error: \"1h30\" is not a TTL" + ttl_hint}},
      {"www 60 60 A 192.0.2.1", {"3:8: error: a second TTL"}},
      {"www IN IN A 192.0.2.1", {"3:8: error: a second class"}},
      {"www 4294967296 A 192.0.2.1",
       {"3:5: error: the TTL \"4294967296\" is larger than 32 bits" + ttl_hint}},
      {"www 2147483648 A 192.0.2.1",
       {"3:5: warning: the TTL \"2147483648\" is larger than 2147483647 and means 0 (RFC 2181 8)" +
        ttl_hint}},
      {"www CH A 192.0.2.1",
       {"3:5: error: the class \"CH\" is not served | zones have the class IN, which may be left out"}},
      {"www ANY \\# 0",
       {"3:5: error: \"ANY\" is a type for queries and messages, which no zone holds (RFC 6895 3.1)"}},
      {"www TYPE41 \\# 0",
       {"3:5: error: \"TYPE41\" is a type for queries and messages, which no zone holds (RFC 6895 3.1)"}},
      {"www", {"3:4: error: the type is missing | a record is: owner TTL class type RDATA"}},
      {"www 60 IN", {"3:10: error: the type is missing | a record is: owner TTL class type RDATA"}},
      {"www \"A\" 192.0.2.1", {"3:5: error: a quoted string where a type is expected"}},
      {"A 192.0.2.1",
       {"3:3: error: \"192.0.2.1\" is not a type, a class or a TTL | \"A\" stands in the first column and is "
        "the owner "
        "name; for the owner of the record before, begin the line with a blank"}},
      {" webserver A 192.0.2.1",
       {"3:2: error: unknown type \"webserver\" | the line begins with a blank, so that its first word is no "
        "owner name; an "
        "owner begins in the first column"}},
      {" $TTL 60", {"3:2: error: unknown type \"$TTL\" | a directive begins in the first column"}},
      {"$FOO 60",
       {"3:1: error: unknown directive \"$FOO\" | known are $ORIGIN, $TTL, $INCLUDE and $GENERATE; an owner "
        "name that "
        "begins with $ is written \\$"}},
      {"$ORGIN a.", {"3:1: error: unknown directive \"$ORGIN\" | did you mean $ORIGIN?"}},
      {"$ORIGIN", {"3:8: error: $ORIGIN takes one domain name | as in $ORIGIN example.com."}},
      {"$ORIGIN a. b.", {"3:12: error: $ORIGIN takes one domain name | as in $ORIGIN example.com."}},
      {"$TTL", {"3:5: error: $TTL takes one TTL" + ttl_hint}},
      {"$TTL abc", {"3:6: error: \"abc\" is not a TTL" + ttl_hint}},
      {"$INCLUDE",
       {"3:9: error: $INCLUDE takes a file and, if wanted, an origin | as in $INCLUDE hosts.zone "
        "sub.example.com."}},
      {"www TXT ( a\nw2 TXT b",
       {"3:9: error: this parenthesis is never closed | a record that goes over several lines ends with ) "
        "behind its last "
        "field"}},
      {"www TXT ( a\nw2 TXT ( b )",
       {"4:8: error: a parenthesis inside the one opened at 3:9 | parentheses do not nest; is the first one "
        "closed?"}},
      {"www TXT a )", {"3:11: error: this parenthesis was never opened"}},
      {"www TXT \"a",
       {"3:9: error: this quoted string is not closed on its line | end it with a quote; a quote inside a "
        "string is written "
        "\\\""}},
      {"www.example.com A 192.0.2.1",
       {"3:1: warning: \"www.example.com\" has no final dot and means www.example.com.example.com. | write "
        "www.example.com. with a final dot, or only what stands before the origin"}},
      {"www MX 10 mail.Example.COM",
       {"3:11: warning: \"mail.Example.COM\" has no final dot and means mail.Example.COM.example.com. | "
        "write "
        "mail.Example.COM. with a final dot, or only what stands before the origin"}},
      {"www CNAME notexample.com", {}},
      {"www TXT foo=\"bar baz\"",
       {"3:9: warning: a quote inside a word ends it and begins another string | put the whole string in "
        "quotes, or "
        "write the quote as \\\""}},
      {"$ORIGIN sub.example.com",
       {"3:9: warning: \"sub.example.com\" has no final dot and means sub.example.com.example.com. | write "
        "sub.example.com. with a final dot, or only what stands before the origin"}},
      {"www.example.org. A 192.0.2.1",
       {"3:1: warning: www.example.org. is outside of the zone example.com. and is left out | a zone holds "
        "its own name and "
        "the names below it (RFC 1034 4.2)"}},
      {"gr\xc3\xbcn A 192.0.2.1",
       {"3:1: warning: \"gr\xc3\xbcn\" has octets outside of ASCII, which resolvers never ask for | write an "
        "internationalized name as A-labels (xn--...)"}},
      {"$GENERATE 1-3 h$ A",
       {"3:19: error: $GENERATE takes a range, an owner, a type and RDATA | as in $GENERATE 1-254 host$ A "
        "192.0.2.$"}},
      {"$GENERATE 1-3 h$ 60 A",
       {"3:22: error: $GENERATE takes RDATA behind the type | as in $GENERATE 1-254 host$ A 192.0.2.$"}},
      {"$GENERATE 3-1 h$ A 192.0.2.$",
       {"3:11: error: \"3-1\" is not a range: the first number is larger than the last | as in 1-254 or "
        "0-30/2: first-last "
        "or first-last/step"}},
      {"$GENERATE 1-3 h${0,1,z} A 192.0.2.$",
       {"3:1: error: for 1: \"${0,1,z}\": unknown base | as in ${offset,width,base}: ${0,3,d} gives 007; "
        "bases are d, o, x, "
        "X, n and N"}},
      {"$GENERATE 1-3 h$ A 192.0.2.${-2}", {"3:1: error: for 1: the offset -2 makes 1 negative"}},
      {"$GENERATE 1-3 h$ FOOBAR 192.0.2.$", {"3:18: error: unknown type \"FOOBAR\"" + generic_hint}},
      {"$GENERATE 1-3 h$.org. A 192.0.2.$",
       {"3:1: warning: for 1: h1.org. is outside of the zone example.com. and is left out | a zone holds its "
        "own name and "
        "the names below it (RFC 1034 4.2)"}},
  };
  for (const Bad& bad : table) EXPECT_EQ(findings_of(bad.text), bad.findings) << bad.text;
}

TEST(Parser, RdataErrorsPointAtTheWord) {
  const Parsed parsed = parse(kSoa + "www A 300.0.2.1\nw2 MX ten mail\nw3 A\nw4 A 192.0.2.1 192.0.2.2\n");
  Strings places;
  for (const base::Diagnostic& diagnostic : parsed.diagnostics) {
    EXPECT_EQ(diagnostic.severity, base::Severity::kError);
    EXPECT_FALSE(diagnostic.message.empty());
    places.push_back(std::to_string(diagnostic.position.line) + ':' +
                     std::to_string(diagnostic.position.column));
  }
  EXPECT_EQ(places, (Strings{"3:7", "4:7", "5:5", "6:16"}));
  EXPECT_EQ(parsed.records.size(), 1u);
}

TEST(Parser, AQuoteInsideAWordBeginsAnotherString) {
  EXPECT_EQ(parse(kSoa + "w TXT a=\"b c\"d x \"y\" e=\"\"\nw TXT a\"b\"").records,
            (Strings{kSoaRecord, "w.example.com. 60 IN TXT \"a=\" \"b c\" \"d\" \"x\" \"y\" \"e=\" \"\"",
                     "w.example.com. 60 IN TXT \"a\" \"b\""}));
}

TEST(Parser, AGeneratedErrorIsReportedOnce) {
  const Strings findings = findings_of("$GENERATE 250-300 h$ A 192.0.2.$\n");
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_TRUE(findings[0].starts_with("3:1: error: for 256: ")) << findings[0];
}

TEST(Parser, RecordsOfABadOwnerAreNotGivenToTheOneBefore) {
  const Parsed parsed =
      parse(kSoa + "good A 192.0.2.1\nbad..name A 192.0.2.2\n A 192.0.2.3\nw A 192.0.2.4\n");
  EXPECT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(parsed.records,
            (Strings{kSoaRecord, "good.example.com. 60 IN A 192.0.2.1", "w.example.com. 60 IN A 192.0.2.4"}));
}

TEST(Parser, TheFirstRecordNeedsAnOwner) {
  const Parsed parsed = parse(" 60 SOA ns h 1 2 3 4 5\n TXT a\n");
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(base::summary(parsed.diagnostics[0]), "dir/zone:1:2: error: the first record has no owner name");
}

TEST(Parser, WarnsWhenTheSoaIsNotFirst) {
  const Parsed parsed = parse("$TTL 60\n@ NS ns\n@ SOA ns h 1 2 3 4 5\n");
  ASSERT_EQ(parsed.diagnostics.size(), 1u);
  EXPECT_EQ(base::summary(parsed.diagnostics[0]), "dir/zone:2:1: warning: the first record is not the SOA");
}

TEST(Parser, OtherEncodingsAreNamed) {
  const Parsed mark = parse("\xef\xbb\xbf$TTL 60\n@ SOA ns h 1 2 3 4 5\n");
  ASSERT_EQ(mark.diagnostics.size(), 1u);
  EXPECT_EQ(mark.diagnostics[0].severity, base::Severity::kWarning);
  EXPECT_EQ(mark.records.size(), 1u);
  const Parsed wide = parse(std::string("\xff\xfe@\0 \0", 6));
  ASSERT_EQ(wide.diagnostics.size(), 1u);
  EXPECT_EQ(base::summary(wide.diagnostics[0]), "dir/zone:1:1: error: this text is UTF-16");
}

TEST(Parser, JunkEndsInABoundedNumberOfFindings) {
  std::string junk;
  for (int i = 0; i < 20000; ++i) junk += static_cast<char>(i * 7919 % 256);
  const Parsed parsed = parse(junk);
  EXPECT_TRUE(base::has_errors(parsed.diagnostics));
  EXPECT_LE(parsed.diagnostics.size(), 101u);
}

}  // namespace
}  // namespace atlas::zone::text
