// What stands around the trees of an image.
#pragma once

#include "atlas/base/bytes.h"
#include "atlas/base/large_pages.h"
#include "atlas/dns/name.h"
#include "atlas/zone/image/image.h"

namespace atlas::zone::image {

// The head, which is written last, and what stands in front of the blocks of names; `head` is told where.
void begin_image(dns::NameView apex, base::Bytes salt, base::Bytes shapes, ImageHead& head,
                 base::LargeOctets& image);
// Behind the trees.
ImageMemory end_image(ImageHead& head, base::LargeOctets image);

}  // namespace atlas::zone::image
