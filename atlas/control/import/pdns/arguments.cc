#include "atlas/control/import/pdns/arguments.h"

namespace atlas::control::import::pdns {
namespace {

constexpr std::string_view kBlanks = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// A '#' begins a comment at the begin of a line or behind a blank.
std::string_view without_comment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1)) {
    if (at == 0 || kBlanks.find(line[at - 1]) != std::string_view::npos) return line.substr(0, at);
  }
  return line;
}

std::optional<base::Diagnostic> read_file(Source& source, uint16_t file, Arguments& arguments) {
  std::string_view rest = source.text(file);
  std::string continued;
  Place place{file, {0, 1}};
  for (uint32_t line = 1; !rest.empty(); ++line) {
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    rest = whole.size() == rest.size() ? std::string_view() : rest.substr(whole.size() + 1);
    std::string_view text = trimmed(without_comment(whole));
    if (continued.empty()) {
      place.position = {line,
                        static_cast<uint32_t>(std::min(whole.find_first_not_of(kBlanks), whole.size()) + 1)};
    }
    const bool goes_on = text.ends_with('\\');
    if (goes_on) text.remove_suffix(1);
    continued.append(text);
    if (continued.size() > kWordOctetsMax) return source.error(place, "this setting is too long");
    if (goes_on && !rest.empty()) continue;
    std::string setting = std::exchange(continued, {});
    if (setting.starts_with("--")) setting.erase(0, 2);
    if (setting.empty()) continue;
    const size_t equals = setting.find('=');
    if (equals == std::string::npos || equals == 0) {
      return source.error(place, "a setting has a name, = and a value", "as in launch=bind");
    }
    const bool adds = setting[equals - 1] == '+';
    const std::string name(trimmed(std::string_view(setting).substr(0, equals - (adds ? 1 : 0))));
    const std::string value(trimmed(std::string_view(setting).substr(equals + 1)));
    if (arguments.size() > kStatementsMax / 64) return source.error(place, "too many settings");
    Argument& argument = arguments[name];
    argument.place = place;
    if (adds && !argument.value.empty()) {
      argument.value += ", " + value;
      if (argument.value.size() > kWordOctetsMax) return source.error(place, "this setting is too long");
    } else {
      argument.value = value;
    }
  }
  return {};
}

}  // namespace

Parsed<Arguments> read_arguments(Source& source, uint16_t file) {
  Arguments arguments;
  if (auto failure = read_file(source, file, arguments)) return std::unexpected(std::move(*failure));
  const auto folder = arguments.find("include-dir");
  if (folder == arguments.end() || folder->second.value.empty()) return arguments;
  const Place place = folder->second.place;
  const auto paths = source.files().match(std::filesystem::path(folder->second.value) / "*.conf");
  if (!paths) return std::unexpected(source.error(place, paths.error().message, paths.error().hint));
  for (const std::filesystem::path& path : *paths) {
    const auto included = source.open(path, place);
    if (!included) return std::unexpected(included.error());
    if (auto failure = read_file(source, *included, arguments)) return std::unexpected(std::move(*failure));
  }
  return arguments;
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> parts;
  constexpr std::string_view kSeparators = ", \t;";
  for (size_t at = text.find_first_not_of(kSeparators); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(kSeparators, at), text.size());
    parts.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(kSeparators, end);
  }
  return parts;
}

}  // namespace atlas::control::import::pdns
