// atlasctl zone: which zones there are, how they come, go and are set up.
#pragma once

#include <span>

#include "atlas/app/atlasctl/command.h"

namespace atlas::app::atlasctl::control {

std::span<const Command> zone_commands();

// Parts of it. Exit status: see session.h.
int create_zone(std::span<const std::string_view> words);
int add_zone(std::span<const std::string_view> words);
int refresh_zone(std::span<const std::string_view> words);
int retransfer_zone(std::span<const std::string_view> words);
int notify_zone(std::span<const std::string_view> words);
int export_zone(std::span<const std::string_view> words);
int replace_zone(std::span<const std::string_view> words);
int zone_policy(std::span<const std::string_view> words);
int zone_settings(std::span<const std::string_view> words);
extern const Usage kCreateZone;
extern const Usage kAddZone;
extern const Usage kRefreshZone;
extern const Usage kRetransferZone;
extern const Usage kNotifyZone;
extern const Usage kExportZone;
extern const Usage kReplaceZone;
extern const Usage kZonePolicy;
extern const Usage kZoneSettings;

}  // namespace atlas::app::atlasctl::control
