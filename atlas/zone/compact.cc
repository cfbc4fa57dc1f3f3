#include "atlas/zone/compact.h"

#include <algorithm>
#include <deque>
#include <vector>

#include "atlas/zone/image/image_writer.h"
#include "atlas/zone/image/tree_writer.h"

namespace atlas::zone {
namespace {

using image::NameTree;
using image::TreeHead;

// Shapes are counted on about so many nodes, evenly spread over the pages of blocks.
constexpr size_t kShapeSampleNodes = 65'536;
constexpr size_t kShapeSampleNodesMin = 8;  // of a page

// What a node holds, on its way into another image.
class NodeReader {
 public:
  explicit NodeReader(const NameTree& tree) : tree_(tree) {}

  // Valid until the next one.
  const image::NodeDraft& read(const image::Location& at) {
    draft_.flags = at.data.flags;
    draft_.rrsets.clear();
    draft_.signatures.clear();
    rdatas_.clear();
    const uint8_t* payload = at.data.payload;
    for (size_t i = 0; i < at.data.item_count; ++i) {
      const image::ShapeItem item = image::load_item(at.data.items, i);
      add_rdatas(image::read_rrset(item, payload));
      draft_.rrsets.push_back({item, {}});
    }
    tree_.for_each_signature(at, [&](dns::RRType covered, const dns::RRsetView& view) {
      add_rdatas(view);
      draft_.signatures.push_back({covered, view.ttl, {}});
      counts_.push_back(view.count);
    });
    // Where they are once all are there.
    std::span<const base::Bytes> rest = rdatas_;
    const auto take = [&](size_t count) {
      const auto taken = rest.first(count);
      rest = rest.subspan(count);
      return taken;
    };
    for (image::RRsetDraft& rrset : draft_.rrsets) rrset.rdatas = take(rrset.item.count);
    for (size_t i = 0; i < draft_.signatures.size(); ++i) draft_.signatures[i].rdatas = take(counts_[i]);
    counts_.clear();
    return draft_;
  }

 private:
  void add_rdatas(const dns::RRsetView& view) {
    for (const base::Bytes rdata : view) rdatas_.push_back(rdata);
  }

  const NameTree& tree_;
  image::NodeDraft draft_;
  std::vector<base::Bytes> rdatas_;
  std::vector<size_t> counts_;  // of signatures
};

// The nodes of a page of blocks: visit(key, location), until it says false.
void for_each_node(const NameTree& tree, const image::BlockOrder::Page& page, const auto& visit) {
  for (uint32_t i = 0; i < page.count; ++i) {
    const uint32_t number = page.number(i);
    image::BlockCursor cursor(tree.block(number));
    while (cursor.next()) {
      image::Location at{number, static_cast<uint8_t>(cursor.node()), {}};
      cursor.block().read(at.ordinal, tree.shapes(), at.data);
      if (!visit(cursor.key(), at)) return;
    }
  }
}

void count_shapes(const NameTree& tree, image::ShapeSet& shapes) {
  const auto pages = tree.order().pages();
  if (pages.empty()) return;
  const size_t wanted = std::max(kShapeSampleNodes / pages.size(), kShapeSampleNodesMin);
  NodeReader reader(tree);
  for (const image::BlockOrder::Page& page : pages) {
    size_t seen = 0;
    for_each_node(tree, page, [&](base::Bytes, const image::Location& at) {
      shapes.count(reader.read(at));
      return ++seen < wanted;
    });
  }
}

// Writes pages of blocks anew.
class PageWriter {
 public:
  // What the writers of a tree share.
  struct Shared {
    const NameTree& from;
    image::TreeWriter tree;
    const Work work;
    size_t next = 0;
    size_t depth_max = 0;
  };

  PageWriter(const image::ShapeSet& shapes, Shared& shared)
      : shared_(shared), shapes_(shapes), reader_(shared.from) {}

  bool take() {
    number_ = shared_.next++;
    return number_ < shared_.from.order().pages().size() && !shared_.work.is_cancelled();
  }
  void work() {
    part_.clear();
    for_each_node(shared_.from, shared_.from.order().pages()[number_],
                  [this](base::Bytes key, const image::Location& at) {
                    part_.add(key, image::hash_key(key), reader_.read(at), shapes_);
                    depth_max_ = std::max(depth_max_, image::depth_of(key));
                    return true;
                  });
    part_.finish();
  }
  bool deliver() {
    shared_.tree.append(part_);
    shared_.depth_max = std::max(shared_.depth_max, depth_max_);
    return true;
  }

 private:
  Shared& shared_;
  size_t number_ = 0;
  size_t depth_max_ = 0;
  image::ShapeSet shapes_;
  NodeReader reader_;
  image::TreePart part_;
};

TreeHead write_tree(const NameTree& from, const image::ShapeSet& shapes, Work work,
                    base::LargeOctets& image) {
  PageWriter::Shared shared{from, image::TreeWriter(image), work};
  std::deque<PageWriter> writers;
  for (size_t i = 0; i < std::clamp<size_t>(from.order().pages().size(), 1, work.threads); ++i)
    writers.emplace_back(shapes, shared);
  run_in_order(writers);
  if (work.is_cancelled()) return {};
  TreeHead head = shared.tree.finish(work);
  head.depth_max = static_cast<uint8_t>(shared.depth_max);
  return head;
}

}  // namespace

class Compactor {
 public:
  Compactor(const Zone& zone, Work work) : zone_(zone), work_(work), head_(zone.head_) {}

  std::shared_ptr<const Zone> run() {
    image::ShapeSet shapes;
    count_shapes(zone_.names_, shapes);
    if (!zone_.nsec3_.empty()) count_shapes(zone_.nsec3_, shapes);
    shapes.choose();
    base::LargeOctets image;
    image.reserve(zone_.memory_octets());
    image::begin_image(zone_.apex_, zone_.nsec3_salt_, shapes.table(), head_, image);
    head_.names = write_tree(zone_.names_, shapes, work_, image);
    head_.nsec3_begin = image.size();
    if (work_.is_cancelled()) return nullptr;
    head_.nsec3 = write_tree(zone_.nsec3_, shapes, work_, image);
    // Of names alone it says something.
    head_.nsec3.depth_max = 0;
    if (work_.is_cancelled()) return nullptr;
    return std::make_shared<const Zone>(image::end_image(head_, std::move(image)));
  }

 private:
  const Zone& zone_;
  const Work work_;
  image::ImageHead head_;
};

std::shared_ptr<const Zone> compact(const Zone& zone, Work work) {
  return Compactor(zone, work).run();
}

}  // namespace atlas::zone
