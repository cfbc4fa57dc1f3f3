// atlasctl query: asks a DNS server one question.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace atlas::app::atlasctl::query {

// As dig has them.
inline constexpr int kExitReply = 0;  // any reply, whatever its RCODE
inline constexpr int kExitUsage = 1;  // the command line is wrong
inline constexpr int kExitNoReply =
    9;  // nobody answered, not with a DNS message, or not with a good signature
inline constexpr int kExitInternal = 10;  // the query could not be sent

// `words` without the program and command names. Prints to stdout and, errors, to stderr.
int run(std::span<const std::string_view> words);

std::string help();

}  // namespace atlas::app::atlasctl::query
