#include "atlas/control/changes/undo.h"

#include <gtest/gtest.h>

#include <thread>

#include "atlas/control/store/sqlite_store.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/writer.h"

namespace atlas::control::changes {
namespace {

using dns::RRType;
using Kind = Refused::Kind;

constexpr const char* kText =
    "$TTL 300\n@ SOA ns admin 1 7200 3600 1209600 300\n@ NS ns\nns A 192.0.2.53\n"
    "www A 192.0.2.1\nwww A 192.0.2.2\nmail A 192.0.2.25\n";

dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

class UndoTest : public testing::Test {
 protected:
  UndoTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-undo-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = store::open_sqlite_store(folder_).value();
    changes_ = std::make_unique<Changes>(*store_, folder_ / "zones", zones_, events_);
    make(apex_);
  }
  ~UndoTest() override {
    changes_.reset();
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void make(const dns::Name& apex) {
    const zone::LoadResult loaded = zone::load_zone_text(kText, apex);
    ASSERT_TRUE(loaded.zone) << base::render(loaded.diagnostics);
    const auto made =
        changes_->create({.apex = apex, .content = loaded.zone, .settings = {}, .origin = origin_});
    ASSERT_TRUE(made) << made.error().message;
    ASSERT_TRUE(changes_->commit());
  }

  static zone::RRsetEdit rrset(const std::string& owner, RRType type, std::vector<std::string> data,
                               uint32_t ttl = 300) {
    zone::RRsetEdit edit{name_of(owner), type, {}, ttl, {}};
    for (const std::string& one : data) edit.rdatas.push_back(dns::parse_rdata(type, one).value());
    return edit;
  }
  store::ChangeId commit(const ZoneEdit& edit) {
    const auto made = changes_->edit(edit);
    EXPECT_TRUE(made) << made.error().message;
    if (!made) return {};
    const auto committed = changes_->commit();
    EXPECT_TRUE(committed) << committed.error().message;
    return made->change;
  }
  store::ChangeId change(std::vector<zone::RRsetEdit> rrsets) {
    return commit({.zone = apex_, .rrsets = std::move(rrsets), .origin = origin_});
  }
  store::ChangeId undo(store::ChangeId id, Later later = Later::kRefuse) {
    const auto edit = undo_change(*changes_, id, undoer_, later);
    EXPECT_TRUE(edit) << edit.error().message;
    return edit ? commit(*edit) : store::ChangeId{};
  }

  // Every record but the serial, one a line.
  std::string text() const {
    std::string out;
    const auto version = changes_->newest(apex_);
    version->for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
      for (const base::Bytes rdata : rrset) {
        std::vector<uint8_t> copy(rdata.begin(), rdata.end());
        if (rrset.type == RRType::SOA) std::fill_n(copy.end() - 20, 4, uint8_t{0});
        zone::text::append_record_text(owner, rrset.ttl, rrset.type, copy, out);
        out += '\n';
      }
    });
    return out;
  }

  const dns::Name apex_ = name_of("example.org.");
  const store::Origin origin_{.actor = "user:anna", .source = "test", .reason = {}};
  const store::Origin undoer_{.actor = "user:bert", .source = "test", .reason = "wrong"};
  std::filesystem::path folder_;
  handoff::EventQueue events_;
  zones::ZoneSet zones_{events_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Changes> changes_;
};

TEST_F(UndoTest, OfAChangeRestoresRecordsTtlsAndTheSoaButForItsSerial) {
  const std::string before = text();
  const auto id =
      change({rrset("www.example.org.", RRType::A, {"192.0.2.9"}, 60),
              rrset("new.example.org.", RRType::TXT, {"\"x\""}), rrset("mail.example.org.", RRType::A, {}),
              rrset("example.org.", RRType::SOA, {"ns.example.org. anna.example.org. 2 1 1 1 1"})});
  EXPECT_NE(text(), before);
  const auto undone = undo(id);
  EXPECT_EQ(text(), before);
  EXPECT_EQ(changes_->newest(apex_)->serial(), 3u);
  const auto row = store_->change(undone).value().value();
  EXPECT_EQ(row.undoes, id);
  EXPECT_EQ(row.origin.actor, "user:bert");
}

TEST_F(UndoTest, OfAnUndoIsTheChangeAgain) {
  const auto id = change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  const std::string changed = text();
  undo(undo(id));
  EXPECT_EQ(text(), changed);
}

TEST_F(UndoTest, OfAChangeLeavesLaterOnesOfOtherRecords) {
  const auto id = change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  change({rrset("mail.example.org.", RRType::A, {"192.0.2.26"})});
  undo(id);
  EXPECT_NE(text().find("www.example.org.\t300\tIN\tA\t192.0.2.2\n"), std::string::npos) << text();
  EXPECT_NE(text().find("mail.example.org.\t300\tIN\tA\t192.0.2.26\n"), std::string::npos) << text();
}

TEST_F(UndoTest, NamesWhatLaterChangesHaveTouchedAndTheFirstOfThem) {
  const auto id = change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  const auto other = change({rrset("mail.example.org.", RRType::A, {"192.0.2.26"})});
  const auto later = change({rrset("www.example.org.", RRType::A, {"192.0.2.10"})});
  const auto refused = undo_change(*changes_, id, undoer_, Later::kRefuse);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::kConflict);
  EXPECT_EQ(refused.error().message, "change " + std::to_string(static_cast<int64_t>(id)) +
                                         " cannot be taken back: www.example.org. A has been changed since");
  EXPECT_NE(refused.error().hint.find("change " + std::to_string(static_cast<int64_t>(later))),
            std::string::npos)
      << refused.error().hint;
  // In the order in which they were made last, each can be.
  undo(later);
  undo(other);
  undo(id);
  EXPECT_NE(text().find("www.example.org.\t300\tIN\tA\t192.0.2.1\n"), std::string::npos) << text();
}

TEST_F(UndoTest, OverwritingTakesBackWhatIsLeft) {
  const auto id = change(
      {rrset("www.example.org.", RRType::A, {"192.0.2.9"}), rrset("mail.example.org.", RRType::A, {})});
  change({rrset("www.example.org.", RRType::A, {"192.0.2.10"})});
  undo(id, Later::kOverwrite);
  EXPECT_NE(text().find("mail.example.org.\t300\tIN\tA\t192.0.2.25\n"), std::string::npos) << text();
  EXPECT_NE(text().find("www.example.org.\t300\tIN\tA\t192.0.2.1\n"), std::string::npos) << text();
  EXPECT_EQ(text().find("192.0.2.9\n"), std::string::npos) << text();
}

TEST_F(UndoTest, ASoaThatWasChangedAgainIsAConflict) {
  const auto id =
      change({rrset("example.org.", RRType::SOA, {"ns.example.org. anna.example.org. 2 1 1 1 1"})});
  change({rrset("example.org.", RRType::SOA, {"ns.example.org. bert.example.org. 3 1 1 1 1"})});
  const auto refused = undo_change(*changes_, id, undoer_, Later::kRefuse);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("example.org. SOA has been changed since"), std::string::npos)
      << refused.error().message;
}

TEST_F(UndoTest, OfAnRRsetIsOfItsLastChangeAlone) {
  change({rrset("www.example.org.", RRType::A, {"192.0.2.9"}),
          rrset("new.example.org.", RRType::A, {"192.0.2.8"})});
  const auto last = change({rrset("www.example.org.", RRType::A, {"192.0.2.10"}),
                            rrset("mail.example.org.", RRType::A, {"192.0.2.26"})});
  change({rrset("new.example.org.", RRType::A, {"192.0.2.7"})});
  const auto edit = undo_rrset(*changes_, apex_, name_of("WWW.example.org."), RRType::A, undoer_);
  ASSERT_TRUE(edit) << edit.error().message;
  EXPECT_EQ(edit->undoes, last);
  commit(*edit);
  EXPECT_NE(text().find("www.example.org.\t300\tIN\tA\t192.0.2.9\n"), std::string::npos) << text();
  EXPECT_NE(text().find("mail.example.org.\t300\tIN\tA\t192.0.2.26\n"), std::string::npos) << text();
  EXPECT_NE(text().find("new.example.org.\t300\tIN\tA\t192.0.2.7\n"), std::string::npos) << text();
  const auto never = undo_rrset(*changes_, apex_, name_of("ns.example.org."), RRType::A, undoer_);
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().kind, Kind::kUnknown);
}

TEST_F(UndoTest, OfTheSoaPassesOverChangesOfItsSerial) {
  const std::string before = text();
  change({rrset("example.org.", RRType::SOA, {"ns.example.org. anna.example.org. 2 1 1 1 1"})});
  change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  const auto edit = undo_rrset(*changes_, apex_, apex_, RRType::SOA, undoer_);
  ASSERT_TRUE(edit) << edit.error().message;
  commit(*edit);
  EXPECT_EQ(text().substr(0, text().find('\n')), before.substr(0, before.find('\n')));
}

TEST_F(UndoTest, SinceATimeIsOfEverythingBehindIt) {
  change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  const std::string before = text();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  const auto since = base::wall_now();
  std::vector<store::ChangeId> ids;
  for (int i = 0; i < 7; ++i) {
    ids.push_back(change({rrset("www.example.org.", RRType::A, {"192.0.2." + std::to_string(100 + i)}),
                          rrset("n" + std::to_string(i) + ".example.org.", RRType::A, {"192.0.2.1"}),
                          rrset("mail.example.org.", RRType::A, {})}));
  }
  const auto edit = undo_since(*changes_, apex_, since, undoer_);
  ASSERT_TRUE(edit) << edit.error().message;
  EXPECT_EQ(edit->undoes, ids.front());
  commit(*edit);
  EXPECT_EQ(text(), before);
  // The undo lies behind that time, too.
  const auto again = undo_since(*changes_, apex_, since, undoer_);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(commit(*again), store::ChangeId{});
}

TEST_F(UndoTest, SinceATimeBeforeTheZoneIsRefusedAndSinceNowIsNothing) {
  const auto refused = undo_since(*changes_, apex_, base::wall_now() - std::chrono::hours(1), undoer_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::kInvalid);
  const auto nothing = undo_since(*changes_, apex_, base::wall_now() + std::chrono::hours(1), undoer_);
  ASSERT_TRUE(nothing) << nothing.error().message;
  EXPECT_TRUE(nothing->rrsets.empty());
  EXPECT_FALSE(nothing->undoes);
}

TEST_F(UndoTest, OfWhatIsNotThereIsRefused) {
  const auto unknown = undo_change(*changes_, store::ChangeId{4711}, undoer_, Later::kRefuse);
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().kind, Kind::kUnknown);
  EXPECT_EQ(undo_since(*changes_, name_of("nowhere."), base::wall_now(), undoer_).error().kind,
            Kind::kUnknown);
  EXPECT_EQ(undo_rrset(*changes_, name_of("nowhere."), name_of("nowhere."), RRType::A, undoer_).error().kind,
            Kind::kUnknown);
  const auto id = change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  ASSERT_TRUE(changes_->remove(apex_, origin_));
  ASSERT_TRUE(changes_->commit());
  const auto deleted = undo_change(*changes_, id, undoer_, Later::kRefuse);
  ASSERT_FALSE(deleted);
  EXPECT_EQ(deleted.error().kind, Kind::kUnknown);
}

TEST_F(UndoTest, DigestsAreLeftToWhoeverMakesThem) {
  zones::ZoneSettings settings;
  settings.zonemd = zone::ZonemdHash::kSha384;
  ASSERT_TRUE(changes_->set_settings(apex_, settings));
  ASSERT_TRUE(changes_->commit());
  const auto id = change({rrset("www.example.org.", RRType::A, {"192.0.2.9"})});
  change({rrset("mail.example.org.", RRType::A, {"192.0.2.26"})});
  undo(id);
  EXPECT_EQ(zone::check_zonemd(*changes_->newest(apex_)).verdict, zone::ZonemdVerdict::kGood);
}

}  // namespace
}  // namespace atlas::control::changes
