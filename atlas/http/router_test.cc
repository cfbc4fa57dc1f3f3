#include "atlas/http/router.h"

#include <gtest/gtest.h>

namespace atlas::http {
namespace {

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    router_.add("GET", "/v1/zones", [](const Request&) { return Response{200, "text/plain", "list", {}}; });
    router_.add("GET", "/v1/zones/{zone}", [](const Request& request) {
      return Response{200, "text/plain", std::string(request.parameter("zone")), {}};
    });
    router_.add("POST", "/v1/zones/{zone}/reload", [](const Request&) { return Response{202, "", "", {}}; });
  }
  Response ask(std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    return router_.handle(request);
  }
  Router router_;
};

TEST_F(RouterTest, FindsFixedPathsAndTemplates) {
  EXPECT_EQ(ask("GET", "/v1/zones").body, "list");
  EXPECT_EQ(ask("HEAD", "/v1/zones").status, 200);
  EXPECT_EQ(ask("GET", "/v1/zones/0%2F25.test").body, "0/25.test")
      << "an escaped slash stays within its segment";
  EXPECT_EQ(ask("POST", "/v1/zones/a/reload").status, 202);
}

TEST_F(RouterTest, SaysWhatIsMissing) {
  for (const char* path : {"/", "/v1", "/v1/zones/", "/v1/zones/a/b", "/v1/zones/%zz", "/v1/zonesx"}) {
    EXPECT_EQ(ask("GET", path).status, 404) << path;
  }
  const Response wrong = ask("DELETE", "/v1/zones/a/reload");
  EXPECT_EQ(wrong.status, 405);
  ASSERT_EQ(wrong.headers.size(), 1u);
  EXPECT_EQ(wrong.headers[0].value, "POST");
}

}  // namespace
}  // namespace atlas::http
