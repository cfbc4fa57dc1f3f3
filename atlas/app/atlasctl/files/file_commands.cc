#include "atlas/app/atlasctl/files/file_commands.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "atlas/app/atlasctl/terminal.h"
#include "atlas/base/clock.h"
#include "atlas/control/config/config.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/writer.h"

namespace atlas::app::atlasctl::files {
namespace {

constexpr int kExitRight = 0;
constexpr int kExitWrong = 1;

constexpr Option kCheckZoneOptions[] = {
    {"--strict", false, "warnings are errors too"},
    {"--quiet", false, "print findings only"},
};
constexpr Option kDumpZoneOptions[] = {
    {"--format", true, "text (the default), json, or wire-hex"},
};
constexpr Option kCheckConfigOptions[] = {
    {"--quiet", false, "print findings only"},
};

int fail(const base::Error& error) {
  print_error(error);
  return kExitWrong;
}

void print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

// As base::render, with the severity coloured on a terminal.
void print_diagnostics(const base::Diagnostics& diagnostics) {
  const Paint paint(ColorMode::kAuto, STDERR_FILENO);
  for (const base::Diagnostic& diagnostic : diagnostics) {
    std::string text = base::render(diagnostic);
    const bool is_error = diagnostic.severity == base::Severity::kError;
    const std::string_view word = is_error ? "error: " : "warning: ";
    if (const size_t at = text.find(word); paint.on() && at != std::string::npos) {
      text.replace(at, word.size(), paint(is_error ? Style::kBad : Style::kWarning, word));
    }
    print(stderr, text);
  }
}

size_t count_warnings(const base::Diagnostics& diagnostics) {
  return static_cast<size_t>(
      std::ranges::count(diagnostics, base::Severity::kWarning, &base::Diagnostic::severity));
}

}  // namespace

const Usage kCheckZone = {
    "check-zone",
    "ORIGIN FILE",
    "Reads the zone file FILE as the zone ORIGIN and says what is wrong with it, as atlasd would see it.\n"
    "The exit status is 0 if the zone would be served and 1 if not.",
    2,
    2,
    kCheckZoneOptions};
const Usage kDumpZone = {
    "dump-zone", "ORIGIN FILE",   "Prints the records of a zone file in canonical order, one a line.", 2,
    2,           kDumpZoneOptions};
const Usage kCheckConfig = {"check-config",
                            "[FILE]",
                            "Reads a configuration, /etc/atlas/atlas.yaml if no FILE is named, with all that "
                            "it includes, and says what is\n"
                            "wrong with it. Zone files are not read: check-zone does that.",
                            0,
                            1,
                            kCheckConfigOptions};

int check_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kCheckZone, given);
  if (!words) return fail(words.error());
  const auto apex = dns::parse_name(words->operands[0]);
  if (!apex) return fail(apex.error());
  const auto begun = base::monotonic_now();
  const zone::LoadResult loaded = zone::load_zone_file(words->operands[1], *apex);
  const std::chrono::duration<double> seconds = base::monotonic_now() - begun;
  print_diagnostics(loaded.diagnostics);
  const size_t warnings = count_warnings(loaded.diagnostics);
  const bool right = loaded.zone != nullptr && !(words->has("--strict") && warnings != 0);
  if (words->has("--quiet")) return right ? kExitRight : kExitWrong;
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  const std::string name = dns::to_display_text(*apex);
  if (loaded.zone == nullptr) {
    print(stdout, "zone " + name + ": " + paint(Style::kBad, "not loadable") + '\n');
    return kExitWrong;
  }
  char time[32];
  std::snprintf(time, sizeof time, "%.2f s", seconds.count());
  print(stdout, "zone " + name + ": " +
                    (right ? paint(Style::kGood, "ok") : paint(Style::kBad, "has warnings")) + ", serial " +
                    std::to_string(loaded.zone->serial()) + ", " +
                    counted(loaded.zone->record_count(), "record") + ", " + counted(warnings, "warning") +
                    ", " + time + '\n');
  return right ? kExitRight : kExitWrong;
}

int dump_zone(std::span<const std::string_view> given) {
  const auto words = parse_words(kDumpZone, given);
  if (!words) return fail(words.error());
  const auto apex = dns::parse_name(words->operands[0]);
  if (!apex) return fail(apex.error());
  const std::string_view format_text = words->value("--format").value_or("text");
  const auto format = zone::text::parse_format(format_text);
  if (!format) {
    return fail(
        {"there is no format \"" + printable(format_text) + '"', "the formats are text, json and wire-hex"});
  }
  const zone::LoadResult loaded = zone::load_zone_file(words->operands[1], *apex);
  print_diagnostics(loaded.diagnostics);
  if (loaded.zone == nullptr) return kExitWrong;
  zone::text::write_zone(*loaded.zone, *format, [](std::string_view piece) { print(stdout, piece); });
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
    return fail({"the output could not be written", ""});
  return kExitRight;
}

int check_config(std::span<const std::string_view> given) {
  const auto words = parse_words(kCheckConfig, given);
  if (!words) return fail(words.error());
  const std::filesystem::path path = words->operands.empty() ? "/etc/atlas/atlas.yaml" : words->operands[0];
  const control::config::Loaded loaded = control::config::load(path);
  print_diagnostics(loaded.diagnostics);
  if (!loaded.config) return kExitWrong;
  if (!words->has("--quiet")) {
    const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
    print(stdout, path.string() + ": " + paint(Style::kGood, "ok") + ", " + counted(loaded.files, "file") +
                      ", " + counted(loaded.config->zones.size(), "zone") + '\n');
  }
  return kExitRight;
}

}  // namespace atlas::app::atlasctl::files
