#include "atlas/app/atlasctl/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <cstdlib>
#include <cwchar>
#include <utility>

namespace atlas::app::atlasctl {
namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool wants_color(int fd) {
  const char* term = std::getenv("TERM");
  return ::isatty(fd) == 1 && !is_set("NO_COLOR") && term != nullptr && std::string_view(term) != "dumb";
}

std::string_view escape_sequence(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kHeading:
      return "\033[1m";
    case Style::kName:
      return "\033[36m";
    case Style::kType:
      return "\033[35m";
    case Style::kValue:
      return "\033[1;37m";
    case Style::kDim:
      return "\033[90m";
    case Style::kGood:
      return "\033[32m";
    case Style::kWarning:
      return "\033[33m";
    case Style::kBad:
      return "\033[1;31m";
  }
  return "";
}

}  // namespace

Paint::Paint(ColorMode mode, int fd)
    : on_(mode == ColorMode::kAlways || (mode == ColorMode::kAuto && wants_color(fd))) {}

std::string Paint::operator()(Style style, std::string_view text) const {
  if (!on_ || style == Style::kPlain || text.empty()) return std::string(text);
  return std::string(escape_sequence(style)).append(text) + "\033[0m";
}

void use_utf8_columns() {
  std::setlocale(LC_CTYPE, "C.UTF-8");
}

size_t display_columns(std::string_view text) {
  std::mbstate_t state{};
  size_t columns = 0;
  for (size_t at = 0; at < text.size();) {
    wchar_t character = 0;
    const size_t length = std::mbrtowc(&character, text.data() + at, text.size() - at, &state);
    if (length == 0 || length > text.size()) {
      state = {};
      ++at;
      ++columns;
      continue;
    }
    columns += static_cast<size_t>(std::max(0, ::wcwidth(character)));
    at += length;
  }
  return columns;
}

size_t terminal_columns(int fd, size_t otherwise) {
  winsize size{};
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

std::string printable(std::string_view text) {
  std::string out(text);
  // Octets from 0x80 on may be UTF-8; C1 control characters, which some terminals obey, are c2 80 to c2 9f.
  for (size_t i = 0; i < out.size(); ++i) {
    const auto octet = static_cast<uint8_t>(out[i]);
    if (octet < 0x20 || octet == 0x7f) out[i] = '?';
    if (octet == 0xc2 && i + 1 < out.size() && static_cast<uint8_t>(out[i + 1]) < 0xa0)
      out[i] = out[i + 1] = '?';
  }
  return out;
}

std::string human_duration(uint64_t seconds) {
  static constexpr struct {
    uint64_t seconds;
    std::string_view singular, plural;
  } kUnits[] = {{86400, " day", " days"}, {3600, " h", " h"}, {60, " min", " min"}, {1, " s", " s"}};
  std::string text;
  for (size_t i = 0; i < std::size(kUnits); ++i) {
    const uint64_t count = seconds / kUnits[i].seconds;
    if (count == 0) continue;
    text = std::to_string(count).append(count == 1 ? kUnits[i].singular : kUnits[i].plural);
    if (i + 1 == std::size(kUnits)) break;
    const uint64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    if (rest != 0) text += ' ' + std::to_string(rest).append(kUnits[i + 1].plural);
    break;
  }
  return text.empty() ? "0 s" : text;
}

std::string grouped(uint64_t number) {
  std::string text = std::to_string(number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string counted(uint64_t number, std::string_view noun) {
  return grouped(number).append(" ").append(noun) + (number == 1 ? "" : "s");
}

std::string Table::render(const Paint& paint, std::string_view indent, size_t cell_columns_max) const {
  std::vector<size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      const size_t columns = display_columns(row[i].text);
      if (columns <= cell_columns_max) widths[i] = std::max(widths[i], columns);
    }
  }
  std::string out;
  for (const auto& row : rows_) {
    size_t cells = row.size();
    while (cells > 0 && row[cells - 1].text.empty()) --cells;
    out += indent;
    for (size_t i = 0; i < cells; ++i) {
      const size_t columns = display_columns(row[i].text);
      const size_t padding = columns < widths[i] ? widths[i] - columns : 0;
      if (row[i].right) out.append(padding, ' ');
      out += paint(row[i].style, row[i].text);
      if (i + 1 == cells) break;
      out.append(row[i].right ? 2 : padding + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace atlas::app::atlasctl
