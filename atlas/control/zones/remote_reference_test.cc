#include "atlas/control/zones/remote_reference.h"

#include <gtest/gtest.h>

namespace atlas::control::zones {
namespace {

TEST(RemoteReference, IsANameOrAnAddressWithOrWithoutAKey) {
  EXPECT_EQ(parse_remote_reference(" hidden ")->name, "hidden");
  EXPECT_FALSE(parse_remote_reference("hidden")->endpoint);
  EXPECT_EQ(parse_remote_reference("192.0.2.1")->endpoint->to_text(), "192.0.2.1:53");
  const auto reference = parse_remote_reference("[2001:db8::1]:5353 key  XFR.example");
  ASSERT_TRUE(reference);
  EXPECT_EQ(reference->name, "");
  EXPECT_EQ(reference->endpoint->to_text(), "[2001:db8::1]:5353");
  EXPECT_EQ(dns::to_text(*reference->key), "xfr.example.");
}

TEST(RemoteReference, SaysWhatIsWrong) {
  for (const char* text :
       {"", " ", "a/b", "hidden key k.", "192.0.2.1 key", "192.0.2.1 tsig k.", "192.0.2.1 k.",
        "192.0.2.1 key k. more", "192.0.2.1:0", "::", "192.0.2.1 key a..b"}) {
    const auto reference = parse_remote_reference(text);
    EXPECT_FALSE(reference) << text;
  }
}

TEST(RemoteReference, RemotesAreNotCalledLikeAddresses) {
  EXPECT_TRUE(is_remote_name("ns-2.example_org"));
  EXPECT_FALSE(is_remote_name("192.0.2.1"));
  EXPECT_FALSE(is_remote_name(""));
  EXPECT_FALSE(is_remote_name(std::string(kRemoteNameOctetsMax + 1, 'a')));
}

}  // namespace
}  // namespace atlas::control::zones
