// A set-up as a configuration of Atlas.
#pragma once

#include <filesystem>
#include <span>
#include <string>

#include "atlas/control/import/setup.h"

namespace atlas::control::import {

// The first line of every configuration that is written here.
inline constexpr std::string_view kFirstLine = "# Made by atlasctl import from ";

struct WrittenZone {
  const SourceZone* zone = nullptr;
  std::string file;  // relative to the configuration; empty: it has none
};
struct WrittenKey {
  const Key* key = nullptr;
  std::string file;
};

std::string to_yaml(const std::filesystem::path& source, const Settings& settings,
                    std::span<const WrittenKey> keys, std::span<const config::RemoteSettings> remotes,
                    std::span<const WrittenZone> zones);

}  // namespace atlas::control::import
