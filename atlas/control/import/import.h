// Another server's set-up as one of Atlas: read, written to a folder, and checked there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import {

struct Request {
  std::filesystem::path source;
  std::filesystem::path folder;
  std::optional<Kind> kind;  // none: guessed
  bool dry_run = false;      // the folder is not made
  bool force = false;        // takes the place of what an import has made before
  size_t threads = 1;        // for large zones
};

struct ImportedZone {
  std::string name;
  std::string file;  // relative to the folder; empty: it has none
  size_t records = 0;
  size_t update_rules = 0;
  bool is_secondary = false;
};

struct GroupCount {
  size_t losses = 0;
  size_t notes = 0;
};

struct Imported {
  Kind kind = Kind::kNamed;
  size_t files = 0;  // of the source
  std::vector<ImportedZone> zones;
  std::vector<std::string> keys;
  std::vector<std::string> listeners;
  std::optional<std::vector<std::string>> clients;  // that may ask; none: everybody
  size_t records = 0;
  size_t update_rules = 0;
  size_t secondaries = 0;         // among the zones
  std::vector<Finding> findings;  // by group, in the order of the source's files and lines
  size_t findings_left_out = 0;
  std::array<GroupCount, kGroupCount> counts{};

  size_t losses() const;
};

// By the name, the content, or that it is a folder; none if that says nothing.
std::optional<Kind> guess_kind(const std::filesystem::path& path, std::string_view content);

// Fails with what is wrong with the source or the folder; nothing is left behind then.
Parsed<Imported> run(const Request& request);

}  // namespace atlas::control::import
