#include "atlas/zone/text/generate.h"

#include <charconv>
#include <optional>

namespace atlas::zone::text {
namespace {

// The range's numbers fit 31 bits, as TTLs and offsets do.
constexpr uint32_t kNumberMax = 0x7fffffff;

template <class T>
std::optional<T> parse_whole(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return {};
  return number;
}

struct Modifier {
  int64_t offset = 0;
  uint32_t width = 0;
  char base = 'd';
};

// "offset[,width[,base]]", what stands between the braces.
base::Result<Modifier> parse_modifier(std::string_view text) {
  const auto bad = [text](const char* why) {
    return base::fail("\"${" + std::string(text) + "}\": " + why,
                      "as in ${offset,width,base}: ${0,3,d} gives 007; bases are d, o, x, X, n and N");
  };
  Modifier modifier;
  const size_t comma = text.find(',');
  const auto offset = parse_whole<int32_t>(text.substr(0, comma));
  if (!offset) return bad("the offset is not a number");
  modifier.offset = *offset;
  if (comma == std::string_view::npos) return modifier;
  text.remove_prefix(comma + 1);
  const size_t second = text.find(',');
  const auto width = parse_whole<uint32_t>(text.substr(0, second));
  if (!width || *width > kGenerateWidthMax) return bad("the width is not a number from 0 to 127");
  modifier.width = *width;
  if (second == std::string_view::npos) return modifier;
  text.remove_prefix(second + 1);
  if (text.size() != 1 || std::string_view("doxXnN").find(text[0]) == std::string_view::npos) {
    return bad("unknown base");
  }
  modifier.base = text[0];
  return modifier;
}

// One digit a label, least significant first; the width counts the dots.
void append_nibbles(uint64_t value, uint32_t width, bool upper, std::string& out) {
  const char* digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  const size_t begin = out.size();
  for (;;) {
    out += digits[value & 15];
    value >>= 4;
    if (value == 0 && out.size() - begin >= width) return;
    out += '.';
    if (value == 0 && out.size() - begin >= width) return;
  }
}

void append_number(uint64_t value, const Modifier& modifier, std::string& out) {
  if (modifier.base == 'n' || modifier.base == 'N') {
    append_nibbles(value, modifier.width, modifier.base == 'N', out);
    return;
  }
  char digits[32];
  const int base = modifier.base == 'o' ? 8 : modifier.base == 'd' ? 10 : 16;
  const char* const end = std::to_chars(digits, digits + sizeof digits, value, base).ptr;
  const auto size = static_cast<size_t>(end - digits);
  if (size < modifier.width) out.append(modifier.width - size, '0');
  for (const char* digit = digits; digit != end; ++digit) {
    out += modifier.base == 'X' && *digit >= 'a' ? static_cast<char>(*digit - 0x20) : *digit;
  }
}

}  // namespace

base::Result<GenerateRange> parse_generate_range(std::string_view text) {
  const auto bad = [text](const char* why) {
    return base::fail('"' + std::string(text) + "\" is not a range: " + why,
                      "as in 1-254 or 0-30/2: first-last or first-last/step");
  };
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return bad("there is no -");
  const size_t slash = std::min(text.find('/'), text.size());
  if (slash < dash) return bad("the step stands behind the last number");
  const auto first = parse_whole<uint32_t>(text.substr(0, dash));
  const auto last = parse_whole<uint32_t>(text.substr(dash + 1, slash - dash - 1));
  const auto step =
      slash == text.size() ? std::optional<uint32_t>(1) : parse_whole<uint32_t>(text.substr(slash + 1));
  if (!first || !last || !step || *first > kNumberMax || *last > kNumberMax || *step > kNumberMax) {
    return bad("it is made of numbers up to 2147483647");
  }
  if (*first > *last) return bad("the first number is larger than the last");
  if (*step == 0) return bad("the step is 0");
  return GenerateRange{*first, *last, *step};
}

base::Result<void> append_generated(std::string_view pattern, uint32_t number, std::string& out) {
  const size_t begin = out.size();
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (out.size() - begin > kGeneratedTextOctetsMax) return base::fail("the generated text is too long");
    if (pattern[i] == '\\' && i + 1 < pattern.size()) {
      out += pattern[i];
      out += pattern[++i];
      continue;
    }
    if (pattern[i] != '$') {
      out += pattern[i];
      continue;
    }
    if (i + 1 < pattern.size() && pattern[i + 1] == '$') {
      out += "\\$";
      ++i;
      continue;
    }
    Modifier modifier;
    if (i + 1 < pattern.size() && pattern[i + 1] == '{') {
      const size_t close = pattern.find('}', i);
      if (close == std::string_view::npos) return base::fail("\"${\" without }", "as in ${0,3,d}");
      const auto parsed = parse_modifier(pattern.substr(i + 2, close - i - 2));
      if (!parsed) return std::unexpected(parsed.error());
      modifier = *parsed;
      i = close;
    }
    const int64_t value = int64_t{number} + modifier.offset;
    if (value < 0) {
      return base::fail("the offset " + std::to_string(modifier.offset) + " makes " + std::to_string(number) +
                        " negative");
    }
    append_number(static_cast<uint64_t>(value), modifier, out);
  }
  return {};
}

}  // namespace atlas::zone::text
