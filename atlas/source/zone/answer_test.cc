#include "atlas/source/zone/answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "atlas/source/zone/text_zone.h"

namespace atlas::source::zone {
namespace {

using dns::Rcode;
using dns::RRType;
using query::Section;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class AnswerTest : public ::testing::Test {
 protected:
  enum class Signed { kNo, kNsec, kNsec3, kOptOut };

  void serve(Signed with, const char* text = kRichZone) {
    auto records = records_from_text(apex_, text);
    ASSERT_TRUE(records);
    if (with == Signed::kNsec) sign_with_nsec(apex_, *records);
    if (with == Signed::kNsec3 || with == Signed::kOptOut)
      sign_with_nsec3(apex_, *records, with == Signed::kOptOut);
    zone_ = atlas::zone::Zone::build(apex_, *records);
    query_.dnssec_ok = with != Signed::kNo;
  }

  void ask(const char* name, RRType type) {
    if (zone_ == nullptr) serve(Signed::kNo);
    name_ = dns::parse_name(name, apex_).value();
    query_.name = name_.view();
    query_.type = type;
    answer_and_chase(*zone_, query_, options_, answer_);
  }

  // "owner TYPE rdata" of every record but signatures, the zone's own name left out.
  std::vector<std::string> section(Section wanted) const {
    std::vector<std::string> lines;
    for (const query::AnswerRRset& item : answer_.rrsets()) {
      if (item.section != wanted || item.rrset.type == RRType::RRSIG) continue;
      for (const base::Bytes rdata : item.rrset) {
        lines.push_back(shorten(dns::to_text(item.owner)) + ' ' + dns::to_text(item.rrset.type) + ' ' +
                        shorten(dns::rdata_to_text(item.rrset.type, rdata)));
      }
    }
    return lines;
  }
  std::vector<std::string> answers() const { return section(Section::kAnswer); }
  std::vector<std::string> authorities() const { return section(Section::kAuthority); }
  std::vector<std::string> additionals() const { return section(Section::kAdditional); }
  // Owners of the denials in the authority section.
  std::vector<std::string> denials(RRType type) const {
    std::vector<std::string> owners;
    for (const query::AnswerRRset& item : answer_.rrsets()) {
      if (item.rrset.type == type) owners.push_back(shorten(dns::to_text(item.owner)));
    }
    return owners;
  }
  // Types whose signatures are in a section.
  std::vector<std::string> signatures(Section wanted) const {
    std::vector<std::string> types;
    for (const query::AnswerRRset& item : answer_.rrsets()) {
      if (item.section != wanted || item.rrset.type != RRType::RRSIG) continue;
      types.push_back(dns::to_text(static_cast<RRType>(base::load_u16(item.rrset.first().data()))));
    }
    return types;
  }
  std::string shorten(std::string text) const {
    for (const std::string_view word : {".z.test.", "z.test."}) {
      for (size_t at; (at = text.find(word)) != std::string::npos;) {
        text.replace(at, word.size(), word[0] == '.' ? "" : "@");
      }
    }
    return text;
  }
  // The owner of the NSEC3 of a name.
  std::string hashed(const char* name) const {
    dns::Name lower = dns::parse_name(name, apex_).value();
    lower.make_lower();
    const uint8_t salt[] = {0xab};
    std::string label;
    base::append_base32hex(crypto::nsec3_hash(lower.wire(), 1, salt), label);
    return label;
  }
  bool covered(const char* name) const {
    const std::string hash = hashed(name);
    for (const query::AnswerRRset& item : answer_.rrsets()) {
      if (item.rrset.type != RRType::NSEC3) continue;
      const std::string owner = shorten(dns::to_text(item.owner));
      std::string next;
      // Algorithm, flags, iterations, a salt of one octet, then the next hash behind its length.
      base::append_base32hex(item.rrset.first().subspan(7, 20), next);
      if (owner < next ? owner < hash && hash < next : hash > owner || hash < next) return true;
    }
    return false;
  }

  const dns::Name apex_ = dns::parse_name("z.test.").value();
  std::shared_ptr<const atlas::zone::Zone> zone_;
  dns::Name name_;
  query::Query query_;
  query::Answer answer_;
  Options options_;
};

// RFC 1034 4.3.2 step 3a.
TEST_F(AnswerTest, Rfc1034AnExactMatchIsAnsweredWithAuthority) {
  ask("www", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NOERROR);
  EXPECT_TRUE(answer_.authoritative);
  EXPECT_THAT(answers(), ElementsAre("www A 192.0.2.80"));
  EXPECT_THAT(authorities(), IsEmpty());
}

TEST_F(AnswerTest, Rfc4343CaseDoesNotMatter) {
  ask("wWw", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("wWw A 192.0.2.80")) << "the owner is spelled as the question is";
}

// RFC 2308 2.2 and 5.
TEST_F(AnswerTest, Rfc2308NodataHasTheSoaWithItsMinimum) {
  ask("www", RRType::MX);
  EXPECT_EQ(answer_.rcode, Rcode::NOERROR);
  EXPECT_THAT(authorities(), ElementsAre("@ SOA ns admin 1 3600 600 86400 60"));
  EXPECT_EQ(answer_.rrsets()[0].rrset.ttl, 60u);
}

// RFC 2308 2.1.
TEST_F(AnswerTest, Rfc2308NxdomainHasTheSoa) {
  ask("nothing", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
  EXPECT_TRUE(answer_.authoritative);
  EXPECT_THAT(authorities(), ElementsAre("@ SOA ns admin 1 3600 600 86400 60"));
}

// RFC 4592 2.2.2, RFC 8020.
TEST_F(AnswerTest, Rfc8020AnEmptyNonTerminalExists) {
  for (const char* name : {"b.c", "c", "_tcp", "y.wild", "wild"}) {
    ask(name, RRType::A);
    EXPECT_EQ(answer_.rcode, Rcode::NOERROR) << name;
    EXPECT_THAT(answers(), IsEmpty()) << name;
  }
}

// RFC 1034 4.3.2 step 3a, RFC 6604 2: the RCODE is that of the last name.
TEST_F(AnswerTest, Rfc1034AnAliasIsFollowed) {
  ask("alias", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("alias CNAME www", "www A 192.0.2.80"));
  ask("alias", RRType::MX);
  EXPECT_THAT(answers(), ElementsAre("alias CNAME www"));
  EXPECT_THAT(authorities(), ElementsAre("@ SOA ns admin 1 3600 600 86400 60"));
  ask("alias", RRType::CNAME);
  EXPECT_THAT(answers(), ElementsAre("alias CNAME www"));
  ask("away", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("away CNAME www.elsewhere."));
}

TEST_F(AnswerTest, Rfc1034ALoopOfAliasesEnds) {
  ask("loop", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NOERROR);
  EXPECT_THAT(answers(), ElementsAre("loop CNAME pool", "pool CNAME loop"));
}

// RFC 4034 4.1.1: NSEC stands beside CNAME.
TEST_F(AnswerTest, Rfc4034NsecIsAskedForBesideAnAlias) {
  ask("alias", RRType::NSEC);
  EXPECT_THAT(answers(), IsEmpty());
  serve(Signed::kNsec);
  ask("alias", RRType::NSEC);
  EXPECT_THAT(answers(), ElementsAre("alias NSEC *.aliases CNAME RRSIG NSEC"));
}

// RFC 4592 2.1.1, 4.
TEST_F(AnswerTest, Rfc4592AWildcardMakesNames) {
  ask("any.wild", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("any.wild A 192.0.2.4"));
  ask("many.labels.wild", RRType::TXT);
  EXPECT_THAT(answers(), ElementsAre("many.labels.wild TXT \"wild\""));
  ask("any.wild", RRType::MX);
  EXPECT_EQ(answer_.rcode, Rcode::NOERROR);
  EXPECT_THAT(answers(), IsEmpty());
  ask("any.aliases", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("any.aliases CNAME www", "www A 192.0.2.80"));
}

// RFC 4592 2.2.1, 3.3.1: the closest encloser decides, and an existing name has no use for the wildcard.
TEST_F(AnswerTest, Rfc4592AWildcardStopsWhereNamesExist) {
  ask("z.y.wild", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
  ask("y.wild", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NOERROR);
  EXPECT_THAT(answers(), IsEmpty());
  ask("*.wild", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("*.wild A 192.0.2.4"));
  ask("x.*.wild", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
}

// RFC 6672 3.2.
TEST_F(AnswerTest, Rfc6672ADnameRedirectsWhatLiesBelowIt) {
  ask("www.old", RRType::A);
  EXPECT_THAT(answers(), ElementsAre("old DNAME new", "www.old CNAME www.new", "www.new A 192.0.2.7"));
  EXPECT_EQ(answer_.rrsets()[1].rrset.ttl, 300u) << "as the DNAME's";
  ask("old", RRType::DNAME);
  EXPECT_THAT(answers(), ElementsAre("old DNAME new"));
  ask("old", RRType::A);
  EXPECT_THAT(answers(), IsEmpty());
  ask("none.old", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
}

// RFC 6672 2.2: YXDOMAIN where the new name does not fit.
TEST_F(AnswerTest, Rfc6672ATargetThatIsTooLongIsYxdomain) {
  const std::string name =
      std::string(63, 'x') + '.' + std::string(63, 'y') + '.' + std::string(10, 'z') + ".wide";
  ask(name.c_str(), RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::YXDOMAIN);
  EXPECT_EQ(answers().size(), 1u);
}

// RFC 1034 4.3.2 step 3b; RFC 9471 3.
TEST_F(AnswerTest, Rfc9471AReferralCarriesItsGlue) {
  for (const char* name : {"sub", "www.sub", "below.sub"}) {
    ask(name, RRType::A);
    EXPECT_FALSE(answer_.authoritative) << name;
    EXPECT_EQ(answer_.rcode, Rcode::NOERROR);
    EXPECT_THAT(answers(), IsEmpty()) << name;
    EXPECT_THAT(authorities(), UnorderedElementsAre("sub NS ns.sub", "sub NS ns.other", "sub NS ns"));
    EXPECT_THAT(additionals(), UnorderedElementsAre("ns.sub A 192.0.2.53", "ns.other A 192.0.2.55",
                                                    "ns A 192.0.2.1", "ns AAAA 2001:db8::1"));
    for (const query::AnswerRRset& item : answer_.rrsets()) {
      if (item.section != Section::kAdditional) continue;
      EXPECT_EQ(item.required, shorten(dns::to_text(item.owner)) == "ns.sub")
          << "only in-domain glue sets TC";
    }
  }
}

// RFC 4035 3.1.4.1.
TEST_F(AnswerTest, Rfc4035DsIsAnsweredOnTheParentSide) {
  ask("safe", RRType::DS);
  EXPECT_TRUE(answer_.authoritative);
  EXPECT_THAT(answers(), ElementsAre("safe DS 1 13 200 00"));
  ask("sub", RRType::DS);
  EXPECT_TRUE(answer_.authoritative);
  EXPECT_THAT(authorities(), ElementsAre("@ SOA ns admin 1 3600 600 86400 60"));
  ask("www.sub", RRType::DS);
  EXPECT_FALSE(answer_.authoritative) << "below the cut the child is asked";
}

// RFC 8482 4.1.
TEST_F(AnswerTest, Rfc8482AnyGetsOneRRset) {
  ask("www", RRType::ANY);
  EXPECT_EQ(answers().size(), 1u);
  options_.minimal_any = false;
  ask("www", RRType::ANY);
  EXPECT_THAT(answers(), UnorderedElementsAre("www A 192.0.2.80", "www TXT \"one\""));
  ask("nothing", RRType::ANY);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
}

// RFC 1034 4.3.2 step 6, RFC 9460 4.1.
TEST_F(AnswerTest, AdditionalDataIsThereForThoseWhoNeedIt) {
  ask("svcalias", RRType::HTTPS);
  EXPECT_THAT(additionals(), ElementsAre("svc HTTPS 1 . alpn=h2", "svc A 192.0.2.8"));
  ask("@", RRType::MX);
  EXPECT_THAT(additionals(), IsEmpty());
  options_.minimal_responses = false;
  ask("@", RRType::MX);
  EXPECT_THAT(additionals(), ElementsAre("mail A 192.0.2.25"));
  ask("_s._tcp", RRType::SRV);
  EXPECT_THAT(additionals(), ElementsAre("www A 192.0.2.80"));
  EXPECT_THAT(authorities(), UnorderedElementsAre("@ NS ns", "@ NS ns.elsewhere."));
}

// RFC 4035 3.1: what was not asked for with DO is not sent.
TEST_F(AnswerTest, Rfc4035SignaturesGoToThoseWhoAskForThem) {
  serve(Signed::kNsec);
  ask("www", RRType::A);
  EXPECT_THAT(signatures(Section::kAnswer), ElementsAre("A"));
  query_.dnssec_ok = false;
  ask("www", RRType::A);
  EXPECT_THAT(signatures(Section::kAnswer), IsEmpty());
  ask("nothing", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), IsEmpty());
}

// RFC 4035 3.1.3.1.
TEST_F(AnswerTest, Rfc4035NodataIsProvedByTheNamesOwnNsec) {
  serve(Signed::kNsec);
  ask("www", RRType::MX);
  EXPECT_THAT(denials(RRType::NSEC), ElementsAre("www"));
  EXPECT_THAT(signatures(Section::kAuthority), UnorderedElementsAre("SOA", "NSEC"));
  ask("b.c", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), ElementsAre("away")) << "the one before the empty non-terminal";
}

// RFC 4035 3.1.3.2.
TEST_F(AnswerTest, Rfc4035NxdomainIsProvedForTheNameAndItsWildcard) {
  serve(Signed::kNsec);
  ask("nothing", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), UnorderedElementsAre("www.new", "@"));
  ask("z.y.wild", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), UnorderedElementsAre("x.y.wild", "*.wild"));
}

// RFC 4035 3.1.3.3, 3.1.3.4.
TEST_F(AnswerTest, Rfc4035AWildcardAnswerProvesThatNothingIsCloser) {
  serve(Signed::kNsec);
  ask("any.wild", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), ElementsAre("*.wild"));
  ask("any.wild", RRType::MX);
  EXPECT_THAT(denials(RRType::NSEC), ElementsAre("*.wild")) << "one NSEC proves both";
  ask("zz.wild", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), ElementsAre("x.y.wild"));
}

// RFC 4035 3.1.4.
TEST_F(AnswerTest, Rfc4035AReferralHasDsOrProofThatThereIsNone) {
  serve(Signed::kNsec);
  ask("www.safe", RRType::A);
  EXPECT_THAT(authorities(), ElementsAre("safe NS ns.elsewhere.", "safe DS 1 13 200 00"));
  EXPECT_THAT(signatures(Section::kAuthority), ElementsAre("DS"));
  ask("www.sub", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC), ElementsAre("sub"));
}

// RFC 5155 7.2.2.
TEST_F(AnswerTest, Rfc5155NxdomainHasTheClosestEncloserProof) {
  serve(Signed::kNsec3);
  ask("x.nothing", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
  EXPECT_THAT(denials(RRType::NSEC3), testing::Contains(hashed("@"))) << "the closest encloser";
  EXPECT_TRUE(covered("nothing")) << "the next closer name";
  EXPECT_TRUE(covered("*")) << "the wildcard";
  EXPECT_LE(denials(RRType::NSEC3).size(), 3u);
}

// RFC 5155 7.2.3, empty non-terminals included.
TEST_F(AnswerTest, Rfc5155NodataIsProvedByTheMatchingNsec3) {
  serve(Signed::kNsec3);
  for (const char* name : {"www", "b.c", "@"}) {
    ask(name, RRType::PTR);
    EXPECT_THAT(denials(RRType::NSEC3), ElementsAre(hashed(name))) << name;
  }
}

// RFC 5155 7.2.5, 7.2.6.
TEST_F(AnswerTest, Rfc5155WildcardsAreProved) {
  serve(Signed::kNsec3);
  ask("any.wild", RRType::A);
  EXPECT_EQ(denials(RRType::NSEC3).size(), 1u);
  EXPECT_TRUE(covered("any.wild"));
  ask("any.wild", RRType::MX);
  EXPECT_THAT(denials(RRType::NSEC3), testing::IsSupersetOf({hashed("wild"), hashed("*.wild")}));
  EXPECT_TRUE(covered("any.wild"));
}

// RFC 5155 7.2.7, 7.2.4.
TEST_F(AnswerTest, Rfc5155InsecureDelegationsAreProved) {
  serve(Signed::kNsec3);
  ask("www.sub", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC3), ElementsAre(hashed("sub")));
  serve(Signed::kOptOut);
  ask("www.sub", RRType::A);
  EXPECT_THAT(denials(RRType::NSEC3), testing::Contains(hashed("@")));
  EXPECT_TRUE(covered("sub"));
  ask("sub", RRType::DS);
  EXPECT_TRUE(covered("sub"));
}

// RFC 5155 7.2.8.
TEST_F(AnswerTest, Rfc5155TheOwnerOfAnNsec3DoesNotExist) {
  serve(Signed::kNsec3);
  ask(hashed("www").c_str(), RRType::NSEC3);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
  EXPECT_THAT(answers(), IsEmpty());
}

// RFC 9276 3.2: hashing is not done for an attacker.
TEST_F(AnswerTest, Rfc9276AChainWithTooManyIterationsGivesNoProof) {
  auto records = records_from_text(apex_, std::string(kRichZone) + "@ NSEC3PARAM 1 0 2000 -\n");
  ASSERT_TRUE(records);
  zone_ = atlas::zone::Zone::build(apex_, *records);
  query_.dnssec_ok = true;
  ask("nothing", RRType::A);
  EXPECT_EQ(answer_.rcode, Rcode::NXDOMAIN);
  EXPECT_TRUE(answer_.has_extended_error);
  EXPECT_EQ(answer_.extended_error, dns::ExtendedError::UnsupportedNsec3IterationsValue);
}

// RFC 4035 3.1.1: a chain's every link is signed, a CNAME made of a DNAME is not (RFC 6672 5.3.1).
TEST_F(AnswerTest, Rfc6672TheMadeCnameIsNotSigned) {
  serve(Signed::kNsec);
  ask("www.old", RRType::A);
  EXPECT_THAT(signatures(Section::kAnswer), ElementsAre("DNAME", "A"));
}

}  // namespace
}  // namespace atlas::source::zone
