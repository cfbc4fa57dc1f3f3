// Builds a zone version, pass by pass.
#pragma once

#include <optional>

#include "atlas/zone/zone.h"

namespace atlas::zone {

class Builder {
 public:
  // `zone` is empty; `records` as Zone::build wants them.
  Builder(Zone& zone, dns::NameView apex, const RecordList& records)
      : zone_(zone), apex_(apex), records_(records) {}

  void run();

 private:
  using Records = std::span<const ListedRecord>;

  void add_nodes();
  void read_soa();
  void join_signatures();
  void hide_nsec3_owners();
  void find_boundaries();
  void find_wildcards();
  void index_names();
  void find_additionals();
  void choose_denial();
  void link_nsec();
  void link_nsec3();
  void release_spare_memory();

  void add_node(uint64_t name_offset, dns::NameView name, uint32_t parent);
  void add_rrsets(Records owner);
  void add_rrset(Records rrset, dns::RRType covered);
  bool use_nsec3_parameters(base::Bytes nsec3param);
  uint32_t additional_node(dns::NameView owner, dns::RRType type, base::Bytes rdata) const;

  uint32_t node_count() const { return static_cast<uint32_t>(zone_.nodes_.size() - 1); }
  bool has_flag(uint32_t node, Zone::NodeFlag flag) const { return (zone_.nodes_[node].flags & flag) != 0; }

  Zone& zone_;
  dns::NameView apex_;
  const RecordList& records_;
};

}  // namespace atlas::zone
