// Makes a version from the one before, step by step: what the nodes are to hold, which nodes there are, what
// follows for the flags of others, the chain that denies existence; then the trees.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "atlas/zone/edit.h"
#include "atlas/zone/image/tree_editor.h"

namespace atlas::zone {

class ZoneEditor {
 public:
  explicit ZoneEditor(const Zone& base) : base_(base), head_(base.head_) {}

  base::Result<std::shared_ptr<const Zone>> run(std::span<const RRsetEdit> edits);

 private:
  using Content = std::optional<image::NodeContent>;
  // A tree as it was and what changes.
  struct Part {
    const image::NameTree& tree;
    image::NodeChanges changes;
  };

  // The steps.
  base::Result<void> check(const RRsetEdit& edit) const;
  void set_rrset(const RRsetEdit& edit);
  base::Result<void> read_soa();
  void add_empty_non_terminals();
  void remove_empty_nodes();
  void mark_wildcards();
  void mark_names();
  void mark_nsec3();
  std::shared_ptr<const Zone> write();

  std::optional<image::Location> find(const image::NameTree& tree, base::Bytes key) const;
  // The content of a node, to be changed; empty if there is no such node.
  Content& touch(Part& part, base::Bytes key);
  image::NodeContent content_of(const image::NameTree& tree, const image::Location& at) const;
  bool exists(base::Bytes key) const;
  // As they are to be; of a node that there is.
  uint8_t flags_of(base::Bytes key) const;
  bool has_descendants(base::Bytes key) const;
  void touch_descendants(base::Bytes key);
  void touch_all(Part& part);
  DenialChain choose_chain();

  const Zone& base_;
  image::ImageHead head_;
  std::vector<uint8_t> salt_;
  Part names_{base_.names_, {}};
  Part nsec3_{base_.nsec3_, {}};
};

}  // namespace atlas::zone
