// An image as a file: a head, the words of its maker, a checksum for each piece of the image, and from the
// next page on the image itself. Nothing of it is used before the checksum over it is.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/file.h"
#include "atlas/zone/image/image.h"

namespace atlas::zone::image {

inline constexpr uint32_t kFileFormat = 1;
// What an image looks like. Whoever changes that counts this up, and keeps what reads checkpoints of the
// layouts before: they may be all there is of a zone.
inline constexpr uint32_t kImageLayout = 1;
inline constexpr uint64_t kFilePieceOctets = uint64_t{1} << 20;
inline constexpr uint64_t kFileAlignment = 4096;
// What a maker may say about an image.
inline constexpr uint64_t kDescriptionOctetsMax = uint64_t{1} << 20;
// Larger images stay in the file and are mapped; smaller ones are read, which gives them large pages and
// makes them independent of the file.
inline constexpr uint64_t kMappedOctetsMin = uint64_t{256} << 20;

struct FileHead {
  uint8_t magic[8];
  uint32_t format;
  uint32_t byte_order;
  uint64_t builder;  // of a copy, a hash of the sources that made it; of a checkpoint, its layout
  uint64_t description_octets;
  uint64_t image_offset;
  uint64_t image_octets;
  uint64_t checksum;  // of what is in front of it, the description, and the checksums of the pieces
};
static_assert(sizeof(FileHead) == 56);

// What a file is kept for.
enum class FilePurpose : uint8_t {
  // A copy of what can be made again, so that a start need not read text. The sources that made it read it
  // only, since they say what the text means. It is not synced.
  kCopy,
  // A zone that may be nowhere else. Every program that knows its layout reads it; it is synced.
  kCheckpoint,
};

// What FileHead::checksum must be.
uint64_t checksum_of(const FileHead& head, base::Bytes description, std::span<const uint64_t> pieces);

// Why a file is not used.
struct Refusal {
  enum class Reason : uint8_t {
    kAbsent,    // there is none
    kOutdated,  // whole, but of another build, format or layout, or for another purpose
    kDamaged,   // it cannot be read, is no image, or is not what was written
  };
  Reason reason;
  std::string message;  // names the file
};

// Replaces the file; a checkpoint is on the disk when this returns. `description` is for whoever opens it.
// Returns the checksum of the head, in which those of all the rest are: a file that has it is this one.
base::Result<uint64_t> write_image_file(const std::filesystem::path& path, base::Bytes description,
                                        base::Bytes image, FilePurpose purpose = FilePurpose::kCopy);

class ImageFile {
 public:
  // Verifies all but the image itself.
  static std::expected<ImageFile, Refusal> open(const std::filesystem::path& path,
                                                FilePurpose purpose = FilePurpose::kCopy);

  base::Bytes description() const { return description_; }
  // As write_image_file() returned it.
  uint64_t checksum() const { return head_.checksum; }
  // Reads or maps the image, and verifies it with as many threads.
  std::expected<ImageMemory, Refusal> load(size_t threads) const;

 private:
  ImageFile(std::filesystem::path path, base::InputFile file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::unexpected<Refusal> refuse(Refusal::Reason reason, const std::string& message) const;
  std::expected<void, Refusal> read_head(FilePurpose purpose);
  std::string other_builder(FilePurpose purpose) const;
  bool verify(std::span<uint8_t> image, bool mapped, size_t threads) const;

  std::filesystem::path path_;
  base::InputFile file_;
  FileHead head_{};
  std::vector<uint8_t> description_;
  std::vector<uint64_t> checksums_;  // of the pieces
};

}  // namespace atlas::zone::image
