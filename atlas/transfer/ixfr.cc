#include <optional>
#include <utility>

#include "atlas/transfer/response.h"
#include "atlas/zone/diff.h"

namespace atlas::transfer {
namespace {

// RFC 1995 4: the SOA of the last version; of each step, the SOA that it leaves with what goes, and the one
// that it leads to with what comes; the SOA of the last version again. Steps are read record by record.
class Ixfr : public Response {
 public:
  Ixfr(RequestFacts facts, std::vector<uint8_t> soa, uint32_t soa_ttl, std::vector<EncodedDiff> diffs)
      : Response(std::move(facts)), soa_(std::move(soa)), soa_ttl_(soa_ttl), diffs_(std::move(diffs)) {
    if (const auto name = dns::view_name(this->facts().question)) zone_ = *name;
    add_expire(soa_);
  }

 private:
  Filled fill(MessageWriter& writer) override {
    if (!has_begun_) {
      if (!add_soa(writer)) return Filled::kFull;
      has_begun_ = true;
      if (diffs_.empty()) return Filled::kDone;
    }
    for (; next_diff_ < diffs_.size(); ++next_diff_) {
      if (!reader_) {
        auto opened = zone::DiffReader::open(*diffs_[next_diff_]);
        if (!opened) return Filled::kFailed;
        reader_.emplace(std::move(*opened));
        records_of_diff_ = 0;
        record_ = reader_->next();
      }
      for (; record_ != nullptr; record_ = reader_->next()) {
        const bool is_first = records_of_diff_ == 0 || records_of_diff_ == reader_->removed();
        if (is_first != (record_->type == dns::RRType::SOA)) return Filled::kFailed;
        writer.set_owner(record_->owner);
        if (!writer.add(record_->type, record_->ttl, record_->rdata)) return Filled::kFull;
        ++records_of_diff_;
      }
      const bool is_whole = reader_->is_whole() && reader_->removed() > 0 && reader_->added() > 0;
      reader_.reset();
      // What is done with needs no memory.
      diffs_[next_diff_].reset();
      if (!is_whole) return Filled::kFailed;
    }
    return add_soa(writer) ? Filled::kDone : Filled::kFull;
  }

  bool add_soa(MessageWriter& writer) {
    writer.set_owner(zone_);
    return writer.add(dns::RRType::SOA, soa_ttl_, soa_);
  }

  dns::Name zone_;
  std::vector<uint8_t> soa_;
  uint32_t soa_ttl_;
  std::vector<EncodedDiff> diffs_;
  bool has_begun_ = false;
  size_t next_diff_ = 0;
  std::optional<zone::DiffReader> reader_;    // of the next one, once it has begun
  const zone::DiffRecord* record_ = nullptr;  // that is to be written
  size_t records_of_diff_ = 0;                // that are written
};

// An error, which needs no records.
class RefusedTransfer : public Response {
 public:
  RefusedTransfer(RequestFacts facts, dns::Rcode rcode, dns::ExtendedError error, std::string_view text)
      : Response(std::move(facts)) {
    constexpr size_t kExtraTextOctetsMax = 120;
    set_rcode(rcode);
    set_authoritative(false);
    add_option(dns::ExtendedErrorOption{error, std::string(text.substr(0, kExtraTextOctetsMax))});
  }

 private:
  Filled fill(MessageWriter&) override { return Filled::kDone; }
};

}  // namespace

std::unique_ptr<Outgoing> make_ixfr(RequestFacts facts, std::vector<uint8_t> soa, uint32_t soa_ttl,
                                    std::vector<EncodedDiff> diffs) {
  return std::make_unique<Ixfr>(std::move(facts), std::move(soa), soa_ttl, std::move(diffs));
}

std::unique_ptr<Outgoing> make_refusal(RequestFacts facts, dns::Rcode rcode, dns::ExtendedError error,
                                       std::string_view text) {
  return std::make_unique<RefusedTransfer>(std::move(facts), rcode, error, text);
}

}  // namespace atlas::transfer
