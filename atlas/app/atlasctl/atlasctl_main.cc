#include <string_view>
#include <vector>

#include "atlas/app/atlasctl/command_line.h"
#include "atlas/app/atlasctl/terminal.h"

int main(int argc, char** argv) {
  atlas::app::atlasctl::use_utf8_columns();
  const std::vector<std::string_view> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  return atlas::app::atlasctl::run(words);
}
