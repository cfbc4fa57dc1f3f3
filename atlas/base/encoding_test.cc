#include "atlas/base/encoding.h"

#include <gtest/gtest.h>

#include <array>

namespace atlas::base {
namespace {

Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
std::string text_of(const std::vector<uint8_t>& octets) {
  return {octets.begin(), octets.end()};
}

struct Vector {
  std::string_view octets, base64, base32hex, hex;
};

// RFC 4648 10.
constexpr Vector kVectors[] = {
    {"", "", "", ""},
    {"f", "Zg==", "CO", "66"},
    {"fo", "Zm8=", "CPNG", "666F"},
    {"foo", "Zm9v", "CPNMU", "666F6F"},
    {"foob", "Zm9vYg==", "CPNMUOG", "666F6F62"},
    {"fooba", "Zm9vYmE=", "CPNMUOJ1", "666F6F6261"},
    {"foobar", "Zm9vYmFy", "CPNMUOJ1E8", "666F6F626172"},
};

TEST(Encoding, WritesTheVectorsOfRfc4648) {
  for (const Vector& vector : kVectors) {
    std::string base64, base32hex, hex;
    append_base64(bytes_of(vector.octets), base64);
    append_base32hex(bytes_of(vector.octets), base32hex);
    append_hex(bytes_of(vector.octets), hex);
    EXPECT_EQ(base64, vector.base64);
    EXPECT_EQ(base32hex, vector.base32hex);
    EXPECT_EQ(hex, vector.hex);
  }
}

TEST(Encoding, ReadsTheVectorsOfRfc4648InTwoPiecesAtEveryPlace) {
  for (const Vector& vector : kVectors) {
    for (size_t cut = 0; cut <= vector.base64.size(); ++cut) {
      Base64Decoder decoder;
      std::vector<uint8_t> out;
      ASSERT_TRUE(decoder.decode(vector.base64.substr(0, cut), out)) << vector.base64 << cut;
      ASSERT_TRUE(decoder.decode(vector.base64.substr(cut), out)) << vector.base64 << cut;
      EXPECT_TRUE(decoder.finish());
      EXPECT_EQ(text_of(out), vector.octets);
    }
    for (size_t cut = 0; cut <= vector.hex.size(); ++cut) {
      HexDecoder decoder;
      std::vector<uint8_t> out;
      ASSERT_TRUE(decoder.decode(vector.hex.substr(0, cut), out));
      EXPECT_EQ(decoder.finish(), cut % 2 == 0);
      ASSERT_TRUE(decoder.decode(vector.hex.substr(cut), out));
      EXPECT_TRUE(decoder.finish());
      EXPECT_EQ(text_of(out), vector.octets);
    }
    std::vector<uint8_t> out;
    EXPECT_TRUE(decode_base32hex(vector.base32hex, out));
    EXPECT_EQ(text_of(out), vector.octets);
  }
}

TEST(Encoding, RefusesMalformedBase64) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zg===", "=",
                           "====", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Zm 9v", "Zm-v", "Zm9v=", "Zg=a"}) {
    Base64Decoder decoder;
    std::vector<uint8_t> out;
    EXPECT_FALSE(decoder.decode(text, out) && decoder.finish()) << text;
  }
}

// RFC 4648 5: the same digits but for two, and here without padding (RFC 8484 6).
TEST(Encoding, Base64Url) {
  for (const Vector& vector : kVectors) {
    std::string text;
    append_base64url(bytes_of(vector.octets), text);
    EXPECT_EQ(text, vector.base64.substr(0, vector.base64.find('=')));
  }
  std::vector<uint8_t> octets;
  for (unsigned i = 0; i < 256; ++i) {
    std::string text;
    append_base64url(octets, text);
    EXPECT_EQ(text.size(), base64url_digits(octets.size()));
    std::vector<uint8_t> out(base64url_octets(text.size()));
    EXPECT_EQ(decode_base64url(text, out), octets.size());
    EXPECT_EQ(out, octets);
    octets.push_back(static_cast<uint8_t>(0xff - i * 7));
  }
}

TEST(Encoding, RefusesMalformedBase64Url) {
  std::array<uint8_t, 16> out;
  for (const char* text :
       {"Z", "Zm9vY", "Zh", "Zm9", "Zm9vZh", "Zg==", "Zm8=", "Zm 9", "Z+9v", "Z/9v", "Zm9%", "\xffm9v"})
    EXPECT_FALSE(decode_base64url(text, out)) << text;
  EXPECT_EQ(decode_base64url("-_8", out), 2u);
  EXPECT_EQ(out[0], 0xfb);
}

TEST(Encoding, RefusesMalformedBase32Hex) {
  for (const char* text : {"C", "CPN", "CP=", "CW", "CP", "CO CO"}) {
    std::vector<uint8_t> out;
    EXPECT_FALSE(decode_base32hex(text, out)) << text;
  }
}

}  // namespace
}  // namespace atlas::base
