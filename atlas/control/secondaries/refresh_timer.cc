#include "atlas/control/secondaries/refresh_timer.h"

#include <algorithm>

namespace atlas::control::secondaries {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Zones without a version wait no longer than this part of the longest retry.
constexpr int kFirstRetryShare = 24;
// Twice as long with each failure, this often.
constexpr uint32_t kDoublingsMax = 16;
// RFC 1912 2.2: a retry is a fraction of the refresh. What fails for long need not be asked that often.
constexpr uint32_t kRetriesBeforeBackOff = 8;

// Less by up to a tenth.
milliseconds cut(seconds time, uint32_t roll) {
  const milliseconds whole = time;
  return whole - milliseconds(whole.count() * (roll % 1'000) / 10'000);
}

seconds clamp(uint32_t wanted, seconds least, seconds most) {
  return std::clamp(seconds(wanted), least, std::max(least, most));
}

}  // namespace

void RefreshTimer::set_expiry(base::MonotonicTime confirmed_at, std::optional<uint32_t> expire) {
  confirmed_ = confirmed_at;
  expire_ = expire;
  // RFC 7314 4: what a secondary says is left, and never more than the SOA says. The bound is for SOAs only:
  // it would give zones more time with each secondary on the way.
  seconds left = std::max(seconds(soa_.expire), bounds_->expire_min);
  if (expire) left = std::min(left, seconds(*expire));
  expires_ = confirmed_at + left;
}

void RefreshTimer::resume(const transfer::Soa& soa, base::MonotonicTime confirmed_at, base::MonotonicTime now,
                          milliseconds spread, uint32_t roll) {
  has_version_ = true;
  failures_ = 0;
  soa_ = soa;
  set_expiry(confirmed_at, {});
  const int64_t within = std::max<int64_t>(spread.count(), 0);
  due_ = now + milliseconds(static_cast<int64_t>(roll) % (within + 1));
  // One that will have expired by then cannot wait.
  if (expires_ <= due_) due_ = now;
}

void RefreshTimer::begin(base::MonotonicTime now) {
  has_version_ = false;
  failures_ = 0;
  soa_ = {};
  expires_ = base::MonotonicTime::max();
  due_ = now;
}

void RefreshTimer::confirm(const transfer::Soa& soa, std::optional<uint32_t> expire, base::MonotonicTime now,
                           uint32_t roll) {
  has_version_ = true;
  failures_ = 0;
  soa_ = soa;
  set_expiry(now, expire);
  due_ = now + cut(clamp(soa.refresh, bounds_->refresh_min, bounds_->refresh_max), roll);
  // A zone whose expiry is shorter than its refresh is asked for before it goes.
  const base::MonotonicTime latest = now + (expires_ - now) / 2;
  if (expires_ > now && due_ > latest) due_ = std::max(latest, now + bounds_->retry_min);
}

void RefreshTimer::use_bounds() {
  if (has_version_) set_expiry(confirmed_, expire_);
}

void RefreshTimer::fail(base::MonotonicTime now, uint32_t roll) {
  const uint32_t doublings = std::min(failures_, kDoublingsMax);
  failures_ = std::min(failures_ + 1, UINT32_MAX - 1);
  if (!has_version_) {
    const seconds most = std::max(bounds_->first_retry, bounds_->retry_max / kFirstRetryShare);
    due_ = now + cut(std::min(bounds_->first_retry * (int64_t{1} << doublings), most), roll);
    return;
  }
  seconds wait = clamp(soa_.retry, bounds_->retry_min, bounds_->retry_max);
  // Still no longer than a refresh, so that a primary that comes back is found as soon as one that never was
  // away.
  const seconds refresh = clamp(soa_.refresh, bounds_->refresh_min, bounds_->refresh_max);
  if (failures_ > kRetriesBeforeBackOff) {
    const uint32_t further = std::min(failures_ - kRetriesBeforeBackOff, kDoublingsMax);
    wait = std::max(wait, std::min(wait * (int64_t{1} << further), refresh));
  }
  due_ = now + cut(wait, roll);
}

void RefreshTimer::hurry(base::MonotonicTime now) {
  due_ = std::min(due_, now);
}

}  // namespace atlas::control::secondaries
