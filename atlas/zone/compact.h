// A version of a zone as one image, as a file can keep it (image/image_file.h).
#pragma once

#include <memory>

#include "atlas/zone/ordered_work.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

// The same records as one image, made by walking through the version: the list of records that loading needs
// is not. Null if it was cancelled.
//
// Any thread, while the version is served and later ones are made of it: what it reads does not change, and
// stays where it is as long as the version is alive, which is for the caller to see to. Memory that later
// versions no longer use is not used again meanwhile. The version that is returned begins a chain of its own.
std::shared_ptr<const Zone> compact(const Zone& zone, Work work = {});

}  // namespace atlas::zone
