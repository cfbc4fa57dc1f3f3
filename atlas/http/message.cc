#include "atlas/http/message.h"

#include <boost/beast/http/status.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>

namespace atlas::http {

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

}  // namespace atlas::http
