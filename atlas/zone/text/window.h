// A text that is read from front to end, of which a piece is in memory at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "atlas/zone/text/scan_kernel.h"

namespace atlas::zone::text {

// Gives the next octets of a text: as many as fit, less at its end, then none.
using ReadText = std::function<size_t(std::span<char> out)>;

class Window {
 public:
  // `offset` is that of the first octet in a larger text.
  explicit Window(ReadText read, uint64_t offset = 0);
  // The text must stay where it is.
  explicit Window(std::string_view text, uint64_t offset = 0);

  // Whole lines; only the last line of a text may lack its end. At end() lies NUL; it and kSlackOctets more
  // may be read.
  const char* begin() const { return octets_.get(); }
  const char* end() const { return octets_.get() + end_; }
  // Of begin() in the text.
  uint64_t offset() const { return offset_; }
  // The text ends at end().
  bool is_last() const { return is_last_; }
  // Reads on. What begins at `keep` is then at begin(), with more behind it; what was before it is gone. Must
  // not be called at the end of the text.
  void advance(const char* keep);

  static constexpr size_t kSlackOctets = ScanKernel::kSlackOctets;

 private:
  void fill();
  void grow();

  ReadText read_;
  uint64_t offset_;
  size_t capacity_;
  std::unique_ptr<char[]> octets_;
  size_t end_ = 0;
  size_t filled_ = 0;      // what is read; from end_ on it is the begin of a line
  char first_behind_ = 0;  // what belongs where the NUL is
  bool is_last_ = false;
};

}  // namespace atlas::zone::text
