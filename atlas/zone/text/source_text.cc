#include "atlas/zone/text/source_text.h"

#include <string_view>
#include <utility>

namespace atlas::zone::text {
namespace {

// Up to here the memory is not worth a file that stays open: a zone may be made of thousands.
constexpr uint64_t kWholeOctetsMax = uint64_t{4} << 20;

}  // namespace

base::Result<SourceText> SourceText::open(const std::filesystem::path& path, uint64_t size_max,
                                          ReadProgress* progress) {
  auto file = base::FileReader::open(path, size_max);
  if (!file) return std::unexpected(std::move(file.error()));
  SourceText text;
  text.progress_ = progress;
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
  return Window([file = file_.get(), progress = progress_](std::span<char> out) {
    if (progress != nullptr && progress->cancelled) return size_t{0};
    const size_t count = file->read(out);
    if (progress != nullptr) progress->octets += count;
    return count;
  });
}

}  // namespace atlas::zone::text
