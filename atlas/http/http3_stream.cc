#include "atlas/http/http3_stream.h"

namespace atlas::http {
namespace {

// A visit to a connection answers most requests as they come, and needs one.
constexpr size_t kFreeMax = 64;
// Enough for a question and for most answers.
constexpr size_t kOctetsKept = 1024;

}  // namespace

Http3Stream& Http3StreamPool::take() {
  if (free_.empty()) return *std::make_unique<Http3Stream>().release();
  Http3Stream& stream = *free_.back().release();
  free_.pop_back();
  Http3Stream renewed;
  renewed.body = std::move(stream.body);
  renewed.section = std::move(stream.section);
  renewed.text = std::move(stream.text);
  stream = std::move(renewed);
  return stream;
}

void Http3StreamPool::give_back(Http3Stream& stream) {
  make_empty(stream.body);
  make_empty(stream.section);
  make_empty(stream.text);
  free_.emplace_back(&stream);
}

void Http3StreamPool::shrink() {
  if (free_.size() > kFreeMax) free_.resize(kFreeMax);
}

void make_empty(std::vector<uint8_t>& octets) {
  if (octets.capacity() > kOctetsKept) octets = std::vector<uint8_t>();
  octets.clear();
}

}  // namespace atlas::http
