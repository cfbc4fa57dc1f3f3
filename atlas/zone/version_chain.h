// Which versions of a zone are alive, so that memory is used again once no version needs it.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "atlas/zone/image/space.h"

namespace atlas::zone {

// The versions of a zone, oldest first, each made of the one before. Any thread.
//
// What a version no longer uses of the one before is released when that one and all before it are gone. What
// was written for a version is released when it and all behind it are gone while an older one is alive: the
// newest that is alive is then the newest again. Of the pieces that a version wrote and the next one does not
// use, one of the two happens, since a version leaves the chain at one of its ends.
class VersionChain {
 public:
  explicit VersionChain(image::ImageMemory image) : space_(std::move(image)) {}
  VersionChain(const VersionChain&) = delete;
  VersionChain& operator=(const VersionChain&) = delete;

  image::Space& space() { return space_; }

 private:
  friend class VersionLink;

  struct Version {
    bool is_alive = true;
    std::vector<image::Piece> written;  // for this version; empty once there is none before it
    std::vector<image::Piece> retired;  // of this version, that the next one does not use
  };
  using Place = std::list<Version>::iterator;

  Place append(std::vector<image::Piece> written);
  void end(Place place);

  image::Space space_;
  std::mutex mutex_;
  std::list<Version> versions_;
};

// A version's place in its chain, as long as the version is alive.
class VersionLink {
 public:
  // Of a version that is an image, and begins a chain.
  explicit VersionLink(image::ImageMemory image);
  VersionLink(const VersionLink&) = delete;
  VersionLink& operator=(const VersionLink&) = delete;
  ~VersionLink();

  image::Space& space() const { return chain_->space(); }
  // No version that is alive was made of this one.
  bool is_newest() const;
  // The version made of this one, which must be the newest: what was written for it, and what it does not
  // use.
  std::unique_ptr<VersionLink> append(std::vector<image::Piece> written, std::vector<image::Piece> retired);

 private:
  VersionLink(std::shared_ptr<VersionChain> chain, VersionChain::Place place)
      : chain_(std::move(chain)), place_(place) {}

  const std::shared_ptr<VersionChain> chain_;
  VersionChain::Place place_;
};

}  // namespace atlas::zone
