#include "atlas/zone/image/image_file.h"

#include <image_builder.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <thread>

#include "atlas/base/checksum.h"

namespace atlas::zone::image {
namespace {

constexpr uint8_t kMagic[8] = {'A', 'T', 'L', 'A', 'S', 'I', 'M', '\n'};
// Reads otherwise on a machine that orders octets otherwise.
constexpr uint32_t kByteOrder = 0x01020304;

// Beside this, the layout. No hash of sources is this small.
constexpr uint64_t kCheckpoint = uint64_t{1} << 32;

uint64_t builder_of(FilePurpose purpose) {
  return purpose == FilePurpose::kCopy ? ATLAS_IMAGE_BUILDER : kCheckpoint | kImageLayout;
}

uint64_t pieces_of(uint64_t image_octets) {
  return (image_octets + kFilePieceOctets - 1) / kFilePieceOctets;
}

uint64_t image_offset_for(uint64_t description_octets, uint64_t image_octets) {
  const uint64_t front = sizeof(FileHead) + description_octets + pieces_of(image_octets) * sizeof(uint64_t);
  return (front + kFileAlignment - 1) / kFileAlignment * kFileAlignment;
}

template <class T>
base::Bytes octets_of(const T* values, size_t count) {
  return {reinterpret_cast<const uint8_t*>(values), count * sizeof(T)};
}

std::string_view text_of(base::Bytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace

uint64_t checksum_of(const FileHead& head, base::Bytes description, std::span<const uint64_t> pieces) {
  const uint64_t parts[] = {base::checksum(octets_of(&head, 1).first(offsetof(FileHead, checksum))),
                            base::checksum(description),
                            base::checksum(octets_of(pieces.data(), pieces.size()))};
  return base::checksum(octets_of(parts, std::size(parts)));
}

base::Result<uint64_t> write_image_file(const std::filesystem::path& path, base::Bytes description,
                                        base::Bytes image, FilePurpose purpose) {
  if (description.size() > kDescriptionOctetsMax)
    return base::fail(path.string() + ": the description of the image is too long");
  FileHead head{};
  std::ranges::copy(kMagic, head.magic);
  head.format = kFileFormat;
  head.byte_order = kByteOrder;
  head.builder = builder_of(purpose);
  head.description_octets = description.size();
  head.image_offset = image_offset_for(description.size(), image.size());
  head.image_octets = image.size();
  std::vector<uint64_t> pieces;
  for (size_t at = 0; at < image.size(); at += kFilePieceOctets) {
    pieces.push_back(base::checksum(image.subspan(at, std::min(image.size() - at, kFilePieceOctets))));
  }
  head.checksum = checksum_of(head, description, pieces);
  const base::Bytes checksums = octets_of(pieces.data(), pieces.size());
  const std::string gap(head.image_offset - sizeof head - description.size() - checksums.size(), '\0');
  const std::string_view parts[] = {text_of(octets_of(&head, 1)), text_of(description), text_of(checksums),
                                    gap, text_of(image)};
  const base::Durability durability =
      purpose == FilePurpose::kCheckpoint ? base::Durability::kSynced : base::Durability::kCache;
  if (auto replaced = base::replace_file(path, parts, 0640, durability); !replaced)
    return std::unexpected(std::move(replaced.error()));
  return head.checksum;
}

std::expected<ImageFile, Refusal> ImageFile::open(const std::filesystem::path& path, FilePurpose purpose) {
  auto opened = base::InputFile::open_regular(path);
  if (!opened) {
    std::error_code error;
    const bool absent = !std::filesystem::exists(path, error) && !error;
    return std::unexpected(Refusal{absent ? Refusal::Reason::kAbsent : Refusal::Reason::kDamaged,
                                   std::move(opened.error().message)});
  }
  ImageFile file(path, std::move(*opened));
  if (auto read = file.read_head(purpose); !read) return std::unexpected(std::move(read.error()));
  return file;
}

std::unexpected<Refusal> ImageFile::refuse(Refusal::Reason reason, const std::string& message) const {
  return std::unexpected(Refusal{reason, path_.string() + ": " + message});
}

std::string ImageFile::other_builder(FilePurpose purpose) const {
  if (purpose == FilePurpose::kCopy) return "was made by another build of Atlas";
  if (head_.builder >> 32 != kCheckpoint >> 32) return "is not a checkpoint";
  return "has layout " + std::to_string(head_.builder & 0xffffffff) + ", and this program knows " +
         std::to_string(kImageLayout);
}

std::expected<void, Refusal> ImageFile::read_head(FilePurpose purpose) {
  using Reason = Refusal::Reason;
  const uint64_t size = file_.size();
  if (size < sizeof head_) return refuse(Reason::kDamaged, "is too short for a zone image");
  if (auto read = file_.read_at(0, {reinterpret_cast<uint8_t*>(&head_), sizeof head_}); !read)
    return std::unexpected(Refusal{Reason::kDamaged, std::move(read.error().message)});
  if (std::memcmp(head_.magic, kMagic, sizeof kMagic) != 0)
    return refuse(Reason::kDamaged, "is not a zone image");
  if (head_.byte_order != kByteOrder)
    return refuse(Reason::kOutdated, "was made on a machine with another order of octets");
  if (head_.format > kFileFormat) {
    return refuse(Reason::kOutdated, "has format " + std::to_string(head_.format) +
                                         ", which is newer than this program's, " +
                                         std::to_string(kFileFormat));
  }
  if (head_.format < kFileFormat || head_.builder != builder_of(purpose))
    return refuse(Reason::kOutdated, other_builder(purpose));
  if (head_.description_octets > kDescriptionOctetsMax || head_.image_octets > size ||
      head_.image_offset != image_offset_for(head_.description_octets, head_.image_octets) ||
      head_.image_offset + head_.image_octets != size) {
    return refuse(Reason::kDamaged,
                  "has " + std::to_string(size) + " octets, which is not what its head says");
  }
  description_.resize(head_.description_octets);
  checksums_.resize(pieces_of(head_.image_octets));
  auto read = file_.read_at(sizeof head_, description_);
  if (read) {
    read = file_.read_at(sizeof head_ + description_.size(), {reinterpret_cast<uint8_t*>(checksums_.data()),
                                                              checksums_.size() * sizeof(uint64_t)});
  }
  if (!read) return std::unexpected(Refusal{Reason::kDamaged, std::move(read.error().message)});
  if (checksum_of(head_, description_, checksums_) != head_.checksum)
    return refuse(Reason::kDamaged, "its head is damaged: the checksum differs");
  return {};
}

std::expected<ImageMemory, Refusal> ImageFile::load(size_t threads) const {
  const size_t octets = head_.image_octets;
  const bool mapped = octets >= kMappedOctetsMin;
  ImageMemory memory;
  if (mapped) {
    auto map = file_.map(head_.image_offset, octets);
    if (!map) return std::unexpected(Refusal{Refusal::Reason::kDamaged, std::move(map.error().message)});
    memory.octets = {map->get(), octets};
    memory.owner = std::move(*map);
  } else {
    memory = allocate_image(octets);
  }
  // Nobody else has seen it.
  if (!verify({const_cast<uint8_t*>(memory.octets.data()), octets}, mapped, threads))
    return refuse(Refusal::Reason::kDamaged, "the zone image is damaged: a checksum differs");
  if (!is_consistent(memory.octets))
    return refuse(Refusal::Reason::kDamaged, "the zone image contradicts itself");
  return memory;
}

// Piece by piece: what is read is still in the processor's cache when its checksum is made.
bool ImageFile::verify(std::span<uint8_t> image, bool mapped, size_t threads) const {
  std::atomic<size_t> next{0};
  std::atomic<bool> good{true};
  const auto run = [&] {
    for (size_t i = next++; i < checksums_.size() && good; i = next++) {
      const uint64_t begin = i * kFilePieceOctets;
      const auto piece = image.subspan(begin, std::min(image.size() - begin, kFilePieceOctets));
      // One call instead of a fault for every few pages. Where the kernel cannot, the faults come.
      if (mapped) ::madvise(piece.data(), piece.size(), MADV_POPULATE_READ);
      if ((!mapped && !file_.read_at(head_.image_offset + begin, piece)) ||
          base::checksum(piece) != checksums_[i]) {
        good = false;
      }
    }
  };
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(threads, checksums_.size()); ++i) helpers.emplace_back(run);
  run();
  for (std::thread& helper : helpers) helper.join();
  return good;
}

}  // namespace atlas::zone::image
