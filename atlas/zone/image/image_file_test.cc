#include "atlas/zone/image/image_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <bit>
#include <cstring>
#include <functional>

#include "atlas/base/checksum.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/zone.h"

namespace atlas::zone::image {
namespace {

using Reason = Refusal::Reason;

class ImageFileTest : public testing::Test {
 protected:
  ImageFileTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-image-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ / "z.image";
  }
  ~ImageFileTest() override { std::filesystem::remove_all(folder_); }

  static std::shared_ptr<const Zone> make_zone(size_t names) {
    const auto apex = dns::parse_name("z.test.").value();
    RecordList records;
    const auto add = [&](dns::NameView owner, dns::RRType type, const std::string& rdata) {
      records.add(owner, type, 300, dns::parse_rdata(type, rdata).value());
    };
    add(apex, dns::RRType::SOA, "ns. admin. 7 3600 600 86400 60");
    for (size_t i = 0; i < names; ++i) {
      add(dns::parse_name("n" + std::to_string(i), apex).value(), dns::RRType::TXT,
          "\"" + std::string(100, 't') + "\"");
    }
    records.sort();
    return Zone::build(apex, records);
  }
  static base::Bytes description() {
    static constexpr uint8_t kWords[] = {'w', 'o', 'r', 'd', 's'};
    return kWords;
  }
  void write(const Zone& zone) { ASSERT_TRUE(write_image_file(path_, description(), zone.image())); }

  // Opens and loads; kAbsent with an empty message if all is well.
  Refusal refusal() const {
    const auto file = ImageFile::open(path_);
    if (!file) return file.error();
    const auto memory = file->load(2);
    return memory ? Refusal{} : memory.error();
  }
  std::string content() const { return base::read_file(path_, uint64_t{1} << 30).value(); }
  void replace(const std::string& content) const { ASSERT_TRUE(base::replace_file(path_, content)); }
  // Changes the head and makes its checksum right again.
  void change_head(const std::function<void(FileHead&)>& change) {
    std::string octets = content();
    FileHead head;
    std::memcpy(&head, octets.data(), sizeof head);
    change(head);
    const auto* words = reinterpret_cast<const uint8_t*>(octets.data()) + sizeof head;
    std::vector<uint64_t> pieces((head.image_octets + kFilePieceOctets - 1) / kFilePieceOctets);
    if (!pieces.empty() && pieces.size() < 100)
      std::memcpy(pieces.data(), words + description().size(), pieces.size() * sizeof(uint64_t));
    head.checksum = checksum_of(head, {words, description().size()}, pieces);
    std::memcpy(octets.data(), &head, sizeof head);
    replace(octets);
  }

  std::filesystem::path folder_, path_;
};

TEST_F(ImageFileTest, GivesBackWhatWasWritten) {
  // More than one piece, so that several threads have work.
  const auto zone = make_zone(20'000);
  ASSERT_GT(zone->image().size(), 2 * kFilePieceOctets);
  write(*zone);
  const auto file = ImageFile::open(path_);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_TRUE(std::ranges::equal(file->description(), description()));
  for (const size_t threads : {1, 3}) {
    const auto memory = file->load(threads);
    ASSERT_TRUE(memory) << memory.error().message;
    EXPECT_TRUE(std::ranges::equal(memory->octets, zone->image()));
    const Zone again(*memory);
    EXPECT_EQ(again.serial(), 7u);
    EXPECT_EQ(again.record_count(), 20'001u);
    EXPECT_TRUE(again.find(dns::parse_name("n777.z.test.").value()).exact);
  }
}

TEST_F(ImageFileTest, AnyChangedOctetIsNoticed) {
  write(*make_zone(3));
  const std::string good = content();
  // What lies between the head's parts and the image is not part of anything.
  FileHead head;
  std::memcpy(&head, good.data(), sizeof head);
  const size_t front = sizeof head + description().size() + sizeof(uint64_t);
  for (size_t at = 0; at < good.size(); ++at) {
    if (at == front) at = head.image_offset;
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    replace(bad);
    EXPECT_NE(refusal().message, "") << "octet " << at;
  }
}

TEST_F(ImageFileTest, SaysWhyItIsNotUsed) {
  const auto expect = [&](Reason reason, const char* words) {
    const Refusal refused = refusal();
    EXPECT_EQ(refused.reason, reason);
    EXPECT_NE(refused.message.find(words), std::string::npos) << refused.message;
    EXPECT_NE(refused.message.find(path_.string()), std::string::npos) << refused.message;
  };
  expect(Reason::kAbsent, "No such file");
  write(*make_zone(100));
  const std::string good = content();
  EXPECT_EQ(refusal().message, "");

  replace("");
  expect(Reason::kDamaged, "too short");
  replace(good.substr(0, good.size() - 1));
  expect(Reason::kDamaged, "not what its head says");
  replace(good + "x");
  expect(Reason::kDamaged, "not what its head says");
  replace("something else" + good);
  expect(Reason::kDamaged, "is not a zone image");
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  expect(Reason::kDamaged, "not a regular file");
  std::filesystem::remove(path_);

  const auto expect_head = [&](Reason reason, const char* words,
                               const std::function<void(FileHead&)>& change) {
    replace(good);
    change_head(change);
    expect(reason, words);
  };
  expect_head(Reason::kOutdated, "newer than this program's", [](FileHead& head) { ++head.format; });
  expect_head(Reason::kOutdated, "another build", [](FileHead& head) { ++head.builder; });
  expect_head(Reason::kOutdated, "order of octets", [](FileHead& head) { head.byte_order = 0x04030201; });
  expect_head(Reason::kDamaged, "not what its head says", [](FileHead& head) { head.image_octets = ~0ull; });
  expect_head(Reason::kDamaged, "not what its head says",
              [](FileHead& head) { head.description_octets = ~0ull; });
  expect_head(Reason::kDamaged, "not what its head says", [](FileHead& head) { head.image_offset += 4096; });
}

TEST_F(ImageFileTest, AnImageThatContradictsItselfIsRefused) {
  const auto zone = make_zone(3);
  std::vector<uint8_t> octets(zone->image().begin(), zone->image().end());
  ImageHead head;
  const auto expect_refused = [&](auto change) {
    std::memcpy(&head, zone->image().data(), sizeof head);
    change();
    std::memcpy(octets.data(), &head, sizeof head);
    ASSERT_TRUE(write_image_file(path_, {}, octets));
    EXPECT_NE(refusal().message.find("contradicts itself"), std::string::npos);
  };
  expect_refused([&] { ++head.octets; });
  expect_refused([&] { head.names.blocks_offset = head.octets; });
  expect_refused([&] { head.names.blocks = kBlocksMax; });
  expect_refused([&] { head.names.page_bits = 31; });
  expect_refused([&] { head.nsec3.buckets_offset = head.octets + 64; });
  expect_refused([&] { head.apex_octets = 0; });
}

TEST_F(ImageFileTest, ACheckpointIsReadByWhateverKnowsItsLayout) {
  const auto zone = make_zone(100);
  const auto written = write_image_file(path_, description(), zone->image(), FilePurpose::kCheckpoint);
  ASSERT_TRUE(written);
  const auto file = ImageFile::open(path_, FilePurpose::kCheckpoint);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->checksum(), *written);
  EXPECT_TRUE(std::ranges::equal(file->description(), description()));
  const auto memory = file->load(1);
  ASSERT_TRUE(memory);
  EXPECT_TRUE(std::ranges::equal(memory->octets, zone->image()));

  EXPECT_NE(refusal().message.find("another build"), std::string::npos) << "it is no copy of a text";
  const auto refusal_of_checkpoint = [&] {
    return ImageFile::open(path_, FilePurpose::kCheckpoint).error().message;
  };
  change_head([](FileHead& head) { ++head.builder; });
  EXPECT_NE(refusal_of_checkpoint().find("has layout 2, and this program knows 1"), std::string::npos);
  write(*zone);
  EXPECT_NE(refusal_of_checkpoint().find("is not a checkpoint"), std::string::npos);
}

// A change of these octets is another layout: see kImageLayout.
TEST_F(ImageFileTest, TheLayoutIsWhatItsNumberSays) {
  const auto apex = dns::parse_name("z.test.").value();
  RecordList records;
  const auto add = [&](const char* owner, dns::RRType type, const std::string& rdata) {
    records.add(dns::parse_name(owner, apex).value(), type, 300, dns::parse_rdata(type, rdata).value());
  };
  const std::string hash = "2t7b4g4vsa5smi47k61mv5bv1a22bojr";
  add("@", dns::RRType::SOA, "ns. admin. 7 3600 600 86400 60");
  add("@", dns::RRType::NSEC3PARAM, "1 0 0 ab");
  add("@", dns::RRType::RRSIG, "SOA 13 2 300 20300101000000 20200101000000 1 z.test. AAAA");
  add((hash + ".z.test.").c_str(), dns::RRType::NSEC3, "1 0 0 ab " + hash + " A RRSIG");
  for (int i = 0; i < 40; ++i) {
    const std::string label = "Name-" + std::to_string(i);
    add(label.c_str(), dns::RRType::A, "192.0.2." + std::to_string(i));
    if (i % 3 == 0) add(("a.b." + label).c_str(), dns::RRType::MX, "10 mail.z.test.");
    if (i % 5 == 0) add(("*." + label).c_str(), dns::RRType::TXT, "one " + std::string(200, 'x'));
    if (i % 7 == 0) add(("cut." + label).c_str(), dns::RRType::NS, "ns.other.");
  }
  records.sort();
  EXPECT_EQ(kImageLayout, 1u);
  if constexpr (std::endian::native == std::endian::little) {
    EXPECT_EQ(base::checksum(Zone::build(apex, records)->image()), 7777167887396184709u);
  }
}

TEST_F(ImageFileTest, WhatCannotBeWrittenLeavesNothingBehind) {
  const auto zone = make_zone(3);
  EXPECT_FALSE(write_image_file(folder_ / "no" / "such", {}, zone->image()));
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

}  // namespace
}  // namespace atlas::zone::image
