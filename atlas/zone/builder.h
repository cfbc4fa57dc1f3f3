// Makes the image of a zone version from sorted records, pass by pass.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/base/large_pages.h"
#include "atlas/zone/image/image.h"
#include "atlas/zone/image/tree_writer.h"
#include "atlas/zone/nsec3_chain.h"
#include "atlas/zone/ordered_work.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {

class Builder {
 public:
  // `records` as Zone::build wants them. What is in `consumed`, which is the same list or null, is given up
  // while the image grows.
  Builder(dns::NameView apex, const RecordList& records, RecordList* consumed, Work work);

  // No octets if it was cancelled.
  image::ImageMemory run();

 private:
  // What is planned and written in one piece, beside others; also how soon a cancelled build ends.
  static constexpr uint32_t kPartRecords = 16'384;

  // A name of the zone, or an owner of NSEC3.
  struct Node {
    uint32_t first;  // of its records; of an empty non-terminal: of the first name below it
    uint32_t end;
    uint8_t flags;
    uint8_t depth;  // labels below the apex
    bool is_empty;  // a non-terminal
  };
  struct Part {
    uint32_t first_record;
    uint32_t first_node;
    uint32_t last_owner;  // a record of the owner of the last name before the part
  };
  struct Nsec3Owner {
    uint32_t first;
    uint8_t flags;
    uint8_t depth;
  };
  enum class Tree : uint8_t { kNames, kNsec3 };
  class PartWriter;

  // The passes.
  void plan_nodes();
  void read_soa();
  void choose_denial();
  void choose_shapes();
  void begin_image();
  void write_names();
  void write_nsec3();

  uint32_t end_of_owner(uint32_t first) const;
  uint32_t for_each_node(const Part& part, uint32_t end, const auto& visit) const;
  uint32_t end_of_part(size_t part) const;
  uint32_t add_node(const Node& node, uint32_t parent);
  Node node_of(const Nsec3Owner& owner) const;
  dns::NameView name_of(const Node& node) const;
  std::span<const ListedRecord> records_of(const Node& node) const {
    return records_.subspan(node.first, node.is_empty ? 0 : node.end - node.first);
  }
  bool take_nsec3_chain(const Nsec3Parameters& parameters);
  image::TreeHead write_tree(Tree tree, size_t parts);

  const dns::NameView apex_;
  const size_t apex_labels_;
  const RecordList& list_;
  RecordList* const consumed_;
  const Work work_;
  const std::span<const ListedRecord> records_;
  std::vector<Part> parts_;
  base::LargeVector<uint8_t> flags_;  // of each name
  uint8_t depth_max_ = 0;
  base::LargeVector<Nsec3Owner> nsec3_owners_;
  image::ImageHead head_{};
  base::Bytes salt_;
  image::ShapeSet shapes_;
  base::LargeOctets image_;  // as far as it is written
};

}  // namespace atlas::zone
