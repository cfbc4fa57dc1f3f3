// DNS in JSON, as Google and Cloudflare have it: there is no standard.
//   developers.google.com/speed/public-dns/docs/doh/json
//   developers.cloudflare.com/1.1.1.1/encryption/dns-over-https/make-api-requests/dns-json
// Allocates, within limits: parameters are bounded by the request's target, answers by kJsonOctetsMax.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "atlas/base/result.h"
#include "atlas/dns/message.h"

namespace atlas::data::transport::doh {

// A message has at most 65,535 octets, but compressed names become as long as they are.
inline constexpr size_t kJsonOctetsMax = 1 << 20;
// Parameters of a request; there are seven.
inline constexpr size_t kParametersMax = 32;

// The query that the query string of a request means: name, type, do, cd, edns_client_subnet. Of one that
// comes more than once, the first counts; unknown ones are ignored, as is random_padding. The error is for
// the client.
base::Result<dns::Message> parse_json_query(std::string_view query);

// {"Status":0,"TC":false,...}; none if it would be longer than kJsonOctetsMax.
std::optional<std::string> to_json(const dns::Message& response);
// {"error":"..."}
std::string error_to_json(std::string_view message);

}  // namespace atlas::data::transport::doh
