#include "atlas/control/cookie_secret.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "atlas/base/file.h"

namespace atlas::control {
namespace {

constexpr const char kOne[] = "000102030405060708090a0b0c0d0e0f";
constexpr const char kTwo[] = "101112131415161718191a1b1c1d1e1f";

class CookieSecretTest : public ::testing::Test {
 protected:
  CookieSecretTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-cookie-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~CookieSecretTest() override { std::filesystem::remove_all(folder_); }

  auto load() { return load_cookie_secrets(settings_, folder_ / "state", events_); }
  auto load_file(const std::string& content) {
    settings_.secret_file = folder_ / "secret";
    EXPECT_TRUE(base::replace_file(settings_.secret_file, content));
    return load();
  }

  std::filesystem::path folder_;
  config::CookieSettings settings_;
  handoff::EventQueue events_;
};

TEST_F(CookieSecretTest, IsMadeOnceAndKeptForItsOwnerAlone) {
  const auto first = load();
  ASSERT_TRUE(first);
  EXPECT_EQ(load()->current, first->current);
  struct stat status{};
  ASSERT_EQ(::stat((folder_ / "state/cookie-secret").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(CookieSecretTest, AnOldOneIsReplacedAndStillAccepted) {
  const auto first = load();
  const timeval long_ago[2] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
  ASSERT_EQ(::utimes((folder_ / "state/cookie-secret").c_str(), long_ago), 0);
  const auto second = load();
  EXPECT_NE(second->current, first->current);
  EXPECT_EQ(second->previous, first->current);
  EXPECT_EQ(load()->previous, first->current) << "kept in the file too";
}

TEST_F(CookieSecretTest, AFileGivesOneOrTwo) {
  EXPECT_EQ(load_file(std::string(kOne) + '\n')->current[15], 0x0f);
  const auto two = load_file(std::string(kOne) + '\n' + kTwo + '\n');
  EXPECT_EQ((*two->previous)[0], 0x10);
}

TEST_F(CookieSecretTest, AFileThatHoldsSomethingElseIsRefusedWithoutShowingIt) {
  const std::string one(kOne);
  for (const std::string& bad : {std::string(), one.substr(1), one + "0", "x" + one.substr(1), one + "\n\n",
                                 one + '\n' + one + '\n' + one + '\n'}) {
    const auto refused = load_file(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_NE(refused.error().message.find("secret"), std::string::npos);
    EXPECT_EQ(refused.error().message.find("0405"), std::string::npos);
  }
}

TEST_F(CookieSecretTest, IsNotMadeWhereCookiesAreOff) {
  settings_.enabled = false;
  EXPECT_FALSE(load()->enabled);
  EXPECT_FALSE(std::filesystem::exists(folder_ / "state"));
}

}  // namespace
}  // namespace atlas::control
