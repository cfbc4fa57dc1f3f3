// Commands that ask a running atlasd over its control socket: status, stats, reload, config.
#pragma once

#include <span>
#include <string_view>

#include "atlas/app/atlasctl/words.h"

namespace atlas::app::atlasctl::control {

extern const Usage kStatus;
extern const Usage kStats;
extern const Usage kReload;
extern const Usage kConfig;

// Exit status: see session.h.
int status(std::span<const std::string_view> words);
int stats(std::span<const std::string_view> words);
int reload(std::span<const std::string_view> words);
int config(std::span<const std::string_view> words);

}  // namespace atlas::app::atlasctl::control
