// A set-up as a configuration of Atlas.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "atlas/control/import/setup.h"

namespace atlas::control::import {

// Whether the configuration has the keys "keys" and "update-policy". Where it has not, they are written as
// comments.
inline constexpr bool kConfigHasUpdates = true;

// The first line of every configuration that is written here.
inline constexpr std::string_view kFirstLine = "# Made by atlasctl import from ";

struct WrittenZone {
  const SourceZone* zone = nullptr;
  std::string file;  // relative to the configuration
};
struct WrittenKey {
  const Key* key = nullptr;
  std::string file;
};

std::string to_yaml(const std::filesystem::path& source, const Settings& settings,
                    std::span<const WrittenKey> keys, std::span<const WrittenZone> zones,
                    bool has_updates = kConfigHasUpdates);

}  // namespace atlas::control::import
