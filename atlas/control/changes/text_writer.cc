#include "atlas/control/changes/text_writer.h"

#include "atlas/zone/compact.h"

namespace atlas::control::changes {

void TextWriter::begin(Job job) {
  is_done_ = false;
  thread_ = std::thread([this, job = std::move(job)]() mutable {
    auto basis = texts_.write(job.id, job.change, *job.version);
    auto image = basis ? zone::compact(*job.version) : nullptr;
    written_.emplace(std::move(job), std::move(basis), std::move(image));
    is_done_ = true;
  });
}

std::optional<TextWriter::Written> TextWriter::take() {
  if (!is_busy() || !is_done_) return {};
  wait();
  return std::exchange(written_, {});
}

}  // namespace atlas::control::changes
