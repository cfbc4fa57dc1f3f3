#include "atlas/control/remotes/remote.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atlas/tls/test_authority.h"

namespace atlas::control::remotes {
namespace {

using ::testing::HasSubstr;

net::Endpoint endpoint(std::string_view text) {
  return *net::Endpoint::parse(text, 53);
}

class RemoteTableTest : public ::testing::Test {
 protected:
  RemoteTableTest() {
    tsig::Key key;
    key.name = *dns::parse_name("xfr.example.");
    key.secret.assign(32, 1);
    keys_ = std::make_shared<tsig::KeyTable>(std::vector{key});
    hidden_.name = "hidden";
    hidden_.addresses = {endpoint("192.0.2.1"), endpoint("[2001:db8::1]:5353")};
    hidden_.key = *dns::parse_name("XFR.example.");
    EXPECT_TRUE(table_.configure({hidden_}, keys_));
  }

  std::string error_of(std::string_view reference) {
    auto found = table_.find(reference);
    return found ? "none" : found.error().message;
  }
  std::string configure_error(const config::RemoteSettings& settings) {
    const auto configured = table_.configure({settings}, keys_);
    return configured ? "none" : configured.error().message;
  }

  RemoteTable table_;
  std::shared_ptr<const tsig::KeyTable> keys_;
  config::RemoteSettings hidden_;
};

TEST_F(RemoteTableTest, FindsThoseOfTheConfiguration) {
  const auto found = table_.find("hidden");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)->name, "hidden");
  EXPECT_EQ((*found)->endpoints, hidden_.addresses);
  ASSERT_NE((*found)->key, nullptr);
  EXPECT_EQ((*found)->key->name, *dns::parse_name("xfr.example."));
  EXPECT_EQ(*table_.find(" hidden "), *found);
  keys_.reset();
  ASSERT_TRUE(table_.configure({}, nullptr));
  EXPECT_EQ((*found)->key->secret.size(), 32U) << "a remote keeps what it needs";
}

TEST_F(RemoteTableTest, FindsAddresses) {
  const struct {
    const char* reference;
    const char* endpoint;
    bool has_key;
  } cases[] = {
      {"192.0.2.9", "192.0.2.9:53", false},
      {"192.0.2.9:5353", "192.0.2.9:5353", false},
      {"2001:db8::9", "[2001:db8::9]:53", false},
      {"[2001:db8::9]", "[2001:db8::9]:53", false},
      {"[2001:db8::9]:5353", "[2001:db8::9]:5353", false},
      {"192.0.2.9 key xfr.example.", "192.0.2.9:53", true},
      {"192.0.2.9:5353  key\tXFR.EXAMPLE", "192.0.2.9:5353", true},
      {"[2001:db8::9]:5353 key xfr.example.", "[2001:db8::9]:5353", true},
  };
  for (const auto& one : cases) {
    const auto found = table_.find(one.reference);
    ASSERT_TRUE(found) << one.reference << ": " << found.error().message;
    ASSERT_EQ((*found)->endpoints.size(), 1U);
    EXPECT_EQ((*found)->endpoints[0].to_text(), one.endpoint);
    EXPECT_EQ((*found)->name, one.endpoint);
    EXPECT_EQ((*found)->key != nullptr, one.has_key) << one.reference;
    EXPECT_EQ((*found)->transport, query::Transport::kTcp);
    EXPECT_EQ(*table_.find(one.reference), *found) << "the same remote each time";
  }
}

TEST_F(RemoteTableTest, SaysWhatIsWrongWithAReference) {
  EXPECT_THAT(error_of("nobody"), HasSubstr("there is no remote \"nobody\""));
  EXPECT_THAT(error_of("  "), HasSubstr("a name or an address"));
  EXPECT_THAT(error_of("192.0.2.9 key other.example."), HasSubstr("there is no key \"other.example.\""));
  EXPECT_THAT(error_of("Hidden"), HasSubstr("no remote"));
}

TEST_F(RemoteTableTest, SaysWhatIsWrongWithTheConfiguration) {
  config::RemoteSettings settings = hidden_;
  settings.addresses.clear();
  EXPECT_EQ(configure_error(settings), "remote \"hidden\": it has no address");
  settings.addresses.assign(kEndpointsMax + 1, endpoint("192.0.2.1"));
  EXPECT_THAT(configure_error(settings), HasSubstr("more than 16 addresses"));
  settings = hidden_;
  settings.addresses[0].port = 0;
  EXPECT_THAT(configure_error(settings), HasSubstr("port 0"));
  settings = hidden_;
  settings.key = *dns::parse_name("other.example.");
  EXPECT_THAT(configure_error(settings), HasSubstr("there is no key \"other.example.\""));
  settings = hidden_;
  settings.sources = {*net::IpAddress::parse("192.0.2.1"), *net::IpAddress::parse("192.0.2.2")};
  EXPECT_THAT(configure_error(settings), HasSubstr("more than one source address"));
  settings = hidden_;
  settings.transport = query::Transport::kHttps;
  EXPECT_THAT(configure_error(settings), HasSubstr("must be tcp, tls or quic"));
  settings = hidden_;
  settings.name.clear();
  EXPECT_THAT(configure_error(settings), HasSubstr("no name"));
  for (const query::Transport transport : {query::Transport::kTls, query::Transport::kQuic}) {
    settings = hidden_;
    settings.transport = transport;
    settings.pins = {"no pin"};
    EXPECT_THAT(configure_error(settings), HasSubstr("pin"));
    settings.pins.clear();
    settings.tls_name = "hidden.example.";
    settings.authorities_file = "/nonexistent/authorities.pem";
    EXPECT_THAT(configure_error(settings), HasSubstr("/nonexistent/authorities.pem"));
  }
  const auto twice = table_.configure({hidden_, hidden_}, keys_);
  ASSERT_FALSE(twice);
  EXPECT_THAT(twice.error().message, HasSubstr("two of this name"));
  EXPECT_TRUE(table_.find("hidden")) << "it stays as it was";
}

TEST_F(RemoteTableTest, WhoAnEncryptedServerMustBe) {
  using tls::ServerVerification;
  const tls::TestFolder folder;
  const tls::TestAuthority authority(folder, "authority");
  config::RemoteSettings settings = hidden_;
  settings.transport = query::Transport::kTls;
  const auto verification = [&] {
    EXPECT_EQ(configure_error(settings), "none");
    const RemotePtr remote = *table_.find("hidden");
    EXPECT_EQ(remote->quic, nullptr);
    EXPECT_EQ(remote->tls->policy().tls.version_min, tls::ProtocolVersion::kTls13);
    EXPECT_EQ(remote->tls->policy().tls.alpn, std::vector<std::string>{"dot"});
    EXPECT_EQ(remote->identity.name, settings.tls_name);
    return remote->tls->policy().verification;
  };
  EXPECT_EQ(verification(), ServerVerification::kNone);
  settings.authorities_file = authority.file();
  EXPECT_EQ(verification(), ServerVerification::kAuthorities);
  settings.tls_name = "hidden.example.";
  EXPECT_EQ(verification(), ServerVerification::kAuthorities);
  settings.pins = {"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="};
  EXPECT_EQ(verification(), ServerVerification::kPins);

  settings.transport = query::Transport::kQuic;
  EXPECT_EQ(configure_error(settings), "none");
  const RemotePtr remote = *table_.find("hidden");
  EXPECT_EQ(remote->tls, nullptr);
  EXPECT_EQ(remote->quic->policy().tls.alpn, std::vector<std::string>{"doq"});
}

}  // namespace
}  // namespace atlas::control::remotes
