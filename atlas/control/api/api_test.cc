#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "atlas/control/api/api.h"
#include "atlas/control/api/rrset_drafts.h"
#include "atlas/control/api/zone_content.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/load.h"

namespace atlas::control::api {
namespace {

using dns::RRType;

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

const dns::Name kApex = name_of("example.org.");

std::string data(RRType type, std::string_view text) {
  const auto rdata = parse_data(type, text, kApex);
  return rdata ? dns::rdata_to_text(type, *rdata) : "error: " + rdata.error().message;
}

TEST(Api, NamesInDataAreAbsoluteAndAtIsTheZone) {
  EXPECT_EQ(data(RRType::CNAME, "www.example.net"), "www.example.net.");
  EXPECT_EQ(data(RRType::CNAME, "@"), "example.org.");
  EXPECT_EQ(data(RRType::MX, "10 @"), "10 example.org.");
  EXPECT_EQ(data(RRType::TXT, "@"), "\"@\"");
  EXPECT_EQ(data(RRType::TXT, "\"a @ b\""), "\"a @ b\"");
  EXPECT_EQ(data(RRType::NAPTR, "1 2 \"@\" \"\" \"\" @"), "1 2 \"@\" \"\" \"\" example.org.");
  EXPECT_TRUE(data(RRType::A, "192.0.2.300").starts_with("error:"));
}

TEST(Api, AContactIsAMailAddressOrAName) {
  EXPECT_EQ(dns::to_text(contact_name("hostmaster@example.org").value()), "hostmaster.example.org.");
  EXPECT_EQ(dns::to_text(contact_name("a.b@example.org").value()), "a\\.b.example.org.");
  EXPECT_EQ(dns::to_text(contact_name("hostmaster.example.org").value()), "hostmaster.example.org.");
  EXPECT_FALSE(contact_name("@example.org"));
  EXPECT_FALSE(contact_name("anna@"));
}

TEST(Api, APlainZoneIsAZone) {
  const auto text = text_of(
      {name_of("ns1.example.org."), name_of("admin.example.org."), {"192.0.2.1", "2001:db8::1"}}, kApex);
  ASSERT_TRUE(text);
  const zone::LoadResult loaded = zone::load_zone_text(*text, kApex);
  ASSERT_TRUE(loaded.zone) << base::render(loaded.diagnostics);
  EXPECT_TRUE(loaded.diagnostics.empty()) << base::render(loaded.diagnostics);
  EXPECT_EQ(loaded.zone->record_count(), 4u);
  EXPECT_TRUE(text_of({name_of("ns1.example.net."), name_of("admin.example.org."), {}}, kApex));
  EXPECT_FALSE(text_of({name_of("ns1.example.org."), name_of("admin.example.org."), {}}, kApex));
  EXPECT_FALSE(text_of({name_of("ns1.example.net."), name_of("admin.example.org."), {"192.0.2.1"}}, kApex));
  EXPECT_FALSE(text_of({name_of("ns1.example.org."), name_of("admin.example.org."), {"192.0.2"}}, kApex));
}

TEST(Api, WhoAsksIsNamedByTheUser) {
  http::Request request;
  request.actor = "uid=0(root) pid=123";
  EXPECT_EQ(origin_of(request, "why").actor, "user:root");
  EXPECT_EQ(origin_of(request, "why").source, "control socket, process 123");
  EXPECT_EQ(origin_of(request, "why").reason, "why");
  request.actor = "uid=4711 pid=9";
  EXPECT_EQ(origin_of(request, "").actor, "uid:4711");
}

class RRsetDraftsTest : public testing::Test {
 protected:
  RRsetDraftsTest()
      : zone_(zone::load_zone_text(
                  "$TTL 300\n@ SOA ns.test. admin.test. 1 7200 3600 1209600 300\n@ NS ns.test.\n"
                  "www 60 A 192.0.2.1\nwww 60 A 192.0.2.2\nwww TXT x\nmx MX 10 a.test.\n",
                  kApex)
                  .zone),
        drafts_(*zone_) {}

  static std::vector<uint8_t> rdata(RRType type, const std::string& text) {
    return parse_data(type, text, kApex).value();
  }
  // "www.example.org. A 60 192.0.2.1 192.0.2.2" for each.
  std::vector<std::string> edits() const {
    std::vector<std::string> lines;
    for (const zone::RRsetEdit& edit : drafts_.edits()) {
      std::string line =
          dns::to_text(edit.owner.view()) + ' ' + dns::to_text(edit.type) + ' ' + std::to_string(edit.ttl);
      for (const auto& one : edit.rdatas) line += ' ' + dns::rdata_to_text(edit.type, one);
      lines.push_back(line);
    }
    return lines;
  }

  const std::shared_ptr<const zone::Zone> zone_;
  RRsetDrafts drafts_;
  const dns::Name www_ = name_of("WWW.example.org."), new_ = name_of("new.example.org.");
};

TEST_F(RRsetDraftsTest, RecordsComeAndGoBesideOthers) {
  drafts_.add(www_, RRType::A, {}, rdata(RRType::A, "192.0.2.3"));
  drafts_.add(www_, RRType::A, {}, rdata(RRType::A, "192.0.2.1"));
  EXPECT_TRUE(drafts_.remove(www_, RRType::A, rdata(RRType::A, "192.0.2.2")));
  EXPECT_FALSE(drafts_.remove(www_, RRType::A, rdata(RRType::A, "192.0.2.2")));
  EXPECT_EQ(edits(), std::vector<std::string>{"www.example.org. A 60 192.0.2.1 192.0.2.3"});
}

TEST_F(RRsetDraftsTest, NamesInRecordsDifferByCaseAlone) {
  const auto mx = name_of("mx.example.org.");
  drafts_.add(mx, RRType::MX, {}, rdata(RRType::MX, "10 A.test"));
  EXPECT_TRUE(drafts_.remove(mx, RRType::MX, rdata(RRType::MX, "10 A.TEST")));
  EXPECT_EQ(edits(), std::vector<std::string>{"mx.example.org. MX 300"});
}

TEST_F(RRsetDraftsTest, ATtlIsOfTheWholeRRset) {
  drafts_.add(www_, RRType::A, 30, rdata(RRType::A, "192.0.2.3"));
  drafts_.set(new_, RRType::A, {}, {rdata(RRType::A, "192.0.2.4")});
  EXPECT_EQ(edits(), (std::vector<std::string>{"new.example.org. A 3600 192.0.2.4",
                                               "www.example.org. A 30 192.0.2.1 192.0.2.2 192.0.2.3"}));
}

TEST_F(RRsetDraftsTest, WhatIsSetIsAllThereIs) {
  drafts_.set(www_, RRType::A, {}, {rdata(RRType::A, "192.0.2.9"), rdata(RRType::A, "192.0.2.9")});
  drafts_.set(www_, RRType::TXT, {}, {});
  EXPECT_EQ(edits(),
            (std::vector<std::string>{"www.example.org. A 60 192.0.2.9", "www.example.org. TXT 300"}));
}

TEST(Members, SaysWhatIsWrongFirst) {
  const boost::json::object object =
      boost::json::parse(R"({"a": 1, "b": "x", "c": [1], "d": true, "n": "www.example.org", "t": "MX"})")
          .as_object();
  Members good(object);
  EXPECT_EQ(good.number("a", 5), 1u);
  EXPECT_EQ(good.text("b"), "x");
  EXPECT_NE(good.list("c"), nullptr);
  EXPECT_TRUE(good.flag("d"));
  EXPECT_EQ(good.name("n", kApex), name_of("www.example.org."));
  EXPECT_EQ(good.type("t"), RRType::MX);
  EXPECT_EQ(good.text("absent"), std::nullopt);
  EXPECT_EQ(good.error(), std::nullopt);
  Members wrong(object, "outer.");
  wrong.number("b", 5);
  wrong.text("a");
  EXPECT_EQ(wrong.error(), "outer.b is a whole number from 0 to 5");
  Members unknown(object);
  unknown.text("b");
  EXPECT_EQ(unknown.error(), "there is no member a");
  Members missing(object);
  missing.require("e");
  EXPECT_EQ(missing.error(), "e is missing");
}

}  // namespace
}  // namespace atlas::control::api
