// Text for people: colours, columns, durations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::app::atlasctl {

enum class ColorMode : uint8_t { kAuto, kAlways, kNever };

enum class Style : uint8_t { kPlain, kHeading, kName, kType, kValue, kDim, kGood, kWarning, kBad };

// Whether and how a stream is coloured. Cheap to copy.
class Paint {
 public:
  Paint() = default;
  explicit Paint(bool on) : on_(on) {}
  // kAuto colours only a terminal, and neither with NO_COLOR set (https://no-color.org) nor with TERM=dumb.
  Paint(ColorMode mode, int fd);

  bool on() const { return on_; }
  std::string operator()(Style style, std::string_view text) const;

 private:
  bool on_ = false;
};

// Columns that the UTF-8 text takes on a terminal. Needs a UTF-8 LC_CTYPE, which use_utf8_columns() sets.
size_t display_columns(std::string_view text);
void use_utf8_columns();

// Columns of the terminal behind `fd`; `otherwise` if it is none.
size_t terminal_columns(int fd, size_t otherwise);

// Untrusted text with control characters shown as '?', so that it cannot steer the terminal.
std::string printable(std::string_view text);

// "45 s", "5 min", "1 h 30 min", "14 days": the two largest units.
std::string human_duration(uint64_t seconds);
// "1,234,567".
std::string grouped(uint64_t number);
// "1 record", "2 records".
std::string counted(uint64_t number, std::string_view noun);

struct Cell {
  std::string text;
  Style style = Style::kPlain;
  bool right = false;  // aligned
};

// Rows of cells, aligned into columns with two blanks between them, no blanks at the ends of lines.
class Table {
 public:
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.empty(); }
  // A cell wider than `cell_columns_max` does not widen its column; it pushes only its own row.
  std::string render(const Paint& paint, std::string_view indent = {},
                     size_t cell_columns_max = SIZE_MAX) const;

 private:
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace atlas::app::atlasctl
