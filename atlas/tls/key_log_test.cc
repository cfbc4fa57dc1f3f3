#include "atlas/tls/key_log.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "atlas/base/file.h"
#include "atlas/tls/test_connection.h"

namespace atlas::tls {
namespace {

class KeyLogTest : public ConnectionTest, public ::testing::WithParamInterface<ProtocolVersion> {
 protected:
  KeyLogTest() {
    client_policy_.tls.version_max = GetParam();
    server_policy_.tls.key_log_file = folder_ / "server";
    client_policy_.tls.key_log_file = folder_ / "client";
  }

  std::vector<std::string> lines_of(std::string_view file) const {
    std::vector<std::string> lines;
    std::string text = base::read_file(folder_ / file, 1 << 20).value();
    for (size_t at = 0; at < text.size();) {
      const size_t end = text.find('\n', at);
      EXPECT_NE(end, std::string::npos) << "a line that is not whole";
      lines.push_back(text.substr(at, end - at));
      at = end + 1;
    }
    std::ranges::sort(lines);
    return lines;
  }
};

INSTANTIATE_TEST_SUITE_P(Versions, KeyLogTest,
                         ::testing::Values(ProtocolVersion::kTls12, ProtocolVersion::kTls13),
                         [](const auto& version) {
                           return version.param == ProtocolVersion::kTls12 ? "Tls12" : "Tls13";
                         });

// Label, the client's random, the secret: what the two sides know must be the same.
TEST_P(KeyLogTest, BothSidesLogTheSameSecrets) {
  ASSERT_TRUE(connection().shake_hands());
  const auto lines = lines_of("server");
  EXPECT_EQ(lines, lines_of("client"));
  ASSERT_FALSE(lines.empty());
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string label, random, secret, more;
    words >> label >> random >> secret >> more;
    EXPECT_EQ(line, label + ' ' + random + ' ' + secret);
    EXPECT_EQ(random.size(), 64u) << line;
    EXPECT_GE(secret.size(), 64u) << line;
    EXPECT_EQ((random + secret).find_first_not_of("0123456789abcdef"), std::string::npos) << line;
  }
}

TEST_P(KeyLogTest, LinesAreAddedToThoseThatAreThere) {
  ASSERT_TRUE(base::replace_file(folder_ / "server", "# before\n"));
  const auto server = server_context();
  const size_t each = [&] {
    EXPECT_TRUE(TestConnection(server, client_context(), {.name = "dns.test"}).shake_hands());
    return lines_of("server").size() - 1;
  }();
  ASSERT_GT(each, 0u);
  // With other ticket keys too, and by a context that is made of the file anew.
  EXPECT_TRUE(
      TestConnection(server->with_ticket_keys(ticket_keys_.rotated()), client_context(), {.name = "dns.test"})
          .shake_hands());
  EXPECT_TRUE(connection().shake_hands());
  const auto lines = lines_of("server");
  EXPECT_EQ(lines.size(), 1 + 3 * each);
  EXPECT_EQ(std::ranges::count(lines, "# before"), 1);
}

TEST_P(KeyLogTest, AFileThatCannotBeOpenedIsAnError) {
  const auto opened = KeyLog::open(folder_ / "absent/log");
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("absent/log: cannot open the key log"), std::string::npos);
}

}  // namespace
}  // namespace atlas::tls
