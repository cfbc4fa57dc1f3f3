#include "atlas/zone/load.h"

#include <algorithm>

#include "atlas/base/clock.h"
#include "atlas/base/file.h"
#include "atlas/zone/check/check.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/parser.h"

namespace atlas::zone {
namespace {

// Zone files have about 40 octets of text for a record, and about as many of names and RDATA as two thirds of
// that.
constexpr size_t kTextOctetsPerRecord = 40;

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
  auto content = base::read_file(path, text::kFileOctetsMax);
  if (!content) return fail(path, std::move(content.error()));

  RecordList records;
  records.reserve(content->size() / kTextOctetsPerRecord, content->size() / 3 * 2);
  SourceFiles sources;
  DiagnosticLog log(options.diagnostics_max);
  text::ParseOptions parse_options;
  parse_options.default_ttl = options.default_ttl;
  parse_options.read_file = base::read_file;
  text::parse_zone(path, std::move(*content), apex, parse_options, sources, records, log);
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
