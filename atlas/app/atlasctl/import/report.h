// What an import says when it is done.
#pragma once

#include <string>

#include "atlas/app/atlasctl/terminal.h"
#include "atlas/control/import/import.h"

namespace atlas::app::atlasctl::import {

// Of a group; --json has all.
inline constexpr size_t kLossesShownMax = 50;
inline constexpr size_t kNotesShownMax = 10;

std::string report_text(const control::import::Request& request, const control::import::Imported& imported,
                        const Paint& paint);
std::string report_json(const control::import::Request& request, const control::import::Imported& imported);

}  // namespace atlas::app::atlasctl::import
