// Which versions of a zone are alive, so that memory is used again once no version needs it.
#pragma once

#include <memory>
#include <vector>

#include "atlas/zone/image/space.h"

namespace atlas::zone {

// Each version of a zone owns one. What the next version no longer uses is released when this version and all
// before it are gone: a link is owned by its version and by the link before.
class VersionLink {
 public:
  explicit VersionLink(image::ImageMemory image) : space_(std::make_shared<image::Space>(std::move(image))) {}
  explicit VersionLink(std::shared_ptr<image::Space> space) : space_(std::move(space)) {}
  VersionLink(const VersionLink&) = delete;
  VersionLink& operator=(const VersionLink&) = delete;
  ~VersionLink();

  image::Space& space() const { return *space_; }
  bool is_newest() const { return next_ == nullptr; }
  // The version made of this one, which must be the newest, and what it does not use.
  std::shared_ptr<VersionLink> append(std::vector<image::Piece> retired);

 private:
  std::shared_ptr<image::Space> space_;
  std::vector<image::Piece> retired_;
  std::shared_ptr<VersionLink> next_;
};

}  // namespace atlas::zone
