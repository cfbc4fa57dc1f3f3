#include "atlas/control/store/unavailable_store.h"

namespace atlas::control::store {
namespace {

class UnavailableStore final : public Store {
 public:
  explicit UnavailableStore(base::Error reason) : reason_(std::move(reason)) {}

  base::Result<void> commit(const Batch&) override { return std::unexpected(reason_); }
  ZoneId next_zone() const override { return ZoneId{1}; }
  ChangeId next_change() const override { return ChangeId{1}; }
  base::Result<std::vector<ZoneRow>> zones() override { return std::vector<ZoneRow>(); }
  base::Result<std::vector<KeyRow>> keys() override { return std::vector<KeyRow>(); }
  base::Result<std::vector<ChangeRow>> changes(const ChangeFilter&) override {
    return std::vector<ChangeRow>();
  }
  base::Result<std::optional<ChangeRow>> change(ChangeId) override { return std::optional<ChangeRow>(); }
  base::Result<void> replay(ZoneId, ChangeId, const std::function<bool(const ChangeRow&)>&) override {
    return {};
  }
  base::Result<ChangeId> first_change_since(base::WallTime) override { return next_change(); }
  base::Result<std::vector<LeaseRow>> leases(base::WallTime, size_t) override {
    return std::vector<LeaseRow>();
  }
  base::Result<std::optional<base::WallTime>> next_expiry() override {
    return std::optional<base::WallTime>();
  }
  base::Result<void> back_up(const std::filesystem::path&) override { return std::unexpected(reason_); }
  const std::vector<Repair>& repairs() const override { return repairs_; }

 private:
  const base::Error reason_;
  const std::vector<Repair> repairs_;
};

}  // namespace

std::unique_ptr<Store> make_unavailable_store(base::Error reason) {
  return std::make_unique<UnavailableStore>(std::move(reason));
}

}  // namespace atlas::control::store
