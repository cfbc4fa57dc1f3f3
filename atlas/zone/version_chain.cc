#include "atlas/zone/version_chain.h"

#include <iterator>
#include <utility>

#include "atlas/base/assert.h"

namespace atlas::zone {

VersionChain::Place VersionChain::append(std::vector<image::Piece> written) {
  return versions_.insert(versions_.end(), {true, std::move(written), {}});
}

void VersionChain::end(Place place) {
  // Released without the lock: there may be many pieces, and nobody else knows of them.
  std::vector<std::vector<image::Piece>> unused;
  {
    const std::lock_guard lock(mutex_);
    place->is_alive = false;
    while (!versions_.empty() && !versions_.front().is_alive) {
      unused.push_back(std::move(versions_.front().retired));
      versions_.pop_front();
      if (!versions_.empty()) versions_.front().written = {};
    }
    while (!versions_.empty() && !versions_.back().is_alive) {
      unused.push_back(std::move(versions_.back().written));
      versions_.pop_back();
      versions_.back().retired = {};
    }
  }
  for (const auto& pieces : unused) space_.release(pieces);
}

VersionLink::VersionLink(image::ImageMemory image)
    : chain_(std::make_shared<VersionChain>(std::move(image))), place_(chain_->append({})) {}

VersionLink::~VersionLink() {
  chain_->end(place_);
}

bool VersionLink::is_newest() const {
  const std::lock_guard lock(chain_->mutex_);
  return std::next(place_) == chain_->versions_.end();
}

std::unique_ptr<VersionLink> VersionLink::append(std::vector<image::Piece> written,
                                                 std::vector<image::Piece> retired) {
  const std::lock_guard lock(chain_->mutex_);
  ATLAS_ASSERT(std::next(place_) == chain_->versions_.end());
  place_->retired = std::move(retired);
  return std::unique_ptr<VersionLink>(new VersionLink(chain_, chain_->append(std::move(written))));
}

}  // namespace atlas::zone
