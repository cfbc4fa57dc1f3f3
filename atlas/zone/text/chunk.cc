#include "atlas/zone/text/chunk.h"

#include <cstring>

#include "atlas/zone/text/scan_kernel.h"

namespace atlas::zone::text {
namespace {

// Lines inside of parentheses are indented as a rule, or begin with what closes them.
bool begins_entry(char c) {
  return std::string_view(" \t\r\n;()\"").find(c) == std::string_view::npos;
}

// The octets up to the last line that begins like an entry; 0 if there is none.
size_t whole_entries(std::string_view text) {
  for (size_t end = text.size(); end > 1;) {
    const size_t newline = text.rfind('\n', end - 2);
    if (newline == std::string_view::npos) break;
    if (begins_entry(text[newline + 1])) return newline + 1;
    end = newline + 1;
  }
  return 0;
}

}  // namespace

bool ChunkReader::read(TextChunk& chunk) {
  size_t wanted = chunk_octets_;
  size_t filled = 0;
  while (!is_at_end_) {
    if (chunk.capacity_ < wanted) {
      auto octets = std::make_unique_for_overwrite<char[]>(wanted);
      if (filled != 0) std::memcpy(octets.get(), chunk.octets_.get(), filled);
      chunk.octets_ = std::move(octets);
      chunk.capacity_ = wanted;
    }
    filled += text_.read_at(offset_ + filled, {chunk.octets_.get() + filled, wanted - filled});
    is_at_end_ = filled < wanted;
    chunk.size_ = is_at_end_ ? filled : whole_entries({chunk.octets_.get(), filled});
    if (chunk.size_ != 0) {
      chunk.offset_ = offset_;
      chunk.line_ = line_;
      offset_ += chunk.size_;
      line_ += static_cast<uint32_t>(scan_kernel().count_newlines({chunk.octets_.get(), chunk.size_}));
      chunk.end_line_ = line_;
      return true;
    }
    if (wanted >= kChunkOctetsMax) break;
    wanted *= 2;
  }
  return false;
}

}  // namespace atlas::zone::text
