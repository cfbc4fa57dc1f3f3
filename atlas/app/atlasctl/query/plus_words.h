// The words of a query's command line that begin with "+", which are dig's and kdig's.
#pragma once

#include <string_view>
#include <vector>

#include "atlas/app/atlasctl/query/options.h"

namespace atlas::app::atlasctl::query {

// Applies "tcp", "notcp", "time=2" and the like, without the "+"; words may be shortened.
base::Result<void> apply_plus_word(Options& options, std::string_view text);

void append_plus_words(std::vector<WordHelp>& words);

}  // namespace atlas::app::atlasctl::query
