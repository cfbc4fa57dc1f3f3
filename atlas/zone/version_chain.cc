#include "atlas/zone/version_chain.h"

#include "atlas/base/assert.h"

namespace atlas::zone {

VersionLink::~VersionLink() {
  space_->release(retired_);
  // One after the other: a chain may be long, and each would end the next within its own end.
  std::shared_ptr<VersionLink> link = std::move(next_);
  while (link != nullptr && link.use_count() == 1) {
    space_->release(link->retired_);
    link->retired_.clear();
    std::shared_ptr<VersionLink> behind = std::move(link->next_);
    link = std::move(behind);
  }
}

std::shared_ptr<VersionLink> VersionLink::append(std::vector<image::Piece> retired) {
  ATLAS_ASSERT(is_newest());
  retired_ = std::move(retired);
  next_ = std::make_shared<VersionLink>(space_);
  return next_;
}

}  // namespace atlas::zone
