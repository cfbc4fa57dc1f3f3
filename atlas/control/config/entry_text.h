// Entries of lists as YAML in one line, which the reader reads to the same.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "atlas/control/config/config.h"

namespace atlas::control::config {

// In double quotes: what a scalar means does not hang on what it looks like.
std::string in_quotes(std::string_view text);
std::string quoted_list(const std::vector<std::string>& texts);

std::string entry_text(const tls::CertificateFiles& files);
std::string entry_text(const RemoteSettings& remote);
// What is as `defaults` have it is left out, but for what they would give a zone that has none.
std::string entry_text(const ZoneFile& zone, const ZoneDefaults& defaults);
// The same, each key of its own: "file: \"a.zone\"".
std::vector<std::string> entry_lines(const ZoneFile& zone, const ZoneDefaults& defaults);

}  // namespace atlas::control::config
