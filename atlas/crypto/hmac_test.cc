#include "atlas/crypto/hmac.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "atlas/base/encoding.h"

namespace atlas::crypto {
namespace {

std::string mac(Hash hash, base::Bytes secret, base::Bytes message) {
  const HmacKey key(hash, secret);
  Hmac hmac(key);
  hmac.update(message);
  std::string text;
  base::append_hex(base::Bytes(hmac.finish()).first(hash_octets(hash)), text);
  return text;
}

TEST(Hmac, AgreesWithRfc2202) {
  const std::vector<uint8_t> secret(16, 0x0b), longer(20, 0x0b);
  EXPECT_EQ(mac(Hash::kMd5, secret, base::bytes_of("Hi There")), "9294727A3638BB1C13F48EF8158BFC9D");
  EXPECT_EQ(mac(Hash::kSha1, longer, base::bytes_of("Hi There")), "B617318655057264E28BC0B6FB378C8EF146BE00");
}

TEST(Hmac, AgreesWithRfc4231) {
  const std::vector<uint8_t> secret(20, 0x0b);
  const base::Bytes message = base::bytes_of("Hi There");
  EXPECT_EQ(mac(Hash::kSha224, secret, message), "896FB1128ABBDF196832107CD49DF33F47B4B1169912BA4F53684B22");
  EXPECT_EQ(mac(Hash::kSha256, secret, message),
            "B0344C61D8DB38535CA8AFCEAF0BF12B881DC200C9833DA726E9376C2E32CFF7");
  EXPECT_EQ(
      mac(Hash::kSha384, secret, message),
      "AFD03944D84895626B0825F4AB46907F15F9DADBE4101EC682AA034C7CEBC59CFAEA9EA9076EDE7F4AF152E8B2FA9CB6");
  EXPECT_EQ(
      mac(Hash::kSha512, secret, message),
      "87AA7CDEA5EF619D4FF0B4241A1D6CB02379F4E2CE4EC2787AD0B30545E17CDEDAA833B7D6B8A702038B274EAEA3F4E4BE9D"
      "914EEB61F1702E696C203A126854");
}

// A secret longer than a block is hashed first.
TEST(Hmac, TakesSecretsLongerThanABlock) {
  const std::vector<uint8_t> secret(131, 0xaa);
  const base::Bytes message = base::bytes_of("Test Using Larger Than Block-Size Key - Hash Key First");
  EXPECT_EQ(mac(Hash::kSha256, secret, message),
            "60E431591EE0B67F0D8A26AACBF5B77F8E0BC6213728C5140546040F0EE37F54");
  EXPECT_EQ(
      mac(Hash::kSha512, secret, message),
      "80B24263C7C1A3EBB71493C1DD7BE8B49B46D1F41B4AEEC1121B013783F8F3526B56D037E05F2598BD0FD2215D6A1E5295E6"
      "4F73F63F0AEC8B915A985D786598");
}

TEST(Hmac, GivesTheSameForAMessageInPieces) {
  const HmacKey key(Hash::kSha384, base::bytes_of("secret"));
  const std::string message(1000, 'x');
  Hmac whole(key), pieces(key);
  whole.update(base::bytes_of(message));
  for (size_t at = 0; at < message.size(); at += 7) {
    pieces.update(base::bytes_of(std::string_view(message).substr(at, 7)));
    pieces.update({});
  }
  EXPECT_EQ(whole.finish(), pieces.finish());
}

TEST(Hmac, ComparesWholeMacs) {
  const std::vector<uint8_t> a{1, 2, 3}, b{1, 2, 4};
  EXPECT_TRUE(is_equal_in_constant_time(a, a));
  EXPECT_FALSE(is_equal_in_constant_time(a, b));
  EXPECT_FALSE(is_equal_in_constant_time(a, base::Bytes(a).first(2)));
  EXPECT_TRUE(is_equal_in_constant_time({}, {}));
}

}  // namespace
}  // namespace atlas::crypto
