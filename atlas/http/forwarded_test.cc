#include "atlas/http/forwarded.h"

#include <gtest/gtest.h>

namespace atlas::http {
namespace {

std::string text(std::string_view name, std::string_view value) {
  const auto address = forwarded_for(name, value);
  return address ? address->to_text() : "none";
}

TEST(ForwardedFor, TakesTheLastAddressOfAList) {
  for (const auto& [value, expected] : std::initializer_list<std::pair<const char*, const char*>>{
           {"192.0.2.1", "192.0.2.1"},
           {"203.0.113.9, 192.0.2.1", "192.0.2.1"},
           {"203.0.113.9,192.0.2.1\t ", "192.0.2.1"},
           {"192.0.2.1:4711", "192.0.2.1"},
           {"2001:db8::1", "2001:db8::1"},
           {"[2001:db8::1]", "2001:db8::1"},
           {"[2001:db8::1]:4711", "2001:db8::1"},
           {"", "none"},
           {"192.0.2.1,", "none"},
           {"unknown", "none"},
           {"192.0.2.1, unknown", "none"},
           {"[192.0.2.1]", "none"},
           {"[2001:db8::1", "none"},
           {"[2001:db8::1]x", "none"},
           {"192.0.2.1 192.0.2.2", "none"},
       }) {
    EXPECT_EQ(text("X-Forwarded-For", value), expected) << value;
  }
}

TEST(ForwardedFor, TakesTheLastElementOfTheStandardField) {
  for (const auto& [value, expected] : std::initializer_list<std::pair<const char*, const char*>>{
           {"for=192.0.2.1", "192.0.2.1"},
           {"FOR=192.0.2.1;proto=https;by=203.0.113.43", "192.0.2.1"},
           {"proto=https; For=\"192.0.2.1:4711\" ; host=x", "192.0.2.1"},
           {"for=203.0.113.9, for=192.0.2.1", "192.0.2.1"},
           {"for=\"[2001:db8::1]:4711\"", "2001:db8::1"},
           {"host=\"a,for=203.0.113.9\";for=192.0.2.1", "192.0.2.1"},
           {"for=192.0.2.1;host=\"a;for=203.0.113.9\"", "192.0.2.1"},
           {"for=192.0.2.1;host=\"a\\\";for=203.0.113.9\"", "192.0.2.1"},
           {"for=_hidden", "none"},
           {"for=unknown", "none"},
           {"for=192.0.2.1, by=203.0.113.43", "none"},
           {"for=\"192.0.2.1", "none"},
           // What a client has left open swallows what the proxy adds: it must not be found by chance.
           {"for=\"203.0.113.9, for=192.0.2.1", "none"},
           {";;;", "none"},
           {"192.0.2.1", "none"},
       }) {
    EXPECT_EQ(text("Forwarded", value), expected) << value;
  }
}

}  // namespace
}  // namespace atlas::http
