// Reads entries one behind the other: what each of them takes over from those before, and what it adds to a
// zone's records. parser.cc reads texts with it, whole or in chunks.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "atlas/base/diagnostic.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/text/scanner.h"

namespace atlas::zone::text {

using Tokens = std::span<const dns::RdataToken>;

inline constexpr const char* kTtlHint =
    "a TTL is a number of seconds up to 2147483647, or as in 1h30m (units s, m, h, d, w)";

bool equal_ignoring_case(std::string_view a, std::string_view b);
// In quotes, cut if it is long.
std::string shown(std::string_view text);
base::TextPosition behind(const dns::RdataToken& token);

// Mnemonics seen lately: files use few types, many times.
class TypeCache {
 public:
  std::optional<dns::RRType> find(std::string_view text) {
    if (text.empty() || text.size() > kTextOctetsMax) return dns::parse_rrtype(text);
    Entry& entry = entries_[(text.size() * 5 + static_cast<uint8_t>(text.front()) +
                             static_cast<uint8_t>(text.back()) * 3u) %
                            entries_.size()];
    if (entry.size == text.size() && std::equal(text.begin(), text.end(), entry.text.begin()))
      return entry.type;
    const auto type = dns::parse_rrtype(text);
    if (type) {
      entry.size = static_cast<uint8_t>(text.size());
      std::copy(text.begin(), text.end(), entry.text.begin());
      entry.type = *type;
    }
    return type;
  }

 private:
  static constexpr size_t kTextOctetsMax = 13;
  struct Entry {
    std::array<char, kTextOctetsMax> text{};
    uint8_t size = 0;
    dns::RRType type = dns::RRType::A;
  };
  std::array<Entry, 64> entries_{};
};

// What one file has of its own; what it sets ends with it.
struct FileContext {
  const SourceFile& source;
  dns::Name origin;
  dns::Name owner;
  enum class Owner : uint8_t { kNone, kGood, kBad } owner_state = Owner::kNone;
  // As written, if the same text means the same owner again and there is nothing to say about it.
  std::string owner_text;
  bool is_owner_outside = false;  // of the zone
};

// The parts of a record in front of its RDATA.
struct RecordHead {
  size_t type_token = 0;
  std::optional<uint32_t> ttl;
  dns::RRType type = dns::RRType::A;
};

// The $GENERATE whose records are being made.
struct Generation {
  base::TextPosition position;
  uint32_t number = 0;
  bool failed = false;
  bool warned = false;
};

// What entries take over from those before them, besides their owner.
struct Inheritance {
  dns::Name origin;
  // Of $TTL, which goes on behind the file that sets it, as in BIND and NSD.
  std::optional<uint32_t> default_ttl;
  std::optional<uint32_t> last_ttl;
  bool seen_record = false;
};

class Parser {
 public:
  Parser(dns::NameView apex, const ParseOptions& options, SourceFiles& sources, RecordList& records,
         DiagnosticLog& log)
      : apex_(apex), options_(options), sources_(sources), records_(records), log_(log) {
    apex_text_ = dns::to_text(apex);
    apex_text_.pop_back();
  }

  SourceFile& add_source(const std::filesystem::path& path, SourceText text) {
    return sources_.emplace_back(SourceFile{records_.add_file(path.string()), path, std::move(text)});
  }
  void parse_file(const SourceFile& source, dns::NameView origin, dns::NameView owner,
                  FileContext::Owner state);

  // For texts in chunks, whose parsers work beside each other.
  Inheritance inheritance(const FileContext& file) const {
    return {file.origin, default_ttl_, last_ttl_, seen_record_};
  }
  // Parses a chunk as if `before` were what it inherits. False if what it means depends on more than that:
  // what came of it is good for nothing then.
  bool parse_chunk(FileContext& file, const Inheritance& before, Scanner scanner);
  // What a chunk's parser assumed is so.
  bool agrees(const FileContext& file, const Inheritance& before, const Parser& chunk) const;
  // Takes over what a chunk has changed, all but its records and findings.
  void adopt(FileContext& file, const Parser& chunk, const FileContext& chunk_file);

 private:
  void error(base::TextPosition at, std::string message, std::string hint = {}) {
    report(base::Severity::kError, at, std::move(message), std::move(hint));
  }
  void warn(base::TextPosition at, std::string message, std::string hint = {}) {
    report(base::Severity::kWarning, at, std::move(message), std::move(hint));
  }
  void report(base::Severity severity, base::TextPosition at, std::string message, std::string hint);

  void parse_text(FileContext& file);
  friend class ChunkWorker;
  void parse_chunks(FileContext& file, std::optional<Scanner>& scanner);
  void parse_entries(FileContext& file, Scanner& scanner);
  void parse_entry(FileContext& file, const Scanner& scanner);
  void parse_directive(FileContext& file, Tokens tokens);
  void parse_origin(FileContext& file, Tokens tokens);
  void parse_default_ttl(Tokens tokens);
  void parse_include(FileContext& file, Tokens tokens);
  void report_include(base::TextPosition at, const base::Error& failure);
  void parse_generate(FileContext& file, Tokens tokens);
  void generate_one(FileContext& file, Tokens tokens, std::string_view rdata_pattern, size_t type_token);

  void parse_owner(FileContext& file, const dns::RdataToken& token);
  void parse_record(FileContext& file, const Scanner& scanner);
  std::optional<RecordHead> parse_head(Tokens tokens, size_t first, bool begins_blank);
  void report_unknown_type(Tokens tokens, size_t at, bool begins_blank);
  std::optional<uint32_t> parse_ttl_field(const dns::RdataToken& token);
  Tokens split_at_quotes(Tokens tokens);
  uint32_t ttl_or_default(std::optional<uint32_t> ttl, base::TextPosition at);
  bool repeats_apex(std::string_view name) const;
  bool warn_if_final_dot_is_missing(const dns::RdataToken& token, const FileContext& file);
  bool is_open(const std::filesystem::path& path) const;

  const dns::Name apex_;
  std::string apex_text_;  // without the final dot
  const ParseOptions& options_;
  SourceFiles& sources_;
  RecordList& records_;
  DiagnosticLog& log_;

  TypeCache types_;
  std::vector<uint8_t> rdata_;
  std::vector<dns::RdataToken> split_tokens_;
  std::optional<uint32_t> default_ttl_;
  std::optional<uint32_t> last_ttl_;
  bool seen_record_ = false;

  bool is_chunk_ = false;                // this is the parser of a chunk
  bool depends_on_others_ = false;       // on what stands before or behind the chunk
  bool has_stated_ttl_ = false;          // in the chunk
  bool has_inherited_last_ttl_ = false;  // from before the chunk
  bool is_in_chunks_ = false;            // a text is being parsed in chunks

  std::vector<std::filesystem::path> open_files_;
  size_t include_count_ = 0;
  uint64_t generated_count_ = 0;
  uint16_t file_number_ = 0;
  Generation* generation_ = nullptr;
};

}  // namespace atlas::zone::text
