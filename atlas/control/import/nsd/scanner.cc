#include "atlas/control/import/nsd/scanner.h"

namespace atlas::control::import::nsd {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// "zonefile:". Addresses with colons are none, since they hold digits, dots or nothing before the last one.
bool is_name(std::string_view word) {
  if (word.size() < 2 || word.back() != ':' || word[0] < 'a' || word[0] > 'z') return false;
  for (const char c : word.substr(0, word.size() - 1)) {
    if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-') return false;
  }
  return true;
}

class Reader {
 public:
  Reader(Source& source, std::filesystem::path folder) : source_(source), folder_(std::move(folder)) {}

  std::optional<base::Diagnostic> read(uint16_t file) {
    const std::string_view text = source_.text(file);
    size_t at = 0;
    size_t line_begin = 0;
    uint32_t line = 1;
    while (at < text.size()) {
      if (is_blank(text[at])) {
        if (text[at++] == '\n') {
          ++line;
          line_begin = at;
        }
        continue;
      }
      if (text[at] == '#') {
        while (at < text.size() && text[at] != '\n') ++at;
        continue;
      }
      const Place place{file, {line, static_cast<uint32_t>(at - line_begin + 1)}};
      const char quote = text[at];
      std::string word;
      if (quote == '"' || quote == '\'') {
        const size_t end = text.find_first_of(quote == '"' ? "\"\n" : "'\n", at + 1);
        if (end == std::string_view::npos || text[end] == '\n') {
          return source_.error(place, "this string does not end on its line", "it ends with a quote");
        }
        word = text.substr(at + 1, end - at - 1);
        at = end + 1;
      } else {
        while (at < text.size() && !is_blank(text[at]) && text[at] != '"') word += text[at++];
      }
      if (word.size() > kWordOctetsMax) {
        return source_.error(place, "a word of more than " + std::to_string(kWordOctetsMax) + " octets");
      }
      if (auto failure = take(std::move(word), quote == '"' || quote == '\'', place)) return failure;
    }
    return {};
  }

  std::vector<Attribute> take_attributes() { return std::move(attributes_); }

 private:
  std::optional<base::Diagnostic> take(std::string word, bool quoted, const Place& place) {
    if (!quoted && is_name(word)) {
      if (attributes_.size() == kStatementsMax) {
        return source_.error(place, "more than " + std::to_string(kStatementsMax) + " attributes");
      }
      word.pop_back();
      attributes_.push_back({std::move(word), place, {}});
      return {};
    }
    if (attributes_.empty()) {
      return source_.error(place, "a value without an attribute",
                           "nsd.conf has lines like \"server:\" or \"port: 53\"");
    }
    Attribute& last = attributes_.back();
    if (last.name == "include" && last.values.empty()) {
      attributes_.pop_back();
      return include(word, place);
    }
    if (++values_ > kStatementsMax) {
      return source_.error(place, "more than " + std::to_string(kStatementsMax) + " values");
    }
    last.values.push_back(std::move(word));
    return {};
  }

  std::optional<base::Diagnostic> include(const std::string& pattern, const Place& place) {
    if (++depth_ > kIncludeDepthMax) {
      return source_.error(place,
                           "files include each other more than " + std::to_string(kIncludeDepthMax) + " deep",
                           "does one of them include itself?");
    }
    const auto paths = source_.files().match((folder_ / pattern).lexically_normal());
    if (!paths) return source_.error(place, paths.error().message, paths.error().hint);
    for (const std::filesystem::path& path : *paths) {
      const auto file = source_.open(path, place);
      if (!file) return file.error();
      if (auto failure = read(*file)) return failure;
    }
    --depth_;
    return {};
  }

  Source& source_;
  std::filesystem::path folder_;
  std::vector<Attribute> attributes_;
  size_t values_ = 0;
  size_t depth_ = 0;
};

}  // namespace

Parsed<std::vector<Attribute>> read_attributes(Source& source, uint16_t file,
                                               const std::filesystem::path& folder) {
  Reader reader(source, folder);
  if (auto failure = reader.read(file)) return std::unexpected(std::move(*failure));
  return reader.take_attributes();
}

}  // namespace atlas::control::import::nsd
