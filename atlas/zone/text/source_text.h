// The text of one file of a zone.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "atlas/base/file.h"
#include "atlas/base/result.h"
#include "atlas/zone/text/window.h"

namespace atlas::zone::text {

// How far the reading of a zone's text is. Any thread may look, and end the load.
struct ReadProgress {
  std::atomic<uint64_t> octets{0};
  std::atomic<bool> cancelled{false};  // the text then seems to end
};

// In memory or, if it is large, in its open file, which is read whenever the text is wanted: only a window is
// in memory then. Findings about a file that is written over at the same time may show lines of its new text.
class SourceText {
 public:
  SourceText() = default;
  SourceText(std::string whole) : whole_(std::move(whole)) {}  // NOLINT(implicit): a text is one

  // Fails if the file cannot be opened or is larger than `size_max`. `progress` must outlive the text.
  static base::Result<SourceText> open(const std::filesystem::path& path, uint64_t size_max,
                                       ReadProgress* progress = nullptr);

  // The text from an octet on. It must stay where it is meanwhile, and be read by one thread at a time.
  Window read(uint64_t offset = 0) const;
  // As many octets from `offset` on as fit, less at the end of the text; none after an error.
  size_t read_at(uint64_t offset, std::span<char> out) const;
  // Of the last read().
  const std::optional<base::Error>& error() const { return error_; }
  // A hint only.
  uint64_t size() const { return file_ ? file_->size() : whole_.size(); }

 private:
  std::string whole_;
  std::unique_ptr<base::InputFile> file_;  // null: the text is in memory
  ReadProgress* progress_ = nullptr;
  mutable uint64_t furthest_ = 0;  // that was read
  mutable std::optional<base::Error> error_;
};

}  // namespace atlas::zone::text
