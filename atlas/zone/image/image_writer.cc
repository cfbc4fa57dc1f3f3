#include "atlas/zone/image/image_writer.h"

#include <cstring>
#include <memory>
#include <utility>

#include "atlas/zone/image/tree_writer.h"

namespace atlas::zone::image {

void begin_image(dns::NameView apex, base::Bytes salt, base::Bytes shapes, ImageHead& head,
                 base::LargeOctets& image) {
  image.append(sizeof head);
  head.apex_octets = apex.size();
  head.apex_offset = static_cast<uint32_t>(append_piece(apex.wire(), 1, image));
  head.salt_octets = static_cast<uint8_t>(salt.size());
  head.salt_offset = static_cast<uint32_t>(append_piece(salt, 1, image));
  head.shapes_offset = static_cast<uint32_t>(append_piece(shapes, 1, image));
}

ImageMemory end_image(ImageHead& head, base::LargeOctets image) {
  // Keys are compared eight octets at a time.
  std::memset(image.append(kKeySlackOctets), 0, kKeySlackOctets);
  head.octets = image.size();
  std::memcpy(image.data(), &head, sizeof head);
  // What is reserved in vain costs memory only where it shares pages with others.
  if (image.size() < base::kLargePageOctets) image.shrink_to_fit();
  const auto owner = std::make_shared<const base::LargeOctets>(std::move(image));
  return {owner, {owner->data(), owner->size()}};
}

}  // namespace atlas::zone::image
