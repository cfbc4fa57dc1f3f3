#include "atlas/app/atlasctl/import/import_command.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <thread>

#include "atlas/app/atlasctl/import/report.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/control/import/import.h"

namespace atlas::app::atlasctl::import {
namespace {

constexpr int kExitAllTaken = 0;
constexpr int kExitLosses = 1;
constexpr int kExitNothingMade = 2;
constexpr unsigned kThreadsMax = 8;

constexpr Option kOptions[] = {
    {"--to", true, "the folder to make; it must not be there"},
    {"--from", true, "what SOURCE is: named, nsd, knot or pdns; guessed if it is not said"},
    {"--dry-run", false, "write nothing, only report"},
    {"--force", false, "replace a folder that an import has made before"},
    {"--json", false, "print the report as JSON"},
};

int fail(const base::Error& error) {
  print_error(error);
  return kExitNothingMade;
}

}  // namespace

const Usage kImport = {
    "import",
    "SOURCE",
    "Makes a configuration of Atlas, with its zones and keys, of that of another server. SOURCE is a "
    "named.conf, nsd.conf,\n"
    "knot.conf or pdns.conf, or a folder of zone files; it is not changed, and no server is asked. What has "
    "no equal\n"
    "is reported with its place.\n"
    "The exit status is 0 if all was taken, 1 if something was not, and 2 if nothing was made.",
    1,
    1,
    kOptions};

int run(std::span<const std::string_view> given) {
  const auto words = parse_words(kImport, given);
  if (!words) return fail(words.error());
  control::import::Request request;
  request.source = words->operands[0];
  request.dry_run = words->has("--dry-run");
  request.force = words->has("--force");
  request.folder = words->value("--to").value_or("");
  request.threads = std::clamp(std::thread::hardware_concurrency(), 1u, kThreadsMax);
  if (request.folder.empty() && !request.dry_run) {
    return fail({"where to is not said", "name a folder to make, as in --to atlas; or use --dry-run"});
  }
  if (request.folder.empty()) request.folder = "atlas";
  if (const auto from = words->value("--from")) {
    request.kind = control::import::parse_kind(*from);
    if (!request.kind) {
      return fail(
          {"there is no kind \"" + printable(*from) + '"', "the kinds are named, nsd, knot and pdns"});
    }
  }
  const auto imported = control::import::run(request);
  if (!imported) {
    const base::Diagnostic& wrong = imported.error();
    if (wrong.file.empty()) return fail({wrong.message, wrong.hint});
    const std::string text = base::render(wrong);
    std::fwrite(text.data(), 1, text.size(), stderr);
    return kExitNothingMade;
  }
  const std::string text = words->has("--json")
                               ? report_json(request, *imported)
                               : report_text(request, *imported, Paint(ColorMode::kAuto, STDOUT_FILENO));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return imported->losses() == 0 ? kExitAllTaken : kExitLosses;
}

}  // namespace atlas::app::atlasctl::import
