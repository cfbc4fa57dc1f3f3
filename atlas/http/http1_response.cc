#include "atlas/http/http1_response.h"

#include <array>
#include <charconv>

#include "atlas/http/message.h"

namespace atlas::http {
namespace {

void append_number(size_t value, std::string& out) {
  std::array<char, 20> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
  out.append(name).append(": ").append(value).append("\r\n");
}

}  // namespace

void append_http1(const ResponseView& response, Http1Form form, std::string& out) {
  out += "HTTP/1.1 ";
  append_number(static_cast<size_t>(response.status), out);
  out.append(" ").append(reason(response.status)).append("\r\n");
  if (!response.content_type.empty()) append_field("Content-Type", response.content_type, out);
  // RFC 9110 8.6.
  if (response.status != 204) {
    out += "Content-Length: ";
    append_number(response.body.size(), out);
    out += "\r\n";
  }
  if (!response.cache_control.empty()) append_field("Cache-Control", response.cache_control, out);
  for (const FieldView& more : response.fields) append_field(more.name, more.value, out);
  if (form.close) append_field("Connection", "close", out);
  out += "\r\n";
  if (form.body) out += base::text_of(response.body);
}

}  // namespace atlas::http
