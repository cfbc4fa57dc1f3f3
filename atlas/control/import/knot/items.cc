#include "atlas/control/import/knot/items.h"

#include <algorithm>

namespace atlas::control::import::knot {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

class Reader {
 public:
  explicit Reader(Source& source) : source_(source) {}

  std::optional<base::Diagnostic> read(uint16_t file) {
    const std::filesystem::path folder = source_.path(file).parent_path();
    const std::string_view text = source_.text(file);
    size_t at = 0;
    uint32_t line = 1;
    while (at < text.size()) {
      Line parsed;
      if (auto failure = read_line(text, at, file, line, parsed)) return failure;
      if (parsed.name.empty()) continue;
      if (auto failure = take(parsed, folder)) return failure;
    }
    return {};
  }

  std::vector<Block> take_blocks() { return std::move(blocks_); }

 private:
  struct Line {
    bool is_indented = false;
    bool has_dash = false;
    std::string name;
    Place place;
    std::vector<std::string> values;
  };

  // Reads a line, or the lines that a list in brackets takes.
  std::optional<base::Diagnostic> read_line(std::string_view text, size_t& at, uint16_t file, uint32_t& line,
                                            Line& parsed) {
    size_t line_begin = at;
    const auto place = [&] { return Place{file, {line, static_cast<uint32_t>(at - line_begin + 1)}}; };
    const auto skip_blanks = [&] {
      while (at < text.size() && is_blank(text[at])) ++at;
    };
    const auto is_at_end = [&] { return at == text.size() || text[at] == '\n' || text[at] == '#'; };
    skip_blanks();
    parsed.is_indented = at != line_begin;
    if (!is_at_end() && text[at] == '-' && at + 1 < text.size() && is_blank(text[at + 1])) {
      parsed.has_dash = true;
      ++at;
      skip_blanks();
    }
    if (!is_at_end()) {
      parsed.place = place();
      const size_t begin = at;
      while (at < text.size() && text[at] != ':' && !is_blank(text[at]) && text[at] != '\n') ++at;
      parsed.name = text.substr(begin, at - begin);
      skip_blanks();
      if (parsed.name.size() > kWordOctetsMax || parsed.name.empty() || at == text.size() ||
          text[at] != ':') {
        return source_.error(parsed.place, "a name and a colon are missing here",
                             "as in listen: 192.0.2.1@53");
      }
      ++at;
    }
    bool in_list = false;
    Place list_place;
    while (at < text.size()) {
      skip_blanks();
      if (at == text.size()) break;
      const char c = text[at];
      if (c == '#') {
        while (at < text.size() && text[at] != '\n') ++at;
      } else if (c == '\n') {
        ++at;
        ++line;
        line_begin = at;
        if (!in_list) return {};
      } else if (c == '[' && !in_list && parsed.values.empty()) {
        in_list = true;
        list_place = place();
        ++at;
      } else if (c == ']' && in_list) {
        in_list = false;
        ++at;
      } else if (c == ',') {
        ++at;
      } else {
        std::string word;
        const Place word_place = place();
        if (c == '"') {
          if (!read_quoted(text, at, word)) {
            return source_.error(word_place, "this string does not end on its line", "it ends with a quote");
          }
        } else {
          while (at < text.size() && !is_blank(text[at]) && text[at] != '\n' && text[at] != ',' &&
                 (!in_list || text[at] != ']') && text[at] != '#') {
            word += text[at++];
          }
        }
        if (word.size() > kWordOctetsMax || ++words_ > kStatementsMax) {
          return source_.error(word_place, "too many words, or one that is too long");
        }
        parsed.values.push_back(std::move(word));
      }
    }
    if (in_list) return source_.error(list_place, "this list does not end", "it ends with ]");
    return {};
  }

  static bool read_quoted(std::string_view text, size_t& at, std::string& word) {
    for (++at; at < text.size() && text[at] != '\n'; ++at) {
      if (text[at] == '"') {
        ++at;
        return true;
      }
      if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n') ++at;
      word += text[at];
    }
    return false;
  }

  std::optional<base::Diagnostic> take(Line& line, const std::filesystem::path& folder) {
    if (++items_ > kStatementsMax) {
      return source_.error(line.place, "more than " + std::to_string(kStatementsMax) + " items");
    }
    if (!line.is_indented && !line.has_dash) {
      if (line.name == "include" && !line.values.empty()) return include(line, folder);
      section_ = line.name;
      blocks_.push_back({section_, line.place, {}});
      if (!line.values.empty()) {
        return source_.error(line.place,
                             '"' + line.name + "\" is a section: its items stand below it, indented");
      }
      return {};
    }
    if (section_.empty()) {
      return source_.error(line.place, "an item outside of a section",
                           "sections begin in the first column, as in server:");
    }
    if (line.has_dash && (blocks_.back().section != section_ || !blocks_.back().items.empty())) {
      blocks_.push_back({section_, line.place, {}});
    }
    if (line.has_dash) blocks_.back().place = line.place;
    blocks_.back().items.push_back({std::move(line.name), line.place, std::move(line.values)});
    return {};
  }

  std::optional<base::Diagnostic> include(const Line& line, const std::filesystem::path& folder) {
    if (++depth_ > kIncludeDepthMax) {
      return source_.error(line.place,
                           "files include each other more than " + std::to_string(kIncludeDepthMax) + " deep",
                           "does one of them include itself?");
    }
    const auto paths = source_.files().match((folder / line.values[0]).lexically_normal());
    if (!paths) return source_.error(line.place, paths.error().message, paths.error().hint);
    for (const std::filesystem::path& path : *paths) {
      const auto file = source_.open(path, line.place);
      if (!file) return file.error();
      if (auto failure = read(*file)) return failure;
    }
    --depth_;
    return {};
  }

  Source& source_;
  std::vector<Block> blocks_;
  std::string section_;
  size_t items_ = 0;
  size_t words_ = 0;
  size_t depth_ = 0;
};

}  // namespace

std::vector<std::string> Block::values(std::string_view name) const {
  std::vector<std::string> all;
  for (const Item& item : items) {
    if (item.name == name) all.insert(all.end(), item.values.begin(), item.values.end());
  }
  return all;
}

std::string Block::value(std::string_view name) const {
  const Item* const item = find(name);
  return item == nullptr || item->values.empty() ? std::string() : item->values.back();
}

const Item* Block::find(std::string_view name) const {
  const auto found = std::ranges::find(items.rbegin(), items.rend(), name, &Item::name);
  return found == items.rend() ? nullptr : &*found;
}

Parsed<std::vector<Block>> read_blocks(Source& source, uint16_t file) {
  Reader reader(source);
  if (auto failure = reader.read(file)) return std::unexpected(std::move(*failure));
  return reader.take_blocks();
}

}  // namespace atlas::control::import::knot
