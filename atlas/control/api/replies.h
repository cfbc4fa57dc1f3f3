// What the API says: values as JSON, refusals as problems.
#pragma once

#include <string>
#include <string_view>

#include "atlas/base/diagnostic.h"
#include "atlas/control/changes/changes.h"
#include "atlas/control/zones/zone_set.h"
#include "atlas/http/message.h"
#include "atlas/zone/diff.h"

namespace boost::json {
class array;
class object;
class value;
}  // namespace boost::json

namespace atlas::control::api {

// Records of a diff that are shown.
inline constexpr size_t kDiffRecordsShown = 10'000;

http::Response reply(const boost::json::value& value, int status = 200);

// `zone`, if it is known, says where the configuration names what cannot be changed.
http::Response refusal(const changes::Refused& refused, const zones::ZoneState* zone = nullptr);
http::Response refusal(changes::Refused::Kind kind, std::string message, std::string hint = {});
// The store cannot be read.
http::Response unreadable(const base::Error& error);
// A zone text that is none.
http::Response refusal(const base::Diagnostics& diagnostics);

boost::json::array describe(const base::Diagnostics& diagnostics);
boost::json::object describe(const zones::ZoneState& zone, const zones::ZoneSet& set);
boost::json::object describe(const zone::ZoneDiff& diff);
boost::json::object describe(const store::ChangeRow& change, dns::NameView zone);
boost::json::object describe(dns::NameView zone, const changes::Made& made);

std::string_view to_text(store::ZoneKind kind);
std::string where(const zones::ZoneState& zone);
int64_t number_of(store::ChangeId id);
int64_t number_of(store::ZoneId id);

}  // namespace atlas::control::api
