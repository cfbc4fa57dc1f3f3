#include "atlas/app/atlasctl/json.h"

#include <boost/json.hpp>

namespace atlas::app::atlasctl {
namespace {

constexpr size_t kLineColumnsMax = 100;

void append(const boost::json::value& value, size_t indent, std::string& out) {
  const bool is_scalar = !value.is_object() && !value.is_array();
  std::string flat = boost::json::serialize(value);
  if (is_scalar || (flat.size() + indent <= kLineColumnsMax && flat.find_first_of("[{", 1) == flat.npos)) {
    out += flat;
    return;
  }
  const bool is_object = value.is_object();
  const std::string margin(indent + 2, ' ');
  bool first = true;
  const auto begin_element = [&] {
    out += first ? "\n" : ",\n";
    out += margin;
    first = false;
  };
  out += is_object ? '{' : '[';
  if (is_object) {
    for (const auto& [key, element] : value.get_object()) {
      begin_element();
      out += boost::json::serialize(boost::json::string(key)) + ": ";
      append(element, indent + 2, out);
    }
  } else {
    for (const auto& element : value.get_array()) {
      begin_element();
      append(element, indent + 2, out);
    }
  }
  out.append("\n").append(indent, ' ') += is_object ? '}' : ']';
}

}  // namespace

std::string pretty(const boost::json::value& value) {
  std::string out;
  append(value, 0, out);
  return out + '\n';
}

}  // namespace atlas::app::atlasctl
