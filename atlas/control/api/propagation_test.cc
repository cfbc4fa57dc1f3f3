#include "atlas/control/api/propagation.h"

#include <gmock/gmock.h>

#include <boost/json.hpp>

#include "atlas/control/store/sqlite_store.h"
#include "atlas/control/store/test_store.h"
#include "atlas/zone/load.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

// A zone with a secondary that does not answer and one that nobody knows, and a change of it.
class PropagationRouteTest : public testing::Test {
 protected:
  void SetUp() override {
    auto opened = store::open_sqlite_store(folder_.path());
    ASSERT_TRUE(opened) << opened.error().message;
    store_ = std::move(*opened);
    changes_ = std::make_unique<changes::Changes>(*store_, folder_.path() / "zones", zones_, events_);
    const auto apex = dns::parse_name("example.net.").value();
    changes::NewZone zone;
    zone.apex = apex;
    zone.content =
        zone::load_zone_text("@ 60 SOA ns admin 10 3600 600 86400 60\n@ 60 NS ns.example.\n", apex).zone;
    zone.settings.secondaries = {"192.0.2.2", "192.0.2.3"};
    ASSERT_TRUE(changes_->create(zone));
    const auto made = changes_->edit(
        {.zone = apex,
         .rrsets = {{.owner = apex, .type = dns::RRType::TXT, .ttl = 60, .rdatas = {{1, 'x'}}}},
         .origin = {}});
    ASSERT_TRUE(made);
    ASSERT_TRUE(changes_->commit());
    change_ = std::to_string(static_cast<int64_t>(made->change));
    propagation_ = std::make_unique<propagation::Propagation>(
        *changes_,
        [this](std::string_view reference) -> base::Result<remotes::RemotePtr> {
          if (reference != "192.0.2.2") return base::fail("there is no remote " + std::string(reference));
          return remote_;
        },
        [](const remotes::Errand&) { return true; });
    add_propagation_route(router_, *propagation_, [this](uint64_t request, const http::Response& response) {
      answered_ = request;
      answer_ = response;
    });
  }

  static remotes::RemotePtr make_remote() {
    auto remote = std::make_shared<remotes::Remote>();
    remote->name = "192.0.2.2";
    remote->endpoints = {*net::Endpoint::parse("192.0.2.2:53", 53)};
    return remote;
  }
  http::Response get(const std::string& change, const std::string& wait) {
    http::Request request;
    request.method = "GET";
    request.path = "/v1/changes/" + change + "/propagation";
    request.id = 7;
    if (!wait.empty()) request.query["wait"] = wait;
    return router_.handle(request);
  }

  store::testing::TestFolder folder_;
  handoff::EventQueue events_;
  zones::ZoneSet zones_{events_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<changes::Changes> changes_;
  const remotes::RemotePtr remote_ = make_remote();
  std::unique_ptr<propagation::Propagation> propagation_;
  http::Router router_;
  std::string change_;
  uint64_t answered_ = 0;
  http::Response answer_;
};

TEST_F(PropagationRouteTest, TheAnswerComesLater) {
  EXPECT_EQ(get(change_, "1s").status, http::later().status);
  const auto now = base::monotonic_now();
  propagation_->turn(now);
  EXPECT_EQ(answered_, 0u);
  propagation_->turn(now + std::chrono::minutes(1));
  EXPECT_EQ(answered_, 7u);
  EXPECT_EQ(answer_.status, 200);
  const json::value value = json::parse(answer_.body);
  const json::object& report = value.as_object();
  EXPECT_EQ(report.at("change").to_number<int64_t>(), std::stoll(change_));
  EXPECT_EQ(report.at("zone").as_string(), "example.net.");
  EXPECT_EQ(report.at("serial").to_number<uint32_t>(), 11u);
  EXPECT_TRUE(report.at("served_here").as_bool());
  EXPECT_FALSE(report.at("in_sync").as_bool());
  const json::array& secondaries = report.at("secondaries").as_array();
  ASSERT_EQ(secondaries.size(), 2u);
  EXPECT_EQ(secondaries[0].at("name").as_string(), "192.0.2.2");
  EXPECT_EQ(secondaries[0].at("address").as_string(), "192.0.2.2:53");
  EXPECT_FALSE(secondaries[0].at("serves").as_bool());
  EXPECT_FALSE(secondaries[0].as_object().contains("serial"));
  EXPECT_FALSE(secondaries[1].as_object().contains("address"));
  EXPECT_THAT(std::string(secondaries[1].at("error").as_string()), HasSubstr("no remote 192.0.2.3"));
}

TEST_F(PropagationRouteTest, WrongQuestionsAreRefusedAtOnce) {
  EXPECT_EQ(get("99", "1s").status, 404);
  EXPECT_EQ(get("first", "1s").status, 400);
  EXPECT_EQ(get(change_, "soon").status, 400);
  EXPECT_EQ(get(change_, "2h").status, 400);
  propagation_->turn(base::monotonic_now());
  EXPECT_EQ(answered_, 0u);
}

}  // namespace
}  // namespace atlas::control::api
