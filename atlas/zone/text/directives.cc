// The directives: $ORIGIN, $TTL, $INCLUDE and $GENERATE.
#include <algorithm>

#include "atlas/zone/text/entry_parser.h"
#include "atlas/zone/text/generate.h"
#include "atlas/zone/text/suggest.h"

namespace atlas::zone::text {

using base::TextPosition;

void Parser::parse_directive(FileContext& file, Tokens tokens) {
  const std::string_view word = tokens[0].text;
  if (equal_ignoring_case(word, "$ORIGIN")) return parse_origin(file, tokens);
  if (equal_ignoring_case(word, "$TTL")) return parse_default_ttl(tokens);
  const bool includes = equal_ignoring_case(word, "$INCLUDE");
  const bool generates = equal_ignoring_case(word, "$GENERATE");
  // Both count over the whole zone.
  depends_on_others_ = is_chunk_ && (includes || generates);
  if (depends_on_others_) return;
  if (includes) return parse_include(file, tokens);
  if (generates) return parse_generate(file, tokens);
  static constexpr std::string_view kDirectives[] = {"$ORIGIN", "$TTL", "$INCLUDE", "$GENERATE"};
  const std::string_view nearest = nearest_word(word, kDirectives);
  error(
      tokens[0].position, "unknown directive " + shown(word),
      nearest.empty()
          ? "known are $ORIGIN, $TTL, $INCLUDE and $GENERATE; an owner name that begins with $ is written \\$"
          : "did you mean " + std::string(nearest) + "?");
}

void Parser::parse_origin(FileContext& file, Tokens tokens) {
  if (tokens.size() != 2) {
    const TextPosition at = tokens.size() < 2 ? behind(tokens[0]) : tokens[2].position;
    return error(at, "$ORIGIN takes one domain name", "as in $ORIGIN example.com.");
  }
  const auto origin = dns::parse_name(tokens[1].text, file.origin);
  if (!origin) return error(tokens[1].position, origin.error().message, origin.error().hint);
  warn_if_final_dot_is_missing(tokens[1], file);
  file.origin = *origin;
  file.owner_text.clear();
}

void Parser::parse_default_ttl(Tokens tokens) {
  if (tokens.size() != 2) {
    const TextPosition at = tokens.size() < 2 ? behind(tokens[0]) : tokens[2].position;
    return error(at, "$TTL takes one TTL", kTtlHint);
  }
  if (const auto ttl = parse_ttl_field(tokens[1])) default_ttl_ = *ttl;
}

bool Parser::is_open(const std::filesystem::path& path) const {
  return std::ranges::find(open_files_, path) != open_files_.end();
}

void Parser::parse_include(FileContext& file, Tokens tokens) {
  if (tokens.size() != 2 && tokens.size() != 3) {
    const TextPosition at = tokens.size() < 2 ? behind(tokens[0]) : tokens[3].position;
    return error(at, "$INCLUDE takes a file and, if wanted, an origin",
                 "as in $INCLUDE hosts.zone sub.example.com.");
  }
  const TextPosition at = tokens[1].position;
  if (!options_.open_text) return error(at, "$INCLUDE is not allowed here");
  dns::Name origin = file.origin;
  if (tokens.size() == 3) {
    const auto named = dns::parse_name(tokens[2].text, file.origin);
    if (!named) return error(tokens[2].position, named.error().message, named.error().hint);
    origin = *named;
  }
  const std::filesystem::path folder =
      options_.include_folder.empty() ? file.source.path.parent_path() : options_.include_folder;
  const auto path = (folder / std::filesystem::path(tokens[1].text)).lexically_normal();
  if (is_open(path))
    return error(at, "$INCLUDE " + shown(tokens[1].text) + " leads back to a file that is being read");
  if (open_files_.size() > kIncludeDepthMax) {
    return error(at, "files are included more than " + std::to_string(kIncludeDepthMax) + " deep");
  }
  if (++include_count_ > kIncludesMax) {
    return error(at, "more than " + std::to_string(kIncludesMax) + " $INCLUDEs are read for one zone");
  }
  auto source = std::ranges::find(sources_, path, &SourceFile::path);
  if (source == sources_.end()) {
    if (sources_.size() >= kFilesMax) {
      return error(at, "a zone is made of at most " + std::to_string(kFilesMax) + " files");
    }
    auto content = options_.open_text(path, kFileOctetsMax);
    if (!content) return report_include(at, content.error());
    add_source(path, std::move(*content));
    source = std::prev(sources_.end());
  }
  parse_file(*source, origin, file.owner, file.owner_state);
  if (const auto failure = source->text.error()) report_include(at, *failure);
}

void Parser::report_include(TextPosition at, const base::Error& failure) {
  error(at, "$INCLUDE failed: " + failure.message,
        failure.hint.empty() ? "names of files are relative to the file that includes them" : failure.hint);
}

void Parser::parse_generate(FileContext& file, Tokens tokens) {
  constexpr const char* kUsage = "as in $GENERATE 1-254 host$ A 192.0.2.$";
  if (tokens.size() < 5) {
    return error(behind(tokens.back()), "$GENERATE takes a range, an owner, a type and RDATA", kUsage);
  }
  const auto range = parse_generate_range(tokens[1].text);
  if (!range) return error(tokens[1].position, range.error().message, range.error().hint);
  RecordHead head;
  if (!parse_head(tokens, 3, false, head)) return;
  const Tokens rdata = tokens.subspan(head.type_token + 1);
  if (rdata.empty()) return error(behind(tokens.back()), "$GENERATE takes RDATA behind the type", kUsage);
  if (range->count() > kGenerateCountMax) {
    return error(tokens[1].position,
                 "one $GENERATE makes at most " + std::to_string(kGenerateCountMax) + " records");
  }
  if (range->count() > options_.generated_records_max - generated_count_) {
    return error(tokens[1].position, "all $GENERATEs together make at most " +
                                         std::to_string(options_.generated_records_max) + " records");
  }
  generated_count_ += range->count();

  // In BIND the RDATA is one word, in quotes if it has blanks; without quotes several words do as well.
  std::string pattern;
  if (rdata.size() == 1 && rdata[0].quoted) {
    const std::string_view text = rdata[0].text;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\' && i + 1 < text.size()) {
        if (text[i + 1] != '"') pattern += text[i];
        ++i;
      }
      pattern += text[i];
    }
  } else {
    for (const dns::RdataToken& token : rdata) {
      if (!pattern.empty()) pattern += ' ';
      if (token.quoted) pattern += '"';
      pattern += token.text;
      if (token.quoted) pattern += '"';
    }
  }

  Generation generation{tokens[0].position};
  generation_ = &generation;
  for (uint64_t number = range->first; number <= range->last && !generation.failed; number += range->step) {
    generation.number = static_cast<uint32_t>(number);
    generate_one(file, tokens, pattern, head.type_token);
  }
  generation_ = nullptr;
}

// Writes the record's line and reads it like every other.
void Parser::generate_one(FileContext& file, Tokens tokens, std::string_view rdata_pattern,
                          size_t type_token) {
  std::string line;
  if (const auto owner = append_generated(tokens[2].text, generation_->number, line); !owner) {
    return error(tokens[2].position, owner.error().message, owner.error().hint);
  }
  for (size_t i = 3; i <= type_token; ++i) line.append(1, ' ').append(tokens[i].text);
  line += ' ';
  if (const auto rdata = append_generated(rdata_pattern, generation_->number, line); !rdata) {
    return error(tokens[type_token + 1].position, rdata.error().message, rdata.error().hint);
  }
  Scanner scanner{Window(line)};
  switch (scanner.next()) {
    case Scanner::Outcome::kEntry:
      return parse_record(file, scanner);
    case Scanner::Outcome::kError:
      return error(scanner.error().position, scanner.error().message, scanner.error().hint);
    case Scanner::Outcome::kEnd:
      return;
  }
}

}  // namespace atlas::zone::text
