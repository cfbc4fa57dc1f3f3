#include "atlas/control/import/source.h"

#include <glob.h>

#include <cerrno>

#include "atlas/base/file.h"

namespace atlas::control::import {
namespace {

bool is_pattern(const std::filesystem::path& path) {
  return path.string().find_first_of("*?[{") != std::string::npos;
}

}  // namespace

base::Result<std::string> Disk::read(const std::filesystem::path& path, uint64_t size_max) const {
  return base::read_file(path, size_max);
}

base::Result<std::vector<std::filesystem::path>> Disk::match(const std::filesystem::path& pattern) const {
  if (!is_pattern(pattern)) return std::vector<std::filesystem::path>{pattern};
  glob_t found{};
  const int outcome = ::glob(
      pattern.c_str(), GLOB_BRACE,
      [](const char*, int error) { return error == ENOENT || error == ENOTDIR ? 0 : 1; }, &found);
  std::vector<std::filesystem::path> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (outcome != 0 && outcome != GLOB_NOMATCH) {
    return base::fail("cannot read the folder of \"" + pattern.string() + '"');
  }
  return paths;
}

bool Disk::exists(const std::filesystem::path& path) const {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool Disk::is_folder(const std::filesystem::path& path) const {
  std::error_code ignored;
  return std::filesystem::is_directory(path, ignored);
}

std::optional<std::filesystem::file_time_type> Disk::written(const std::filesystem::path& path) const {
  std::error_code error;
  const auto time = std::filesystem::last_write_time(path, error);
  if (error) return {};
  return time;
}

Parsed<uint16_t> Source::open(const std::filesystem::path& path, std::optional<Place> named_at) {
  const auto fail = [&](std::string message, std::string hint = {}) {
    if (named_at) return std::unexpected(error(*named_at, std::move(message), std::move(hint)));
    return std::unexpected(
        base::Diagnostic{base::Severity::kError, path.string(), {}, std::move(message), std::move(hint), {}});
  };
  if (opened_.size() == kFilesMax) return fail("more than " + std::to_string(kFilesMax) + " files");
  auto text = files_.read(path, kFileOctetsMax);
  if (!text) return fail(text.error().message, text.error().hint);
  octets_ += text->size();
  if (octets_ > kAllOctetsMax) {
    return fail("the files have more than " + std::to_string(kAllOctetsMax >> 20) + " MiB together");
  }
  opened_.push_back({path, std::move(*text)});
  return static_cast<uint16_t>(opened_.size() - 1);
}

uint16_t Source::add(const std::filesystem::path& path) {
  opened_.push_back({path, {}});
  return static_cast<uint16_t>(opened_.size() - 1);
}

base::Diagnostic Source::error(Place place, std::string message, std::string hint) const {
  base::Diagnostic diagnostic{base::Severity::kError, path(place.file).string(), place.position,
                              std::move(message),     std::move(hint),           {}};
  const std::string_view whole = text(place.file);
  size_t begin = 0;
  for (uint32_t line = 1; line < place.position.line && begin < whole.size(); ++line) {
    const size_t end = whole.find('\n', begin);
    begin = end == std::string_view::npos ? whole.size() : end + 1;
  }
  if (place.position.line != 0) diagnostic.source_line = whole.substr(begin, whole.find('\n', begin) - begin);
  return diagnostic;
}

}  // namespace atlas::control::import
