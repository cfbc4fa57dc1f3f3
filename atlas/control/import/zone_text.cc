#include "atlas/control/import/zone_text.h"

#include <algorithm>
#include <array>

#include "atlas/base/file.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/writer.h"

namespace atlas::control::import {
namespace {

// A TTL that no SOA states: it shows that the SOA has none.
constexpr uint32_t kNoTtl = 0x7ffffffe;
constexpr size_t kSoaMinimumOctets = 4;

zone::RecordsResult load(const SourceZone& zone, const std::filesystem::path& source,
                         const zone::LoadOptions& options) {
  if (zone.file.empty()) return zone::load_zone_records(source, zone.text, zone.apex, options);
  return zone::load_zone_records(zone.file, zone.apex, options);
}

// As named reads a zone whose SOA has no TTL and that has no $TTL: as if it began with the SOA's minimum as
// $TTL.
zone::RecordsResult load_with_ttl(const SourceZone& zone, uint32_t ttl, const zone::LoadOptions& options) {
  auto text = base::read_file(zone.file, kFileOctetsMax);
  if (!text) {
    const std::string line = "$TTL " + std::to_string(ttl);
    return {std::nullopt,
            {{base::Severity::kError,
              zone.file.string(),
              {1, 1},
              "the text has no $TTL: " + text.error().message,
              "write " + line + " in front of it",
              {}}},
            {}};
  }
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text->starts_with(kByteOrderMark)) text->erase(0, kByteOrderMark.size());
  text->insert(0, "$TTL " + std::to_string(ttl) + '\n');
  zone::RecordsResult result = zone::load_zone_records(zone.file, std::move(*text), zone.apex, options);
  for (base::Diagnostic& diagnostic : result.diagnostics) {
    if (diagnostic.file == zone.file && diagnostic.position.line > 1) --diagnostic.position.line;
  }
  return result;
}

zone::RecordsResult load_as_source_does(const SourceZone& zone, const std::filesystem::path& source,
                                        size_t threads) {
  zone::LoadOptions options;
  options.threads = threads;
  options.include_folder = zone.include_folder;
  if (!zone.takes_ttl_from_soa) return load(zone, source, options);
  options.default_ttl = kNoTtl;
  zone::RecordsResult result = load(zone, source, options);
  // The SOA comes first.
  if (result.records && result.records->size() != 0) {
    const zone::ListedRecord& soa = result.records->records().front();
    if (std::ranges::none_of(result.records->records(),
                             [](const zone::ListedRecord& record) { return record.ttl == kNoTtl; })) {
      return result;
    }
    const base::Bytes rdata = result.records->rdata(soa);
    const uint32_t minimum = base::load_u32(rdata.last(kSoaMinimumOctets).data());
    return load_with_ttl(zone, std::min(minimum, kNoTtl), options);
  }
  options.default_ttl = zone::LoadOptions().default_ttl;
  return load(zone, source, options);
}

Finding finding(const SourceZone& zone, const base::Diagnostic& diagnostic, Group group) {
  Finding found{group, false, diagnostic.file, diagnostic.position, diagnostic.message, diagnostic.hint};
  // Lines of a text that was made here are rows of the database.
  if (zone.file.empty()) {
    const size_t line = diagnostic.position.line;
    found.position = {};
    found.message =
        (line != 0 && line <= zone.rows.size() ? "record " + std::to_string(zone.rows[line - 1]) + " of "
                                               : std::string()) +
        dns::to_text(zone.apex) + ": " + found.message;
  }
  return found;
}

void report(const SourceZone& zone, const base::Diagnostics& diagnostics, Findings& findings) {
  const bool failed = base::has_errors(diagnostics);
  const base::Severity told = failed ? base::Severity::kError : base::Severity::kWarning;
  const auto count = static_cast<size_t>(std::ranges::count(diagnostics, told, &base::Diagnostic::severity));
  const std::string name = "zone " + dns::to_text(zone.apex);
  if (failed) {
    findings.lose(Group::kZones, zone.place, name + " is not taken: its text has errors",
                  "put them right, and import again");
  }
  const Group group = failed ? Group::kZones : Group::kRecords;
  size_t shown = 0;
  for (const base::Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != told) continue;
    if (++shown > kZoneFindingsMax) break;
    findings.add(finding(zone, diagnostic, group));
  }
  if (count > kZoneFindingsMax) {
    findings.note(group, zone.place,
                  std::to_string(count - kZoneFindingsMax) + " more of this kind in " + name,
                  "atlasctl check-zone shows them");
  }
}

}  // namespace

std::optional<size_t> write_zone_text(const SourceZone& zone, const std::filesystem::path& source,
                                      const std::filesystem::path& target, size_t threads, Findings& findings,
                                      std::optional<base::Error>& error) {
  const zone::RecordsResult loaded = load_as_source_does(zone, source, threads);
  report(zone, loaded.diagnostics, findings);
  if (!loaded.records) return {};
  std::string text;
  zone::text::write_records(zone.apex, *loaded.records, zone::text::Format::kText,
                            [&](std::string_view piece) { text.append(piece); });
  const std::array<std::string_view, 1> pieces{text};
  const auto written = base::replace_file(target, pieces, 0644, base::Durability::kCache);
  if (!written) {
    error = written.error();
    return {};
  }
  zone::LoadOptions options;
  options.threads = threads;
  const zone::LoadResult again = zone::load_zone_file(target, zone.apex, options);
  if (again.zone == nullptr || again.zone->record_count() != loaded.records->size()) {
    error = base::Error{"zone " + dns::to_text(zone.apex) + " is not the same once it is written",
                        again.diagnostics.empty() ? "" : base::summary(again.diagnostics.front())};
    return {};
  }
  return loaded.records->size();
}

}  // namespace atlas::control::import
