#include "atlas/zone/text/source_text.h"

#include <string_view>
#include <utility>

namespace atlas::zone::text {
namespace {

// Up to here the memory is not worth a file that stays open: a zone may be made of thousands.
constexpr uint64_t kWholeOctetsMax = uint64_t{4} << 20;

}  // namespace

base::Result<SourceText> SourceText::open(const std::filesystem::path& path, uint64_t size_max) {
  auto file = base::FileReader::open(path, size_max);
  if (!file) return std::unexpected(std::move(file.error()));
  SourceText text;
  if ((*file)->is_regular() && (*file)->size() > kWholeOctetsMax) {
    text.file_ = std::move(*file);
    return text;
  }
  auto whole = (*file)->read_all();
  if (!whole) return std::unexpected(std::move(whole.error()));
  text.whole_ = std::move(*whole);
  return text;
}

Window SourceText::read() const {
  if (!file_) return Window(std::string_view(whole_));
  file_->rewind();
  return Window([file = file_.get()](std::span<char> out) { return file->read(out); });
}

}  // namespace atlas::zone::text
