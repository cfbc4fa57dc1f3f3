#include "atlas/zone/text/scanner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

namespace atlas::zone::text {
namespace {

// Entries as "line:column word|...", a leading blank as "_", quoted words in quotes; errors as "! line:column
// message".
std::string scan(Window text) {
  Scanner scanner(std::move(text));
  std::string out;
  for (;;) {
    switch (scanner.next()) {
      case Scanner::Outcome::kEnd:
        return out;
      case Scanner::Outcome::kError:
        out += "! " + std::to_string(scanner.error().position.line) + ':' +
               std::to_string(scanner.error().position.column) + ' ' + scanner.error().message + '\n';
        break;
      case Scanner::Outcome::kEntry: {
        const auto tokens = scanner.tokens();
        out += std::to_string(tokens[0].position.line) + ':' + std::to_string(tokens[0].position.column) +
               (scanner.begins_blank() ? " _" : " ");
        for (const auto& token : tokens) {
          out += token.quoted ? '"' + std::string(token.text) + '"' : std::string(token.text);
          out += '|';
        }
        out += '\n';
        break;
      }
    }
  }
}

std::string scan(std::string_view text) {
  return scan(Window(text));
}

TEST(Scanner, SplitsLinesIntoWords) {
  EXPECT_EQ(scan("a b\tc\n  d ; comment\n\n;only\n\t\ne"), "1:1 a|b|c|\n2:3 _d|\n6:1 e|\n");
  EXPECT_EQ(scan("a b\r\nc\r\n"), "1:1 a|b|\n2:1 c|\n");
  EXPECT_EQ(scan(""), "");
  EXPECT_EQ(scan("\n\n"), "");
  EXPECT_EQ(scan(" "), "");
  EXPECT_EQ(scan("a\r"), "1:1 a|\n");
}

TEST(Scanner, ParenthesesJoinLines) {
  EXPECT_EQ(scan("a ( b ; (\nc\n) d\ne"), "1:1 a|b|c|d|\n4:1 e|\n");
  EXPECT_EQ(scan("a(b)c"), "1:1 a|b|c|\n");
  EXPECT_EQ(scan("( \n )\na"), "3:1 a|\n") << "nothing inside is nothing";
}

TEST(Scanner, QuotesKeepBlanksAndEscapes) {
  EXPECT_EQ(scan("a \"b c\" \"\" \"d\\\"e\" \"f;g(h\""), "1:1 a|\"b c\"|\"\"|\"d\\\"e\"|\"f;g(h\"|\n");
  EXPECT_EQ(scan("a \"b\"\"c\""), "1:1 a|\"b\"|\"c\"|\n");
  EXPECT_EQ(scan("a alpn=\"h2 h3\" x=\"\"y b"), "1:1 a|alpn=\"h2 h3\"|x=\"\"y|b|\n");
}

TEST(Scanner, EscapesProtectSpecialCharacters) {
  EXPECT_EQ(scan("a\\;b c\\ d e\\(f g\\\"h i\\\\ j"), "1:1 a\\;b|c\\ d|e\\(f|g\\\"h|i\\\\|j|\n");
}

TEST(Scanner, GoesOnBehindAnError) {
  EXPECT_EQ(scan("a )\nb"), "! 1:3 this parenthesis was never opened\n2:1 b|\n");
  EXPECT_EQ(scan("a \"b\nc"), "! 1:3 this quoted string is not closed on its line\n2:1 c|\n");
  EXPECT_EQ(scan("a b\\\nc"), "! 1:4 a backslash at the end of the line\n2:1 c|\n");
  EXPECT_EQ(scan("a\rb\nc"), "! 1:2 a carriage return inside a line\n2:1 c|\n");
  EXPECT_EQ(scan("a \x01z\nc"), "! 1:3 control character 0x01 in the text\n2:1 c|\n");
  EXPECT_EQ(scan(std::string("a \0z\nc", 6)), "! 1:3 control character 0x00 in the text\n2:1 c|\n");
  EXPECT_EQ(scan(std::string("a \"\0\"\nc", 7)), "! 1:4 control character 0x00 in the text\n2:1 c|\n");
  EXPECT_EQ(scan(std::string("a \\\0\nc", 6)), "! 1:3 a backslash at the end of the line\n2:1 c|\n");
}

TEST(Scanner, AnUnclosedParenthesisIsReportedWhereItWasOpenedAndTheLinesBehindItAreRead) {
  EXPECT_EQ(scan("a ( b\nc d\ne"), "! 1:3 this parenthesis is never closed\n2:1 c|d|\n3:1 e|\n");
  EXPECT_EQ(scan("a ( b\nc ( d )\n"), "! 2:3 a parenthesis inside the one opened at 1:3\n");
  EXPECT_EQ(scan("a ("), "! 1:3 this parenthesis is never closed\n");
}

TEST(Scanner, ARecordHasAnEnd) {
  const std::string text = "a ( b\n" + std::string(kEntryOctetsMax + 10, ' ') + "\nc d";
  EXPECT_EQ(scan(text).substr(0, 40), "! 1:3 this parenthesis is never closed\n3");
  std::string words = "a";
  for (size_t i = 0; i < kEntryTokensMax + 10; ++i) words += " b";
  EXPECT_EQ(scan(words + "\nc"), "! 1:1 this record is too long\n2:1 c|\n");
}

// Words are found many octets at a time.
TEST(Scanner, EveryOctetEndsAWordOrDoesNotWhereverItStands) {
  const std::string special = " \t\n\r\"();";  // a backslash goes on
  for (int octet = 0; octet < 256; ++octet) {
    const char c = static_cast<char>(octet);
    const bool is_word = octet > 32 && octet != 127 && special.find(c) == std::string::npos;
    for (size_t size = 1; size < 40; ++size) {
      const std::string word(size, 'x');
      const std::string out = scan(word + c + "y");
      EXPECT_EQ(out == "1:1 " + word + c + "y|\n", is_word) << octet << ' ' << size;
      // Whatever it does, it does it right behind the word.
      if (!is_word && out[0] != '!') {
        EXPECT_TRUE(out.starts_with("1:1 " + word + "|")) << octet << ' ' << size;
      }
    }
  }
}

// However the text is cut into pieces, and whatever is open where one ends.
TEST(Scanner, ReadsATextPieceByPiece) {
  std::string text = "; " + std::string(1'000'000, 'x') + '\n';
  for (int i = 0; i < 3000; ++i) {
    text += "a" + std::to_string(i) + " ( b ; (\n" + std::string(static_cast<size_t>(i % 300), ' ') +
            "\"c d\"\n) e\n\n; f\n";
    if (i % 7 == 0) text += "g \"h\ni )\r\n";
    if (i % 500 == 0) text += "j (" + std::string(300'000, '\n') + ") k\n";
  }
  text += "l ( m\nn";
  const std::string whole = scan(text);
  std::string_view rest = text;
  EXPECT_EQ(scan(Window([&](std::span<char> out) {
              const std::string_view piece = rest.substr(0, out.size());
              std::ranges::copy(piece, out.begin());
              rest.remove_prefix(piece.size());
              return piece.size();
            })),
            whole);
  EXPECT_EQ(std::ranges::count(whole, '!'), 2 * (3000 / 7 + 1) + 1);
  EXPECT_TRUE(whole.ends_with("! 1815866:3 this parenthesis is never closed\n1815867:1 n|\n"));
}

TEST(Scanner, SkipsAByteOrderMark) {
  const std::string text =
      "\xef\xbb\xbf"
      "a b";
  EXPECT_EQ(scan(text), "1:1 a|b|\n");
  EXPECT_TRUE(Scanner(Window(text)).had_byte_order_mark());
}

}  // namespace
}  // namespace atlas::zone::text
