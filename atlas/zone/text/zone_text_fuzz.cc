// Any octets as a zone file: nothing crashes, findings are bounded, and what is read is written and read
// again to the same records. The text may include itself under the names "a" and "b". In chunks it means the
// same as whole.
#include <cstddef>
#include <cstdint>
#include <string>

#include "atlas/base/assert.h"
#include "atlas/zone/check/check.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/text/writer.h"

namespace {

using namespace atlas;

constexpr size_t kDiagnosticsMax = 20;
// Keeps one run short; the limit itself is tested elsewhere.
constexpr uint64_t kGeneratedRecordsMax = 50;

// With one thread, or with two and chunks of `chunk_octets`.
zone::RecordList parse(const std::string& text, const std::string& included, dns::NameView apex,
                       base::Diagnostics& diagnostics, size_t chunk_octets = 0) {
  size_t inclusions = 0;
  zone::text::ParseOptions options;
  options.generated_records_max = kGeneratedRecordsMax;
  if (chunk_octets != 0) {
    options.threads = 2;
    options.chunk_octets = chunk_octets;
  }
  options.open_text = [&](const std::filesystem::path& path,
                          uint64_t) -> base::Result<zone::text::SourceText> {
    if ((path != "a" && path != "b") || ++inclusions > 10) return base::fail("no such file");
    return included;
  };
  zone::RecordList records;
  zone::SourceFiles sources;
  zone::DiagnosticLog log(kDiagnosticsMax);
  zone::text::parse_zone("zone", text, apex, options, sources, records, log);
  records.sort();
  zone::check::check_zone(records, apex, base::WallTime{}, log);
  diagnostics = log.finish(sources);
  return records;
}

std::string written(const zone::RecordList& records, dns::NameView apex, zone::text::Format format) {
  std::string out;
  zone::text::write_records(apex, records, format, [&](std::string_view piece) { out += piece; });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const dns::Name apex = *dns::parse_name("example.com.");
  base::Diagnostics diagnostics;
  // Included files are a bit shorter, so that nests of them end soon.
  const zone::RecordList records = parse(text, text.substr(text.size() / 2), apex, diagnostics);
  ATLAS_ASSERT(diagnostics.size() <= kDiagnosticsMax + 1);
  const std::string findings = base::render(diagnostics);
  written(records, apex, zone::text::Format::kJson);
  written(records, apex, zone::text::Format::kWireHex);

  const std::string first = written(records, apex, zone::text::Format::kText);
  // Threads are dear: larger chunks for larger texts.
  const zone::RecordList in_chunks =
      parse(text, text.substr(text.size() / 2), apex, diagnostics, 1 + size / 40 + size % 23);
  ATLAS_ASSERT(base::render(diagnostics) == findings);
  ATLAS_ASSERT(written(in_chunks, apex, zone::text::Format::kText) == first);

  const zone::RecordList again = parse(first, "", apex, diagnostics);
  for (const base::Diagnostic& diagnostic : diagnostics) {
    // Checks may object as before, the parser may not.
    ATLAS_ASSERT(diagnostic.severity == base::Severity::kWarning || diagnostic.message.ends_with(']') ||
                 diagnostic.message.ends_with("shown"));
  }
  ATLAS_ASSERT(again.size() == records.size());
  ATLAS_ASSERT(written(again, apex, zone::text::Format::kWireHex) ==
               written(records, apex, zone::text::Format::kWireHex));
  return 0;
}
