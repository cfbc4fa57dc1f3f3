// Media types as HTTP names them.
#pragma once

#include <string_view>

namespace atlas::data::transport::doh {

inline constexpr std::string_view kDnsMessageType = "application/dns-message";  // RFC 8484 6
inline constexpr std::string_view kDnsJsonType = "application/dns-json";        // a convention
inline constexpr std::string_view kJsonType = "application/json";               // RFC 8259

// "Application/DNS-Message; x=y" is application/dns-message. `type` is in lower case.
bool is_media_type(std::string_view content_type, std::string_view type);

// What a field "accept" says of `type` (RFC 9110 12.5.1): true if the most specific of the ranges that match
// it does not give it the weight 0, or if there is no such field. Only the first kMediaRangesMax ranges are
// read.
bool accepts(std::string_view accept, std::string_view type);

// Browsers send less than ten.
inline constexpr int kMediaRangesMax = 32;

}  // namespace atlas::data::transport::doh
