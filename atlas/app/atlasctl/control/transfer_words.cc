#include "atlas/app/atlasctl/control/transfer_words.h"

#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/session.h"
#include "atlas/base/time_text.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

// "3 min ago", "in 57 min"; empty without a time.
std::string when(const json::object& transfer, std::string_view key, base::WallTime now) {
  const auto time = base::parse_rfc3339(text(transfer, key));
  if (!time) return {};
  const auto seconds = std::chrono::round<std::chrono::seconds>(*time - now).count();
  if (seconds == 0) return "now";
  return seconds < 0 ? human_duration(static_cast<uint64_t>(-seconds)) + " ago"
                     : "in " + human_duration(static_cast<uint64_t>(seconds));
}

std::string from(const json::object& transfer) {
  const std::string primary = text(transfer, "primary");
  return primary.empty() ? "" : " from " + primary;
}

std::string state_words(const json::object& transfer, const std::string& refreshed) {
  const std::string state = text(transfer, "state");
  const std::string last = refreshed.empty() ? "" : ", refreshed " + refreshed;
  if (state == "new") return "nothing has come yet";
  if (state == "current") return refreshed.empty() ? "current" : "refreshed " + refreshed + from(transfer);
  if (state == "refreshing") return "asks its primaries" + last + from(transfer);
  if (state == "transferring") return "is being transferred" + from(transfer) + last;
  if (state == "failing") return "the last attempt failed" + last + from(transfer);
  if (state == "expired") return "is not served: nobody has confirmed it for too long" + last;
  return state;
}

}  // namespace

std::string transfer_words(const json::object& transfer, base::WallTime now) {
  std::string words = state_words(transfer, when(transfer, "refreshed", now));
  if (const std::string next = when(transfer, "next_refresh", now); !next.empty()) words += ", next " + next;
  if (const std::string expiry = when(transfer, "expires", now); !expiry.empty())
    words += (text(transfer, "state") == "expired" ? ", expired " : ", expires ") + expiry;
  return words;
}

}  // namespace atlas::app::atlasctl::control
