// Makes the image of a zone version from sorted records, pass by pass.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/base/large_pages.h"
#include "atlas/zone/image/image.h"
#include "atlas/zone/image/tree_writer.h"
#include "atlas/zone/nsec3_chain.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {

class Builder {
 public:
  // `records` as Zone::build wants them.
  Builder(dns::NameView apex, const RecordList& records);

  image::ImageMemory run();

 private:
  // Records in canonical order, under one owner.
  struct PlannedNode {
    uint32_t first;  // in records_; of an empty non-terminal: of the first name below it
    uint8_t flags;
    uint8_t depth;  // labels below the apex
    bool is_empty;  // a non-terminal
  };

  // The passes.
  void plan_nodes();
  void read_soa();
  void choose_denial();
  void choose_shapes();
  void begin_image();
  void write_names();
  void write_nsec3();
  image::ImageMemory end_image();

  uint32_t add_node(PlannedNode node, uint32_t parent);
  dns::NameView name_of(const PlannedNode& node) const;
  std::span<const ListedRecord> records_of(const PlannedNode& node) const;
  bool take_nsec3_chain(const Nsec3Parameters& parameters);
  enum class Part : uint8_t { kNames, kNsec3 };
  void draft(const PlannedNode& node, Part part);

  dns::NameView apex_;
  size_t apex_labels_;
  const RecordList& list_;
  std::span<const ListedRecord> records_;
  base::LargeVector<PlannedNode> nodes_;
  base::LargeVector<PlannedNode> nsec3_owners_;
  image::ImageHead head_{};
  base::Bytes salt_;
  image::ShapeSet shapes_;
  base::LargeVector<uint8_t> image_;  // as far as it is written

  // The node at hand.
  image::NodeDraft draft_;
  std::vector<base::Bytes> rdatas_;
};

}  // namespace atlas::zone
