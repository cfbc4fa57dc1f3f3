// When a secondary asks its primary again, and when it gives up (RFC 1035 3.3.13, RFC 1996, RFC 7314): a pure
// decision about times.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "atlas/base/clock.h"
#include "atlas/transfer/messages.h"

namespace atlas::control::secondaries {

// What SOAs may ask for. Values beyond are raised or cut.
struct RefreshBounds {
  std::chrono::seconds refresh_min{30};
  std::chrono::seconds refresh_max{7 * 24 * 3600};
  std::chrono::seconds retry_min{10};
  std::chrono::seconds retry_max{24 * 3600};
  std::chrono::seconds expire_min{300};
  std::chrono::seconds first_retry{5};  // without a version yet; doubles up to retry_max / 24
};

// One zone's. `roll` is a random number: times are cut by up to a tenth, so that zones that came together do
// not stay together.
class RefreshTimer {
 public:
  explicit RefreshTimer(const RefreshBounds& bounds) : bounds_(&bounds) {}

  // A version that was kept: due soon, at a random moment within `spread`.
  void resume(const transfer::Soa& soa, base::MonotonicTime confirmed_at, base::MonotonicTime now,
              std::chrono::milliseconds spread, uint32_t roll);
  // No version: due now.
  void begin(base::MonotonicTime now);
  // The primary says that this is the newest, or has given it. `expire` of RFC 7314, if it said so.
  void confirm(const transfer::Soa& soa, std::optional<uint32_t> expire, base::MonotonicTime now,
               uint32_t roll);
  // The bounds are others: when it expires follows from them anew.
  void use_bounds();
  // No primary answered, or none with what could be used.
  void fail(base::MonotonicTime now, uint32_t roll);
  // A NOTIFY, or somebody who cannot wait: due now, or as soon as what is under way has ended.
  void hurry(base::MonotonicTime now);

  base::MonotonicTime due() const { return due_; }
  // Without a version: never.
  bool is_expired(base::MonotonicTime now) const { return has_version_ && now >= expires_; }
  uint32_t failures() const { return failures_; }  // in a row
  base::MonotonicTime expires() const { return expires_; }

 private:
  void set_expiry(base::MonotonicTime confirmed_at, std::optional<uint32_t> expire);

  const RefreshBounds* bounds_;
  base::MonotonicTime due_{};
  base::MonotonicTime confirmed_{};
  std::optional<uint32_t> expire_;  // that was said then
  base::MonotonicTime expires_ = base::MonotonicTime::max();
  transfer::Soa soa_{};
  uint32_t failures_ = 0;  // in a row
  bool has_version_ = false;
};

}  // namespace atlas::control::secondaries
