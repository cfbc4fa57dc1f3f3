#include "atlas/base/diagnostic.h"

#include <algorithm>

namespace atlas::base {
namespace {

constexpr size_t kShownLineMax = 160;

// The part of the line that is shown, and where its caret goes.
struct Excerpt {
  std::string text;
  size_t caret;
};

Excerpt excerpt(const Diagnostic& diagnostic) {
  const std::string& line = diagnostic.source_line;
  const size_t column = diagnostic.position.column == 0 ? 0 : diagnostic.position.column - 1;
  size_t begin = 0;
  if (line.size() > kShownLineMax && column > kShownLineMax / 2) begin = column - kShownLineMax / 2;
  begin = std::min(begin, line.size());
  Excerpt shown{line.substr(begin, kShownLineMax), column - std::min(column, begin)};
  for (char& c : shown.text) {
    if (c == '\t') {
      c = ' ';
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      c = '?';
    }
  }
  return shown;
}

}  // namespace

bool has_errors(const Diagnostics& diagnostics) {
  return std::ranges::any_of(diagnostics, [](const Diagnostic& d) { return d.severity == Severity::kError; });
}

std::string summary(const Diagnostic& diagnostic) {
  std::string text = diagnostic.file;
  if (diagnostic.position.line != 0) {
    text += ':' + std::to_string(diagnostic.position.line);
    if (diagnostic.position.column != 0) text += ':' + std::to_string(diagnostic.position.column);
  }
  if (!text.empty()) text += ": ";
  text += diagnostic.severity == Severity::kError ? "error: " : "warning: ";
  return text + diagnostic.message;
}

std::string render(const Diagnostic& diagnostic) {
  std::string text = summary(diagnostic) + '\n';
  if (!diagnostic.source_line.empty()) {
    const std::string number = std::to_string(diagnostic.position.line);
    const Excerpt shown = excerpt(diagnostic);
    text += "  " + number + " | " + shown.text + '\n';
    if (diagnostic.position.column != 0) {
      text += "  " + std::string(number.size(), ' ') + " | " + std::string(shown.caret, ' ') + "^\n";
    }
  }
  if (!diagnostic.hint.empty()) text += "  hint: " + diagnostic.hint + '\n';
  return text;
}

std::string render(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += render(diagnostic);
  return text;
}

}  // namespace atlas::base
