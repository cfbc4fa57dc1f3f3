#include "atlas/zone/load.h"

#include <algorithm>

#include "atlas/base/clock.h"
#include "atlas/zone/check/check.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/given_zone.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/zonemd.h"

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

Work work_of(const LoadOptions& options) {
  return {options.threads, options.progress == nullptr ? nullptr : &options.progress->cancelled};
}

bool is_cancelled(const LoadOptions& options) {
  return work_of(options).is_cancelled();
}

RecordsResult fail_cancelled(const std::filesystem::path& path) {
  return fail(path, {"was not loaded to its end", ""});
}

void check_records(const RecordList& records, dns::NameView apex, const LoadOptions& options,
                   DiagnosticLog& log) {
  if (!options.is_lenient) {
    check::check_zone(records, apex, base::wall_now(), log, work_of(options));
    return;
  }
  if (const auto checked = check_structure(records, apex); !checked) {
    log.add(base::Severity::kError, 0, {}, checked.error().message);
    return;
  }
  DiagnosticLog found(options.diagnostics_max);
  check::check_zone(records, apex, base::wall_now(), found, work_of(options));
  found.make_warnings();
  log.append(std::move(found));
}

// Sorted and checked. TTLs may still differ inside of an RRset.
RecordsResult read_records(const std::filesystem::path& path, text::SourceText text, dns::NameView apex,
                           const LoadOptions& options, text::ParseOptions parse_options) {
  RecordList records;
  records.reserve(text.size() / kTextOctetsPerRecord, text.size());
  SourceFiles sources;
  DiagnosticLog log(options.diagnostics_max);
  parse_options.default_ttl = options.default_ttl;
  parse_options.include_folder = options.include_folder;
  parse_options.threads = options.threads;
  text::parse_zone(path, std::move(text), apex, parse_options, sources, records, log);
  if (auto error = sources.front().text.error()) return fail(path, std::move(*error));
  if (is_cancelled(options)) return fail_cancelled(path);
  // A record that could not be read would be missed by the checks, which would then report what is not so.
  if (log.error_count() == 0) {
    const Work work = work_of(options);
    if (records.sort(work)) check_records(records, apex, options, log);
    if (is_cancelled(options)) return fail_cancelled(path);
  }
  RecordsResult result;
  result.diagnostics = log.finish(sources);
  if (log.error_count() == 0) result.records = std::move(records);
  for (SourceFile& source : sources) result.files.push_back(std::move(source.path));
  return result;
}

text::ParseOptions with_includes(const LoadOptions& options) {
  text::ParseOptions parse_options;
  parse_options.open_text = [&options](const std::filesystem::path& file, uint64_t size_max) {
    return text::SourceText::open(file, size_max, options.progress);
  };
  return parse_options;
}

RecordsResult read_file(const std::filesystem::path& path, dns::NameView apex, const LoadOptions& options) {
  auto text = text::SourceText::open(path, text::kFileOctetsMax, options.progress);
  if (!text) return fail(path, std::move(text.error()));
  return read_records(path, std::move(*text), apex, options, with_includes(options));
}

// RFC 8976 4. Its publisher may be about to make another: a warning.
void check_digest(const std::filesystem::path& path, LoadResult& result) {
  const ZonemdCheck checked = check_zonemd(*result.zone);
  if (checked.verdict != ZonemdVerdict::kBad) return;
  base::Diagnostic diagnostic;
  diagnostic.severity = base::Severity::kWarning;
  diagnostic.file = path.string();
  diagnostic.message = "the ZONEMD record is not that of this zone: " + checked.reason + " [zonemd-wrong]";
  diagnostic.hint = "zonemd: sha384 in the configuration makes one with every change";
  result.diagnostics.push_back(std::move(diagnostic));
}

LoadResult build(const std::filesystem::path& path, dns::NameView apex, RecordsResult loaded, Work work) {
  LoadResult result;
  result.diagnostics = std::move(loaded.diagnostics);
  result.files = std::move(loaded.files);
  if (loaded.records) result.zone = Zone::build(apex, std::move(*loaded.records), work);
  if (loaded.records && result.zone == nullptr)
    result.diagnostics = std::move(fail_cancelled(path).diagnostics);
  if (result.zone != nullptr) check_digest(path, result);
  return result;
}

}  // namespace

RecordsResult load_zone_records(const std::filesystem::path& path, dns::NameView apex,
                                const LoadOptions& options) {
  RecordsResult result = read_file(path, apex, options);
  if (result.records) result.records->level_ttls();
  return result;
}

RecordsResult load_zone_records(const std::filesystem::path& path, text::SourceText text, dns::NameView apex,
                                const LoadOptions& options) {
  RecordsResult result = read_records(path, std::move(text), apex, options, with_includes(options));
  if (result.records) result.records->level_ttls();
  return result;
}

LoadResult load_zone_text(std::string text, dns::NameView apex, const LoadOptions& options) {
  text::ParseOptions parse_options;
  parse_options.generated_records_max = kGeneratedInTextMax;
  return build({}, apex, read_records({}, std::move(text), apex, options, std::move(parse_options)),
               work_of(options));
}

LoadResult load_zone_file(const std::filesystem::path& path, dns::NameView apex, const LoadOptions& options) {
  return build(path, apex, read_file(path, apex, options), work_of(options));
}

}  // namespace atlas::zone
