#include "atlas/control/config/tree.h"

#include <algorithm>

namespace atlas::control::config {

const Node* Node::find(std::string_view name) const {
  const auto found = std::ranges::find(children, name, &Node::key);
  return found == children.end() ? nullptr : &*found;
}

uint16_t Sources::add(std::filesystem::path path, std::string text) {
  files_.push_back({std::move(path), std::move(text)});
  return static_cast<uint16_t>(files_.size() - 1);
}

base::Diagnostic Sources::diagnostic(uint16_t file, base::TextPosition position, std::string message,
                                     std::string hint) const {
  base::Diagnostic diagnostic{
      base::Severity::kError, files_[file].path.string(), position, std::move(message), std::move(hint), {}};
  const std::string_view text = files_[file].text;
  size_t begin = 0;
  for (uint32_t line = 1; line < position.line && begin < text.size(); ++line) {
    const size_t end = text.find('\n', begin);
    begin = end == std::string_view::npos ? text.size() : end + 1;
  }
  if (position.line != 0) diagnostic.source_line = text.substr(begin, text.find('\n', begin) - begin);
  return diagnostic;
}

}  // namespace atlas::control::config
