#include <utility>

#include "atlas/transfer/response.h"
#include "atlas/zone/zone_walk.h"

namespace atlas::transfer {
namespace {

// The walk begins with the SOA, which stands at the end once more (RFC 5936 2.2).
class Axfr : public Response {
 public:
  Axfr(RequestFacts facts, std::shared_ptr<const zone::Zone> version)
      : Response(std::move(facts)),
        version_(std::move(version)),
        walk_(*version_),
        soa_(version_->apex_node().find(dns::RRType::SOA)->view()),
        soa_at_(soa_.begin()) {
    add_expire(soa_.first());
  }

 private:
  Filled fill(MessageWriter& writer) override {
    while (!is_behind_walk_) {
      const auto rrsets = walk_.rrsets();
      for (; next_rrset_ < rrsets.size(); ++next_rrset_) {
        const dns::RRsetView& rrset = rrsets[next_rrset_].view;
        if (!is_in_rrset_) at_ = rrset.begin();
        is_in_rrset_ = !writer.add(rrset, at_);
        if (is_in_rrset_) return Filled::kFull;
      }
      next_rrset_ = 0;
      is_behind_walk_ = !walk_.next();
      writer.set_owner(is_behind_walk_ ? version_->apex() : walk_.owner());
    }
    return writer.add(soa_, soa_at_) ? Filled::kDone : Filled::kFull;
  }

  std::shared_ptr<const zone::Zone> version_;
  zone::ZoneWalk walk_;
  size_t next_rrset_ = 0;          // of the owner's
  bool is_in_rrset_ = false;       // some of it is written
  dns::RRsetView::Iterator at_{};  // in it
  bool is_behind_walk_ = false;
  dns::RRsetView soa_;
  dns::RRsetView::Iterator soa_at_;
};

}  // namespace

std::unique_ptr<Outgoing> make_axfr(RequestFacts facts, std::shared_ptr<const zone::Zone> version) {
  return std::make_unique<Axfr>(std::move(facts), std::move(version));
}

}  // namespace atlas::transfer
