#include "atlas/control/changes/zone_texts.h"

#include <unordered_set>

#include "atlas/base/checksum.h"
#include "atlas/base/file.h"
#include "atlas/control/zones/image_store.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/text/writer.h"

namespace atlas::control::changes {
namespace {

// What a text is cut into for writing and for its checksum.
constexpr size_t kPieceOctets = size_t{1} << 20;
constexpr uint64_t kTextOctetsMax = uint64_t{1} << 40;

// The checksums of pieces, each taking in the one before.
class LookMaker {
 public:
  void take(std::string_view piece) {
    const uint64_t parts[] = {look_,
                              base::checksum({reinterpret_cast<const uint8_t*>(piece.data()), piece.size()})};
    look_ = base::checksum({reinterpret_cast<const uint8_t*>(parts), sizeof parts});
  }
  std::string text() const { return "xxh3:" + std::to_string(look_); }

 private:
  uint64_t look_ = 0;
};

}  // namespace

std::optional<store::Basis> small_basis(const zone::Zone& version) {
  // No record's text is shorter, so that most zones need not be written to know.
  constexpr size_t kRecordOctetsMin = 10;
  if (version.record_count() > kSmallTextOctets / kRecordOctetsMin) return {};
  size_t octets = 0;
  zone::text::write_zone(version, zone::text::Format::kText,
                         [&](std::string_view text) { octets += text.size(); });
  if (octets >= kSmallTextOctets) return {};
  return store::Basis{.file = {},
                      .look = {},
                      .overlay = zone::encode(zone::whole_of(version)),
                      .change = {},
                      .serial = version.serial()};
}

base::Result<store::Basis> ZoneTexts::write(store::ZoneId id, store::ChangeId change,
                                            const zone::Zone& version) const {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return base::fail("cannot make the folder " + folder_.string() + ": " + error.message());
  store::Basis basis;
  basis.change = change;
  basis.serial = version.serial();
  basis.file = zones::image_file_name(version.apex());
  basis.file = basis.file.substr(0, basis.file.rfind('.')) + '.' + std::to_string(static_cast<int64_t>(id)) +
               '.' + std::to_string(static_cast<int64_t>(change)) + ".zone";
  auto file = base::FileReplacement::begin(folder_ / basis.file);
  if (!file) return std::unexpected(file.error());
  LookMaker look;
  std::string piece;
  zone::text::write_zone(version, zone::text::Format::kText, [&](std::string_view text) {
    piece += text;
    while (piece.size() >= kPieceOctets) {
      look.take(std::string_view(piece).substr(0, kPieceOctets));
      file->append(std::string_view(piece).substr(0, kPieceOctets));
      piece.erase(0, kPieceOctets);
    }
  });
  if (!piece.empty()) {
    look.take(piece);
    file->append(piece);
  }
  if (auto finished = file->finish(0640, base::Durability::kSynced); !finished)
    return std::unexpected(finished.error());
  basis.look = look.text();
  return basis;
}

base::Result<void> ZoneTexts::verify(const store::Basis& basis) const {
  const auto path = path_of(basis);
  const auto file = base::InputFile::open(path, kTextOctetsMax);
  if (!file) return std::unexpected(file.error());
  LookMaker look;
  std::string piece(kPieceOctets, '\0');
  for (uint64_t at = 0;; at += kPieceOctets) {
    const auto octets = file->read_some(at, piece);
    if (!octets) return std::unexpected(octets.error());
    if (*octets != 0) look.take(std::string_view(piece).substr(0, *octets));
    if (*octets < kPieceOctets) break;
  }
  if (look.text() == basis.look) return {};
  return base::fail(path.string() + " is not what was written there",
                    "the disk or somebody changed it; a copy of the whole state directory brings it back");
}

void ZoneTexts::remove(const store::Basis& basis) const {
  std::error_code ignored;
  if (!basis.file.empty()) std::filesystem::remove(path_of(basis), ignored);
}

void ZoneTexts::remove_others(const std::vector<store::ZoneRow>& rows) const {
  std::unordered_set<std::string> wanted;
  for (const store::ZoneRow& row : rows) wanted.insert(row.basis.file);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, error)) {
    if (!wanted.contains(entry.path().filename().string())) std::filesystem::remove(entry.path(), error);
  }
}

}  // namespace atlas::control::changes
