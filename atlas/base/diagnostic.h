// One finding about a text file, shown the same way for zone files and configurations:
//
//   example.zone:12:9: error: "300.2.1.4" is not an IPv4 address
//     12 | www   A   300.2.1.4
//        |           ^
//     hint: an IPv4 address is four numbers from 0 to 255, as in 192.0.2.1
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace atlas::base {

enum class Severity : uint8_t { kWarning, kError };

struct TextPosition {
  uint32_t line = 0;    // from 1; 0 = no position
  uint32_t column = 0;  // from 1, in octets; 0 = the whole line
};

struct Diagnostic {
  Severity severity = Severity::kError;
  std::string file;
  TextPosition position;
  std::string message;
  std::string hint;         // may be empty
  std::string source_line;  // the text of the line, may be empty
};

using Diagnostics = std::vector<Diagnostic>;

bool has_errors(const Diagnostics& diagnostics);

// "file:line:column: error: message", without the line and the hint.
std::string summary(const Diagnostic& diagnostic);
// As in the example above, ending in a newline. Control characters of the source line are shown as '?'.
std::string render(const Diagnostic& diagnostic);
std::string render(const Diagnostics& diagnostics);

}  // namespace atlas::base
