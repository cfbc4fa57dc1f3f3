#include "atlas/zone/load.h"

#include <algorithm>

#include "atlas/base/clock.h"
#include "atlas/zone/check/check.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/parser.h"

namespace atlas::zone {
namespace {

// Short lines have so many octets, and names and RDATA are seldom longer than their text. What is not needed
// of this is never touched.
constexpr size_t kTextOctetsPerRecord = 24;

RecordsResult fail(const std::filesystem::path& path, base::Error error) {
  base::Diagnostic diagnostic;
  diagnostic.file = path.string();
  diagnostic.message = std::move(error.message);
  diagnostic.hint = std::move(error.hint);
  return {std::nullopt, {std::move(diagnostic)}, {}};
}

}  // namespace

RecordsResult load_zone_records(const std::filesystem::path& path, dns::NameView apex,
                                const LoadOptions& options) {
  auto text = text::SourceText::open(path, text::kFileOctetsMax, options.progress);
  if (!text) return fail(path, std::move(text.error()));

  RecordList records;
  records.reserve(text->size() / kTextOctetsPerRecord, text->size());
  SourceFiles sources;
  DiagnosticLog log(options.diagnostics_max);
  text::ParseOptions parse_options;
  parse_options.default_ttl = options.default_ttl;
  parse_options.threads = options.threads;
  parse_options.open_text = [&](const std::filesystem::path& file, uint64_t size_max) {
    return text::SourceText::open(file, size_max, options.progress);
  };
  text::parse_zone(path, std::move(*text), apex, parse_options, sources, records, log);
  if (auto error = sources.front().text.error()) return fail(path, std::move(*error));
  if (options.progress != nullptr && options.progress->cancelled)
    return fail(path, {"was not read to its end", ""});
  // A record that could not be read would be missed by the checks, which would then report what is not so.
  if (log.error_count() == 0) {
    records.sort();
    check::check_zone(records, apex, base::wall_now(), log);
    records.level_ttls();
  }
  RecordsResult result;
  result.diagnostics = log.finish(sources);
  if (log.error_count() == 0) result.records = std::move(records);
  for (SourceFile& source : sources) result.files.push_back(std::move(source.path));
  return result;
}

LoadResult load_zone_file(const std::filesystem::path& path, dns::NameView apex, const LoadOptions& options) {
  RecordsResult loaded = load_zone_records(path, apex, options);
  LoadResult result;
  result.diagnostics = std::move(loaded.diagnostics);
  result.files = std::move(loaded.files);
  if (loaded.records) result.zone = Zone::build(apex, *loaded.records);
  return result;
}

}  // namespace atlas::zone
