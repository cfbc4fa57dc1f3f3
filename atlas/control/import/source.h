// The files of another server's set-up: read within limits, and never changed.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/diagnostic.h"
#include "atlas/base/result.h"

namespace atlas::control::import {

// A configuration of 100,000 zones has 20 MB.
inline constexpr uint64_t kFileOctetsMax = uint64_t{256} << 20;
inline constexpr uint64_t kAllOctetsMax = uint64_t{1} << 30;
// Deeper than people nest; a chain that long is a mistake.
inline constexpr size_t kIncludeDepthMax = 16;
// One file a zone is a usage that must work.
inline constexpr size_t kFilesMax = 50'000;
// Blocks inside blocks: people use four.
inline constexpr size_t kNestingMax = 32;
// Of all files together; a zone has five to ten.
inline constexpr size_t kStatementsMax = 4'000'000;
// A word or a string, which may be a public key.
inline constexpr size_t kWordOctetsMax = 64 << 10;
inline constexpr size_t kZonesMax = 2'000'000;

// Where something stands.
struct Place {
  uint16_t file = 0;  // a number that Source::open() gave
  base::TextPosition position;
};

// What is wrong with a source so that nothing can be made of it.
template <class T>
using Parsed = std::expected<T, base::Diagnostic>;

// What there is to read. Tests and fuzz targets have another than the disk.
class Files {
 public:
  virtual ~Files() = default;
  virtual base::Result<std::string> read(const std::filesystem::path& path, uint64_t size_max) const = 0;
  // Those that match a pattern of glob(7), in order; the path itself where it holds no pattern.
  virtual base::Result<std::vector<std::filesystem::path>> match(
      const std::filesystem::path& pattern) const = 0;
  virtual bool exists(const std::filesystem::path& path) const = 0;
  virtual bool is_folder(const std::filesystem::path& path) const = 0;
  // When the file was last written; none if there is none.
  virtual std::optional<std::filesystem::file_time_type> written(const std::filesystem::path& path) const = 0;
};

class Disk : public Files {
 public:
  base::Result<std::string> read(const std::filesystem::path& path, uint64_t size_max) const override;
  base::Result<std::vector<std::filesystem::path>> match(const std::filesystem::path& pattern) const override;
  bool exists(const std::filesystem::path& path) const override;
  bool is_folder(const std::filesystem::path& path) const override;
  std::optional<std::filesystem::file_time_type> written(const std::filesystem::path& path) const override;
};

// The files that were read, and how many more may be.
class Source {
 public:
  explicit Source(const Files& files) : files_(files) {}

  const Files& files() const { return files_; }
  // Reads a file. `named_at` is the place that names it; none for the first.
  Parsed<uint16_t> open(const std::filesystem::path& path, std::optional<Place> named_at = {});
  // A file that is not text: for places in it.
  uint16_t add(const std::filesystem::path& path);
  const std::filesystem::path& path(uint16_t file) const { return opened_[file].path; }
  std::string_view text(uint16_t file) const { return opened_[file].text; }
  size_t file_count() const { return opened_.size(); }

  // An error with the line shown.
  base::Diagnostic error(Place place, std::string message, std::string hint = {}) const;

 private:
  struct Opened {
    std::filesystem::path path;
    std::string text;
  };
  const Files& files_;
  std::deque<Opened> opened_;  // texts stay where they are
  uint64_t octets_ = 0;
};

}  // namespace atlas::control::import
