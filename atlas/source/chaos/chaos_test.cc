#include "atlas/source/chaos/chaos.h"

#include <gtest/gtest.h>

#include "atlas/dns/rdata.h"

namespace atlas::source::chaos {
namespace {

class ChaosTest : public ::testing::Test {
 protected:
  // The text of the one TXT record, or the RCODE.
  std::string ask(const char* name, const Identity& identity, dns::RRType type = dns::RRType::TXT) {
    name_ = dns::parse_name(name).value();
    query_.name = name_.view();
    query_.type = type;
    query_.rr_class = dns::RRClass::CH;
    answer_.clear();
    answer(query_, identity, answer_);
    if (answer_.rcode != dns::Rcode::NOERROR) return dns::to_text(answer_.rcode);
    if (answer_.rrsets().empty()) return "NODATA";
    return dns::rdata_to_text(dns::RRType::TXT, answer_.rrsets()[0].rrset.first());
  }

  dns::Name name_;
  query::Query query_;
  query::Answer answer_;
};

// RFC 4892.
TEST_F(ChaosTest, SaysWhatItIsToldToSay) {
  const Identity identity{"Atlas 1", "ns1"};
  for (const char* name : {"version.bind.", "VERSION.server."}) EXPECT_EQ(ask(name, identity), "\"Atlas 1\"");
  for (const char* name : {"id.server.", "hostname.bind."}) EXPECT_EQ(ask(name, identity), "\"ns1\"");
  EXPECT_EQ(ask("id.server.", identity, dns::RRType::A), "NODATA");
}

TEST_F(ChaosTest, KeepsToItselfWhatIsNotConfigured) {
  EXPECT_EQ(ask("version.bind.", {"", "ns1"}), "REFUSED");
  EXPECT_EQ(ask("authors.bind.", {"Atlas 1", "ns1"}), "REFUSED");
  EXPECT_EQ(ask(".", {"Atlas 1", "ns1"}), "REFUSED");
}

TEST_F(ChaosTest, CutsATextThatDoesNotFit) {
  const std::string longest(300, 'x');
  EXPECT_EQ(ask("id.server.", {"", longest}).size(), 257u);
}

}  // namespace
}  // namespace atlas::source::chaos
