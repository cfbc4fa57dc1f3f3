#include "atlas/http/qpack.h"

#include <algorithm>
#include <array>

#include "atlas/http/http3_frames.h"
#include "atlas/http/huffman.h"
#include "atlas/http/qpack_static_table.h"

namespace atlas::http {
namespace {

// How lines begin (RFC 9204 4.5), and the bits for a number that are left of the first octet.
constexpr uint8_t kIndexed = 0x80, kIndexedStatic = 0x40;
constexpr unsigned kIndexedBits = 6;
constexpr uint8_t kNamed = 0x40, kNamedStatic = 0x10;
constexpr unsigned kNamedBits = 4;
constexpr uint8_t kLiteral = 0x20;
constexpr unsigned kLiteralBits = 3;
constexpr unsigned kValueBits = 7;
// The base is behind what must be known (RFC 9204 4.5.1.2).
constexpr uint8_t kBaseSign = 0x80;
constexpr unsigned kRequiredBits = 8, kBaseBits = 7;

constexpr size_t kPrefixOctets = 2;

// No integer needs more octets behind its first (RFC 9204 4.1.1).
constexpr unsigned kIntegerShiftMax = 56;
// Of an integer that is the size of something in memory.
constexpr size_t kIntegerOctetsMax = 11;

// Indices of the static table, of what answers say or at least name.
constexpr uint8_t kStatus200 = 25, kContentTypeDnsMessage = 44, kCacheControlNoStore = 40;
constexpr std::array<uint8_t, 5> kOthersSaid{35, 83, 29, 75, 76};

}  // namespace

QpackReader::QpackReader(base::Bytes section, std::vector<uint8_t>& text) : rest_(section) {
  const size_t octets = huffman_octets_max(section.size());
  if (text.size() < octets) text.resize(octets);
  text_ = text.data();
  // RFC 9204 4.5.1: nothing need be known, so that the base cannot be negative.
  uint64_t required = 0, base = 0;
  broken_ = take_integer(kRequiredBits, required) != Next::kField || required != 0 || rest_.empty() ||
            (rest_.front() & kBaseSign) != 0 || take_integer(kBaseBits, base) != Next::kField;
}

QpackReader::Next QpackReader::next(QpackField& field) {
  if (broken_) return Next::kBroken;
  if (rest_.empty()) return Next::kEnd;
  const uint8_t first = rest_.front();
  field.name_is_static = (first & (kIndexed | kNamed)) != 0;
  field.value_is_static = (first & kIndexed) != 0;
  if (field.name_is_static) {
    const uint8_t of_static_table = field.value_is_static ? kIndexedStatic : kNamedStatic;
    uint64_t index = 0;
    if ((first & of_static_table) == 0 ||
        take_integer(field.value_is_static ? kIndexedBits : kNamedBits, index) != Next::kField ||
        index >= kQpackStaticTable.size())
      return Next::kBroken;
    const FieldView& entry = kQpackStaticTable[static_cast<size_t>(index)];
    field.name = entry.name;
    field.value = entry.value;
    if (field.value_is_static) return Next::kField;
  } else {
    if ((first & kLiteral) == 0) return Next::kBroken;  // of the dynamic table
    const Next name = take_string(kLiteralBits, kNameOctetsMax, field.name);
    if (name != Next::kField) return name;
  }
  return take_string(kValueBits, kValueOctetsMax, field.value);
}

QpackReader::Next QpackReader::take_long_integer(uint64_t& value) {
  for (unsigned shift = 0; shift <= kIntegerShiftMax && !rest_.empty(); shift += 7) {
    const uint8_t octet = rest_.front();
    rest_ = rest_.subspan(1);
    value += uint64_t{octet & 0x7fu} << shift;
    if ((octet & 0x80) == 0) return Next::kField;
  }
  return Next::kBroken;
}

QpackReader::Next QpackReader::take_string(unsigned bits, uint64_t octets_max, std::string_view& string) {
  if (rest_.empty()) return Next::kBroken;
  const bool is_coded = (rest_.front() & 1u << bits) != 0;
  uint64_t octets = 0;
  if (take_integer(bits, octets) != Next::kField) return Next::kBroken;
  if (octets > octets_max) return Next::kTooLarge;
  if (octets > rest_.size()) return Next::kBroken;
  const base::Bytes coded = rest_.first(static_cast<size_t>(octets));
  rest_ = rest_.subspan(coded.size());
  size_t size = coded.size();
  if (is_coded) {
    const auto decoded = decode_huffman(coded, text_);
    if (!decoded) return Next::kBroken;
    size = *decoded;
  } else {
    std::ranges::copy(coded, text_);
  }
  string = base::text_of({text_, size});
  text_ += size;
  return Next::kField;
}

namespace {

uint8_t* put_integer(uint8_t* to, uint8_t first, unsigned bits, uint64_t value) {
  const uint64_t largest = (1u << bits) - 1;
  if (value < largest) {
    *to++ = static_cast<uint8_t>(first | value);
    return to;
  }
  *to++ = static_cast<uint8_t>(first | largest);
  for (value -= largest; value >= 0x80; value >>= 7) *to++ = static_cast<uint8_t>(value | 0x80);
  *to++ = static_cast<uint8_t>(value);
  return to;
}

// Answers are short, and a Huffman code makes them little shorter.
uint8_t* put_value(uint8_t* to, std::string_view value) {
  to = put_integer(to, 0, kValueBits, value.size());
  return std::ranges::copy(value, to).out;
}

// A field with the name of a static one, and perhaps with its value.
uint8_t* put_named(uint8_t* to, uint8_t index, std::string_view value) {
  if (kQpackStaticTable[index].value == value)
    return put_integer(to, kIndexed | kIndexedStatic, kIndexedBits, index);
  return put_value(put_integer(to, kNamed | kNamedStatic, kNamedBits, index), value);
}

uint8_t* put_field(uint8_t* to, const FieldView& field) {
  const auto said =
      std::ranges::find(kOthersSaid, field.name, [](uint8_t index) { return kQpackStaticTable[index].name; });
  if (said != kOthersSaid.end()) return put_named(to, *said, field.value);
  to = put_integer(to, kLiteral, kLiteralBits, field.name.size());
  to = std::ranges::transform(field.name, to, [](char c) {
         return static_cast<uint8_t>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
       }).out;
  return put_value(to, field.value);
}

}  // namespace

void append_headers(std::vector<uint8_t>& to, const ResponseView& response) {
  const auto digit = [](int number) { return static_cast<char>('0' + number % 10); };
  const std::array status{digit(response.status / 100), digit(response.status / 10), digit(response.status)};
  const std::string_view status_text{status.data(), status.size()};
  size_t most = kPrefixOctets + status.size() + response.content_type.size() + response.cache_control.size() +
                (3 + response.fields.size()) * 2 * kIntegerOctetsMax;
  for (const FieldView& field : response.fields) most += field.name.size() + field.value.size();

  // The length comes first, and has room for the largest that it may be.
  const size_t length_octets = varint_octets(most);
  const size_t start = to.size();
  to.resize(start + 1 + length_octets + most);
  uint8_t* const frame = to.data() + start;
  uint8_t* const section = frame + 1 + length_octets;
  frame[0] = static_cast<uint8_t>(Http3Frame::kHeaders);
  std::fill_n(section, kPrefixOctets, 0);  // nothing need be known
  uint8_t* end = put_named(section + kPrefixOctets, kStatus200, status_text);
  if (!response.content_type.empty()) end = put_named(end, kContentTypeDnsMessage, response.content_type);
  if (!response.cache_control.empty()) end = put_named(end, kCacheControlNoStore, response.cache_control);
  for (const FieldView& field : response.fields) end = put_field(end, field);
  store_varint(frame + 1, length_octets, static_cast<uint64_t>(end - section));
  to.resize(static_cast<size_t>(end - to.data()));
}

}  // namespace atlas::http
