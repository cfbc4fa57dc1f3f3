// Cuts a text into chunks of whole lines that are parsed beside each other.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "atlas/zone/text/source_text.h"
#include "atlas/zone/text/window.h"

namespace atlas::zone::text {

// Without a line that begins an entry in so many octets a text is not cut: a record may be as long.
inline constexpr size_t kChunkOctetsMax = size_t{4} << 20;

class TextChunk {
 public:
  // Valid until the chunk is read into again.
  Window window() const { return Window({octets_.get(), size_}, offset_); }
  uint32_t line() const { return line_; }
  // Where the next one begins.
  uint64_t end() const { return offset_ + size_; }
  uint32_t end_line() const { return end_line_; }

 private:
  friend class ChunkReader;

  std::unique_ptr<char[]> octets_;
  size_t capacity_ = 0;
  size_t size_ = 0;
  uint64_t offset_ = 0;
  uint32_t line_ = 0;
  uint32_t end_line_ = 0;
};

class ChunkReader {
 public:
  // `offset` is the begin of a line, `line` its number.
  ChunkReader(const SourceText& text, uint64_t offset, uint32_t line, size_t chunk_octets)
      : text_(text), chunk_octets_(chunk_octets), offset_(offset), line_(line) {}

  // The next lines of the text, up to one that begins like an entry. False at the end of the text, or where
  // there is no such line.
  bool read(TextChunk& chunk);

 private:
  const SourceText& text_;
  const size_t chunk_octets_;
  uint64_t offset_;
  uint32_t line_;
  bool is_at_end_ = false;
};

}  // namespace atlas::zone::text
