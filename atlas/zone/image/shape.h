// What a node of an image holds, without the octets: its flags and, for each RRset, type, TTL, count and
// size. A zone has few different shapes, so that a node says its own in one octet.
#pragma once

#include <cstdint>
#include <cstring>

#include "atlas/base/bytes.h"
#include "atlas/dns/rrset.h"
#include "atlas/dns/types.h"

namespace atlas::zone::image {

enum NodeFlag : uint8_t {
  kZoneCut = 1,       // has NS and is not the apex
  kDname = 2,         // has DNAME
  kBelowCut = 4,      // the highest zone cut or DNAME above it is a zone cut
  kHasWildcard = 8,   // "*" is directly below
  kSigned = 16,       // its block of signatures has something for it
  kDeniesNsec = 32,   // has an NSEC that is part of the zone's chain
  kDeniesNsec3 = 64,  // has an NSEC3 that is part of the zone's chain
  kBelowDname = 128,  // the highest zone cut or DNAME above it is a DNAME
};
// Not the zone's own data.
inline constexpr uint8_t kOccluded = kBelowCut | kBelowDname;

// One RRset of a shape. Lies unaligned in images.
struct ShapeItem {
  uint32_t ttl;
  uint32_t rdata_octets;  // of each RDATA; 0: the node says
  dns::RRType type;
  uint16_t count;

  friend bool operator==(const ShapeItem&, const ShapeItem&) = default;
};
static_assert(sizeof(ShapeItem) == 12);

// A shape in an image's table, which begins with a size for each shape (uint16_t): the octets of a node's
// payload, or kPayloadVaries.
struct ShapeHead {
  uint32_t items_offset;  // octets behind the table's begin
  uint16_t items;
  uint8_t flags;
  uint8_t reserved;
};
static_assert(sizeof(ShapeHead) == 8);

// A node whose shape is not in the table says this, and its flags, its count of RRsets (two octets) and its
// items stand in front of its payload.
inline constexpr uint8_t kOwnShape = 255;
inline constexpr size_t kShapesMax = 255;
inline constexpr uint16_t kPayloadVaries = 0xffff;
inline constexpr size_t kShapeHeadsOffset = (kShapesMax + 1) * sizeof(uint16_t);

// Where the RRsets of a node lie. Valid as long as the image.
struct NodeData {
  const uint8_t* items = nullptr;
  const uint8_t* payload = nullptr;
  uint16_t item_count = 0;
  uint8_t flags = 0;
};

inline ShapeItem load_item(const uint8_t* items, size_t index) {
  ShapeItem item;
  std::memcpy(&item, items + index * sizeof item, sizeof item);
  return item;
}

// Seven bits an octet, the lowest first.
inline uint32_t read_varint(const uint8_t*& at) {
  uint32_t value = *at & 0x7fu;
  for (int shift = 7; (*at++ & 0x80) != 0; shift += 7) value |= (*at & 0x7fu) << shift;
  return value;
}

// The RRset of `item` whose octets begin at `payload`, which moves behind them. RRsets whose size is not part
// of the shape begin with it; of several RDATAs each stands behind two octets of length.
inline dns::RRsetView read_rrset(const ShapeItem& item, const uint8_t*& payload) {
  dns::RRsetView view;
  view.type = item.type;
  view.count = item.count;
  view.ttl = item.ttl;
  if (item.rdata_octets != 0) {
    view.rdata_octets = item.rdata_octets;
    view.octets = item.rdata_octets * item.count;
  } else {
    view.octets = read_varint(payload);
    if (item.count == 1) view.rdata_octets = view.octets;
  }
  view.rdatas = payload;
  payload += view.octets;
  if (item.count == 1 && view.octets == 0) {
    static constexpr uint8_t kEmptyRdata[2] = {0, 0};  // behind its length
    view.rdatas = kEmptyRdata;
    view.octets = sizeof kEmptyRdata;
  }
  return view;
}

}  // namespace atlas::zone::image
