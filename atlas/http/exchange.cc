#include "atlas/http/exchange.h"

namespace atlas::http {

Method method_of(std::string_view name) {
  if (name == "GET") return Method::kGet;
  if (name == "POST") return Method::kPost;
  if (name == "HEAD") return Method::kHead;
  if (name == "OPTIONS") return Method::kOptions;
  return Method::kOther;
}

}  // namespace atlas::http
