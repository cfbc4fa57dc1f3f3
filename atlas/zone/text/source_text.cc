#include "atlas/zone/text/source_text.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace atlas::zone::text {
namespace {

// Up to here the memory is not worth a file that stays open: a zone may be made of thousands.
constexpr uint64_t kWholeOctetsMax = uint64_t{4} << 20;

}  // namespace

base::Result<SourceText> SourceText::open(const std::filesystem::path& path, uint64_t size_max,
                                          ReadProgress* progress) {
  auto file = base::InputFile::open(path, size_max);
  if (!file) return std::unexpected(std::move(file.error()));
  SourceText text;
  text.progress_ = progress;
  if (file->is_regular() && file->size() > kWholeOctetsMax) {
    text.file_ = std::make_unique<base::InputFile>(std::move(*file));
    return text;
  }
  auto whole = file->read_all();
  if (!whole) return std::unexpected(std::move(whole.error()));
  text.whole_ = std::move(*whole);
  return text;
}

Window SourceText::read(uint64_t offset) const {
  error_.reset();
  if (!file_) return Window(std::string_view(whole_).substr(offset), offset);
  return Window(
      [this, at = offset](std::span<char> out) mutable {
        const size_t count = read_at(at, out);
        at += count;
        return count;
      },
      offset);
}

size_t SourceText::read_at(uint64_t offset, std::span<char> out) const {
  if (!file_) return whole_.copy(out.data(), out.size(), offset);
  if (error_ || (progress_ != nullptr && progress_->cancelled)) return 0;
  auto count = file_->read_some(offset, out);
  if (!count) {
    error_ = std::move(count.error());
    return 0;
  }
  // What is read a second time, as the begin of a chunk may be, is not progress.
  const uint64_t end = offset + *count;
  if (progress_ != nullptr && end > furthest_) progress_->octets += end - std::max(offset, furthest_);
  furthest_ = std::max(furthest_, end);
  return *count;
}

}  // namespace atlas::zone::text
