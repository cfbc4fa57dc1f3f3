#include "atlas/zone/text/window.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace atlas::zone::text {
namespace {

// Stays in a core's cache from when it is read until it is parsed.
constexpr size_t kWindowOctets = size_t{256} << 10;

std::unique_ptr<char[]> allocate(size_t capacity) {
  auto octets = std::make_unique_for_overwrite<char[]>(capacity + 1 + Window::kSlackOctets);
  std::memset(octets.get() + capacity, 0, 1 + Window::kSlackOctets);
  return octets;
}

}  // namespace

Window::Window(ReadText read, uint64_t offset)
    : read_(std::move(read)), offset_(offset), capacity_(kWindowOctets), octets_(allocate(capacity_)) {
  fill();
}

Window::Window(std::string_view text, uint64_t offset)
    : read_([rest = text](std::span<char> out) mutable {
        const size_t size = std::min(rest.size(), out.size());
        if (size != 0) std::memcpy(out.data(), rest.data(), size);
        rest.remove_prefix(size);
        return size;
      }),
      offset_(offset),
      // One octet more shows the end of a short text.
      capacity_(std::min(text.size() + 1, kWindowOctets)),
      octets_(allocate(capacity_)) {
  fill();
}

void Window::advance(const char* keep) {
  octets_[end_] = first_behind_;
  offset_ += static_cast<uint64_t>(keep - begin());
  filled_ -= static_cast<size_t>(keep - begin());
  std::memmove(octets_.get(), keep, filled_);
  // At least half of the window is new, so that moving costs little.
  if (filled_ > capacity_ / 2) grow();
  fill();
}

// Until there is a whole line behind what is kept.
void Window::fill() {
  for (;;) {
    const size_t wanted = capacity_ - filled_;
    const size_t count = read_({octets_.get() + filled_, wanted});
    is_last_ = count < wanted;
    const char* const added = octets_.get() + filled_;
    filled_ += count;
    const auto* const newline = static_cast<const char*>(::memrchr(added, '\n', count));
    if (is_last_ || newline != nullptr) {
      end_ = is_last_ ? filled_ : static_cast<size_t>(newline - begin()) + 1;
      first_behind_ = std::exchange(octets_[end_], '\0');
      return;
    }
    grow();
  }
}

void Window::grow() {
  auto octets = allocate(2 * capacity_);
  std::memcpy(octets.get(), octets_.get(), filled_);
  octets_ = std::move(octets);
  capacity_ *= 2;
}

}  // namespace atlas::zone::text
