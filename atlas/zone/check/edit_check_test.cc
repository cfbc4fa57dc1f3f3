#include "atlas/zone/check/edit_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/zone/check/check.h"

namespace atlas::zone::check {
namespace {

using dns::Name;
using dns::RRType;

Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

struct CanonicalLess {
  bool operator()(const Name& a, const Name& b) const { return dns::compare_canonical(a, b) < 0; }
};
// Owner, type, covered type: RDATAs.
using Model =
    std::map<Name, std::map<std::pair<RRType, RRType>, std::vector<std::vector<uint8_t>>>, CanonicalLess>;

class EditCheckTest : public testing::Test {
 protected:
  EditCheckTest() {
    set(edits_, "z.test.", RRType::SOA, {"ns.z.test. admin.z.test. 1 3600 600 86400 60"});
    set(edits_, "z.test.", RRType::NS, {"ns.z.test."});
    set(edits_, "ns.z.test.", RRType::A, {"192.0.2.1"});
    model_ = after(edits_);
    zone_ = Zone::build(apex_, records_of(model_));
    edits_.clear();
  }

  static void set(std::vector<RRsetEdit>& edits, const std::string& owner, RRType type,
                  const std::vector<std::string>& rdatas, RRType covered = {}) {
    RRsetEdit& edit = edits.emplace_back(name_of(owner), type, covered, 300);
    for (const std::string& text : rdatas) edit.rdatas.push_back(dns::parse_rdata(type, text).value());
  }

  Model after(const std::vector<RRsetEdit>& edits) const {
    Model model = model_;
    for (const RRsetEdit& edit : edits) {
      if (edit.rdatas.empty()) {
        model[edit.owner].erase({edit.type, edit.covered});
      } else {
        model[edit.owner][{edit.type, edit.covered}] = edit.rdatas;
      }
    }
    return model;
  }

  static RecordList records_of(const Model& model) {
    RecordList records;
    for (const auto& [owner, rrsets] : model) {
      for (const auto& [type, rdatas] : rrsets) {
        for (const auto& rdata : rdatas) records.add(owner, type.first, 300, rdata);
      }
    }
    records.sort();
    return records;
  }

  // Messages and hints of the errors of the whole zone.
  std::set<std::pair<std::string, std::string>> errors_of(const Model& model) const {
    DiagnosticLog log(1000);
    check_zone(records_of(model), apex_, base::wall_now(), log);
    std::set<std::pair<std::string, std::string>> errors;
    for (const base::Diagnostic& each : log.finish({})) {
      if (each.severity == base::Severity::kError) errors.emplace(each.message, each.hint);
    }
    return errors;
  }

  std::string refusal() {
    const auto checked = check_edit(*zone_, edits_);
    edits_.clear();
    return checked ? "" : checked.error().message;
  }
  void make() {
    ASSERT_TRUE(check_edit(*zone_, edits_));
    zone_ = edit_zone(*zone_, edits_).value();
    edits_.clear();
  }

  void add_random_edit() {
    static constexpr const char* kLabels[] = {"a", "b", "ns", "*"};
    std::string owner = "z.test.";
    for (size_t i = random_() % 4; i > 0; --i)
      owner = std::string(kLabels[random_() % std::size(kLabels)]) + "." + owner;
    const auto some = [&](size_t most, const std::vector<std::string>& of) {
      std::vector<std::string> rdatas;
      for (size_t i = random_() % (most + 1); i > 0; --i) rdatas.push_back(of[random_() % of.size()]);
      return rdatas;
    };
    const std::vector<std::string> hosts = {"ns.z.test.",   "b.a.z.test.", "ns.a.z.test.",  "x.b.z.test.",
                                            "out.example.", "z.test.",     "a.b.ns.z.test."};
    switch (random_() % 12) {
      case 0:
        set(edits_, owner, RRType::CNAME, some(random_() % 3 == 0 ? 2 : 1, hosts));
        break;
      case 1:
        set(edits_, owner, RRType::DNAME, some(random_() % 4 == 0 ? 2 : 1, hosts));
        break;
      case 2:
        set(edits_, owner == "z.test." ? "a.z.test." : owner, RRType::NS, some(2, hosts));
        break;
      case 3:
        set(edits_, "z.test.", RRType::NS, some(3, hosts));
        break;
      case 4:
        set(edits_, random_() % 8 == 0 ? owner : "z.test.", RRType::SOA,
            some(1, {"ns.z.test. admin.z.test. 2 3600 600 86400 60"}));
        break;
      case 5:
        set(edits_, "2t7b4g4vsa5smi47k61mv5bv1a22bojr.z.test.", RRType::NSEC3,
            some(1, {"1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A RRSIG"}));
        break;
      case 6:
        set(edits_, owner, RRType::RRSIG,
            some(1, {"A 13 2 300 20300101000000 20200101000000 1 z.test. AAAA"}), RRType::A);
        break;
      case 7:
        set(edits_, owner, RRType::TXT, some(1, {"text"}));
        break;
      default:
        set(edits_, owner, random_() % 2 == 0 ? RRType::A : RRType::AAAA, {});
        if (random_() % 2 == 0) {
          edits_.back().rdatas.push_back(edits_.back().type == RRType::A ? std::vector<uint8_t>(4, 1)
                                                                         : std::vector<uint8_t>(16, 1));
        }
    }
  }

  const Name apex_ = name_of("z.test.");
  Model model_;
  std::shared_ptr<const Zone> zone_;
  std::vector<RRsetEdit> edits_;
  std::mt19937_64 random_{3};
};

TEST_F(EditCheckTest, AgreesWithTheCheckOfTheWholeZone) {
  std::map<std::string, size_t> refused;  // by the check's name
  size_t accepted = 0;
  for (int step = 0; step < 3000; ++step) {
    edits_.clear();
    for (size_t i = random_() % 8 == 0 ? random_() % 12 : random_() % 2 + 1; i > 0; --i) add_random_edit();
    const Model edited = after(edits_);
    const auto errors = errors_of(edited);
    const auto checked = check_edit(*zone_, edits_);
    if (checked) {
      ASSERT_TRUE(errors.empty()) << step << ": " << errors.begin()->first;
      const auto next = edit_zone(*zone_, edits_);
      if (!next) {
        // Not even a SOA that is not there may go.
        ASSERT_TRUE(next.error().message.ends_with("a zone has one SOA record, at its apex"));
        continue;
      }
      zone_ = *next;
      model_ = edited;
      ++accepted;
    } else {
      const std::string& message = checked.error().message;
      ASSERT_TRUE(errors.contains({message, checked.error().hint})) << step << ": " << message;
      ++refused[message.substr(message.rfind('['))];
    }
  }
  EXPECT_GT(accepted, 500u);
  for (const CheckName& check : check_names()) {
    if (check.severity != base::Severity::kError || check.id == "soa-several") continue;
    EXPECT_GT(refused["[" + std::string(check.id) + "]"], 2u) << check.id;
  }
}

TEST_F(EditCheckTest, RefusesWhatDoesNotGoTogether) {
  set(edits_, "www.z.test.", RRType::CNAME, {"ns.z.test."});
  make();
  set(edits_, "www.z.test.", RRType::A, {"192.0.2.2"});
  EXPECT_EQ(refusal(), "www.z.test. has a CNAME and other data: A (RFC 1034 3.6.2) [cname-and-other-data]");
  set(edits_, "www.z.test.", RRType::A, {"192.0.2.2"});
  set(edits_, "www.z.test.", RRType::CNAME, {});
  EXPECT_EQ(refusal(), "");
  set(edits_, "z.test.", RRType::SOA, {". . 1 1 1 1 1", ". . 2 1 1 1 1"});
  EXPECT_EQ(refusal(), "a zone has one SOA record, and this is another one (RFC 1035 5.2) [soa-several]");
  set(edits_, "z.test.", RRType::NS, {});
  EXPECT_EQ(refusal(), "the zone z.test. has no NS record at its apex (RFC 1034 4.2.1) [apex-ns-missing]");
  set(edits_, "ns.z.test.", RRType::A, {});
  EXPECT_EQ(refusal(),
            "the name server ns.z.test. has no address in the zone (RFC 1912 2.8) [apex-ns-without-address]");
}

TEST_F(EditCheckTest, AWildcardMayGiveTheServersAddress) {
  set(edits_, "*.z.test.", RRType::A, {"192.0.2.2"});
  make();
  set(edits_, "z.test.", RRType::NS, {"other.z.test."});
  make();
  set(edits_, "below.other.z.test.", RRType::A, {"192.0.2.3"});
  EXPECT_EQ(refusal(),
            "the name server other.z.test. has no address in the zone (RFC 1912 2.8) "
            "[apex-ns-without-address]");
}

TEST_F(EditCheckTest, WhatAZoneCutHidIsLookedAtWhenItGoes) {
  set(edits_, "cut.z.test.", RRType::NS, {"ns.other."});
  set(edits_, "a.cut.z.test.", RRType::DNAME, {"other."});
  set(edits_, "b.a.cut.z.test.", RRType::A, {"192.0.2.2"});
  make();
  set(edits_, "cut.z.test.", RRType::NS, {});
  EXPECT_EQ(refusal(),
            "b.a.cut.z.test. lies below the DNAME of a.cut.z.test. (RFC 6672 2.4) [dname-with-names-below]");
}

}  // namespace
}  // namespace atlas::zone::check
