// Commands that ask a running atlasd over its control socket: status, stats, zones, reload, config.
#pragma once

#include <span>
#include <string_view>

#include "atlas/app/atlasctl/words.h"

namespace atlas::app::atlasctl::control {

extern const Usage kStatus;
extern const Usage kStats;
extern const Usage kZones;
extern const Usage kReload;
extern const Usage kConfig;

// Exit status: 0 = done, 1 = wrong words or the server said no, 9 = no server was reached.
int status(std::span<const std::string_view> words);
int stats(std::span<const std::string_view> words);
int zones(std::span<const std::string_view> words);
int reload(std::span<const std::string_view> words);
int config(std::span<const std::string_view> words);

}  // namespace atlas::app::atlasctl::control
