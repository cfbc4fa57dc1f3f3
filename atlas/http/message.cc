#include "atlas/http/message.h"

#include <boost/beast/http/status.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

#include "atlas/http/target.h"

namespace atlas::http {
namespace {

// A query string of a page or a filter has a handful.
constexpr size_t kQueryParametersMax = 64;

}  // namespace

std::optional<Request> to_request(const RequestView& view) {
  Request request;
  request.method = view.method_name;
  // Decoded segment by segment by the router, so that "%2F" stays within its segment.
  request.path = view.path;
  std::string_view rest = view.query, encoded_name, encoded_value;
  for (size_t count = 0; take_parameter(rest, encoded_name, encoded_value); ++count) {
    if (count == kQueryParametersMax) return {};
    auto name = percent_decode(encoded_name, true);
    auto value = percent_decode(encoded_value, true);
    if (!name || !value) return {};
    request.query[std::move(*name)] = std::move(*value);
  }
  request.content_type = view.content_type;
  request.body = base::text_of(view.body);
  return request;
}

std::string_view reason(int status) {
  const auto text = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {text.data(), text.size()};
}

std::string json_string(std::string_view text) {
  // Not every name that people can make up is UTF-8; JSON must be.
  std::string valid;
  valid.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t length = lead < 0x80   ? 1
                          : lead < 0xc2 ? 0
                          : lead < 0xe0 ? 2
                          : lead < 0xf0 ? 3
                          : lead < 0xf5 ? 4
                                        : 0;
    bool good = length != 0 && i + length <= text.size();
    for (size_t j = 1; good && j < length; ++j)
      good = (static_cast<unsigned char>(text[i + j]) & 0xc0) == 0x80;
    if (good) {
      valid.append(text.substr(i, length));
      i += length;
    } else {
      valid += "\xef\xbf\xbd";
      ++i;
    }
  }
  return boost::json::serialize(boost::json::string(valid));
}

Response problem(int status, std::string_view detail, std::string_view extra) {
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  response.body = "{\"type\":\"about:blank\",\"title\":" + json_string(reason(status)) +
                  ",\"status\":" + std::to_string(status) + ",\"detail\":" + json_string(detail);
  if (!extra.empty()) response.body += "," + std::string(extra);
  response.body += "}\n";
  return response;
}

Response refusal(Outcome outcome) {
  switch (outcome) {
    case Outcome::kBodyTooLarge:
      return problem(413, "the body is too large");
    case Outcome::kTargetTooLong:
      return problem(414, "the target is too long");
    case Outcome::kExpectationFailed:
      return problem(417, "what is expected is not known here");
    case Outcome::kFieldsTooLarge:
      return problem(431, "the header is too large");
    case Outcome::kMethodUnknown:
      return problem(501, "this method is not known here");
    case Outcome::kTransferCoding:
      return problem(501, "this transfer coding is not known here");
    case Outcome::kVersion:
      return problem(505, "this version of HTTP is not known here");
    default:
      return problem(400, "malformed HTTP");
  }
}

}  // namespace atlas::http
