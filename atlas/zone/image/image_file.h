// An image as a file, so that a start need not read text: a head, the words of its maker, a checksum for each
// piece of the image, and from the next page on the image itself. Nothing of it is used before the checksum
// over it is.
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
  uint64_t builder;  // a hash of the sources that made it
  uint64_t description_octets;
  uint64_t image_offset;
  uint64_t image_octets;
  uint64_t checksum;  // of what is in front of it, the description, and the checksums of the pieces
};
static_assert(sizeof(FileHead) == 56);

// What FileHead::checksum must be.
uint64_t checksum_of(const FileHead& head, base::Bytes description, std::span<const uint64_t> pieces);

// Why a file is not used.
struct Refusal {
  enum class Reason : uint8_t {
    kAbsent,    // there is none
    kOutdated,  // whole, but another build or format made it
    kDamaged,   // it cannot be read, is no image, or is not what was written
  };
  Reason reason;
  std::string message;  // names the file
};

// Replaces the file. `description` is for whoever opens it.
base::Result<void> write_image_file(const std::filesystem::path& path, base::Bytes description,
                                    base::Bytes image);

class ImageFile {
 public:
  // Verifies all but the image itself.
  static std::expected<ImageFile, Refusal> open(const std::filesystem::path& path);

  base::Bytes description() const { return description_; }
  // Reads or maps the image, and verifies it with as many threads.
  std::expected<ImageMemory, Refusal> load(size_t threads) const;

 private:
  ImageFile(std::filesystem::path path, base::InputFile file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::unexpected<Refusal> refuse(Refusal::Reason reason, const std::string& message) const;
  std::expected<void, Refusal> read_head();
  bool verify(std::span<uint8_t> image, bool mapped, size_t threads) const;

  std::filesystem::path path_;
  base::InputFile file_;
  FileHead head_{};
  std::vector<uint8_t> description_;
  std::vector<uint64_t> checksums_;  // of the pieces
};

}  // namespace atlas::zone::image
