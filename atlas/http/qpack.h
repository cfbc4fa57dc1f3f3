// Field sections of HTTP/3 (RFC 9204). There is no dynamic table: the capacity that we announce and use is 0
// (RFC 9204 3.2.3), so that a connection has nothing to remember and no section waits for another stream.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/http/exchange.h"

namespace atlas::http {

struct QpackField {
  std::string_view name;
  std::string_view value;
  // Of the static table (RFC 9204 appendix A), and so well-formed.
  bool name_is_static;
  bool value_is_static;
};

// Reads the fields of a whole section.
class QpackReader {
 public:
  enum class Next : uint8_t {
    kField,
    kEnd,
    kTooLarge,  // a name or a value is larger than anybody needs
    kBroken,    // QPACK_DECOMPRESSION_FAILED
  };

  // The section must outlive the calls of next(). What is said in it goes to `text`, which must outlive the
  // fields and is made larger if need be.
  QpackReader(base::Bytes section, std::vector<uint8_t>& text);

  // Gives the next field. Behind all but kField there is none.
  Next next(QpackField& field);

 private:
  // Of literals, as they are coded.
  static constexpr uint64_t kNameOctetsMax = 256;
  static constexpr uint64_t kValueOctetsMax = 65536;

  // Each takes something off the front whose first octet has `bits` for a number. kField, or why there is no
  // such thing.
  Next take_integer(unsigned bits, uint64_t& value) {
    if (rest_.empty()) return Next::kBroken;
    const uint64_t largest = (1u << bits) - 1;
    value = rest_.front() & largest;
    rest_ = rest_.subspan(1);
    return value < largest ? Next::kField : take_long_integer(value);
  }
  // Adds what follows the first octet.
  Next take_long_integer(uint64_t& value);
  Next take_string(unsigned bits, uint64_t octets_max, std::string_view& string);

  base::Bytes rest_;
  uint8_t* text_;  // the next goes here
  bool broken_ = false;
};

// Appends the HEADERS frame of a response, its names in lower case.
void append_headers(std::vector<uint8_t>& to, const ResponseView& response);

}  // namespace atlas::http
