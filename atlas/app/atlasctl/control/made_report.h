// What a change of a zone did, or would do.
#pragma once

#include <string>

#include "atlas/app/atlasctl/control/session.h"

namespace atlas::app::atlasctl::control {

// The lines of a diff as the API has it, removed records red and added ones green; `lines_max` of them, and
// how many more there are.
void print_diff(const boost::json::object& diff, size_t lines_max = SIZE_MAX);

// Asks for a change, and prints what came of it: with --json the answer, else the change with its diff.
// `source` names the text that findings are about.
int change_zone(const Words& words, const std::string& method, const std::string& target,
                const boost::json::object& body, std::string_view source = {});
// The same; on a terminal, shows before what would be done and asks `question`. What is done is what was
// shown, or nothing.
int change_zone_if_confirmed(const Words& words, const std::string& method, const std::string& target,
                             boost::json::object body, const std::string& question,
                             std::string_view source = {});

}  // namespace atlas::app::atlasctl::control
