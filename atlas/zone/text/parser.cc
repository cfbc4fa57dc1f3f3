#include "atlas/zone/text/parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "atlas/dns/rdata.h"
#include "atlas/dns/ttl.h"
#include "atlas/zone/text/generate.h"
#include "atlas/zone/text/scanner.h"
#include "atlas/zone/text/suggest.h"

namespace atlas::zone::text {
namespace {

using base::Severity;
using base::TextPosition;
using Tokens = std::span<const dns::RdataToken>;

// Values shown in messages are cut here.
constexpr size_t kShownOctetsMax = 80;

constexpr const char* kTtlHint =
    "a TTL is a number of seconds up to 2147483647, or as in 1h30m (units s, m, h, d, w)";

bool is_ascii(std::string_view text) {
  unsigned octets = 0;
  for (const char c : text) octets |= static_cast<uint8_t>(c);
  return octets < 0x80;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return dns::ascii_lower(static_cast<uint8_t>(c)); };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string shown(std::string_view text) {
  if (text.size() <= kShownOctetsMax) return '"' + std::string(text) + '"';
  return '"' + std::string(text.substr(0, kShownOctetsMax)) + "...\"";
}

TextPosition behind(const dns::RdataToken& token) {
  const size_t octets = token.text.size() + (token.quoted ? 2 : 0);
  return {token.position.line, token.position.column + static_cast<uint32_t>(octets)};
}

// Which tokens of the RDATA are domain names, as bits.
uint32_t name_tokens(dns::RRType type) {
  switch (type) {
    case dns::RRType::NS:
    case dns::RRType::MD:
    case dns::RRType::MF:
    case dns::RRType::CNAME:
    case dns::RRType::MB:
    case dns::RRType::MG:
    case dns::RRType::MR:
    case dns::RRType::PTR:
    case dns::RRType::DNAME:
    case dns::RRType::NSEC:
      return 1;
    case dns::RRType::MX:
    case dns::RRType::AFSDB:
    case dns::RRType::RT:
    case dns::RRType::KX:
    case dns::RRType::LP:
    case dns::RRType::SVCB:
    case dns::RRType::HTTPS:
      return 1 << 1;
    case dns::RRType::SOA:
    case dns::RRType::RP:
    case dns::RRType::MINFO:
      return 3;
    case dns::RRType::SRV:
      return 1 << 3;
    case dns::RRType::NAPTR:
      return 1 << 5;
    case dns::RRType::RRSIG:
      return 1 << 7;
    default:
      return 0;
  }
}

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
  TextPosition position;
  uint32_t number = 0;
  bool failed = false;
  bool warned = false;
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

 private:
  void error(TextPosition at, std::string message, std::string hint = {}) {
    report(Severity::kError, at, std::move(message), std::move(hint));
  }
  void warn(TextPosition at, std::string message, std::string hint = {}) {
    report(Severity::kWarning, at, std::move(message), std::move(hint));
  }
  void report(Severity severity, TextPosition at, std::string message, std::string hint);

  void parse_text(FileContext& file);
  void parse_entry(FileContext& file, const Scanner& scanner);
  void parse_directive(FileContext& file, Tokens tokens);
  void parse_origin(FileContext& file, Tokens tokens);
  void parse_default_ttl(Tokens tokens);
  void parse_include(FileContext& file, Tokens tokens);
  void report_include(TextPosition at, const base::Error& failure);
  void parse_generate(FileContext& file, Tokens tokens);
  void generate_one(FileContext& file, Tokens tokens, std::string_view rdata_pattern, size_t type_token);

  void parse_owner(FileContext& file, const dns::RdataToken& token);
  void parse_record(FileContext& file, const Scanner& scanner);
  std::optional<RecordHead> parse_head(Tokens tokens, size_t first, bool begins_blank);
  void report_unknown_type(Tokens tokens, size_t at, bool begins_blank);
  std::optional<uint32_t> parse_ttl_field(const dns::RdataToken& token);
  Tokens split_at_quotes(Tokens tokens);
  uint32_t ttl_or_default(std::optional<uint32_t> ttl, TextPosition at);
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
  std::optional<uint32_t>
      default_ttl_;  // of $TTL, which goes on behind the file that sets it, as in BIND and NSD
  std::optional<uint32_t> last_ttl_;
  bool seen_record_ = false;
  std::vector<std::filesystem::path> open_files_;
  size_t include_count_ = 0;
  uint64_t generated_count_ = 0;
  uint16_t file_number_ = 0;
  Generation* generation_ = nullptr;
};

void Parser::report(Severity severity, TextPosition at, std::string message, std::string hint) {
  if (generation_ != nullptr) {
    // The text that is wrong stands nowhere; the directive does. One finding of a kind for all its numbers.
    bool& reported = severity == Severity::kError ? generation_->failed : generation_->warned;
    if (std::exchange(reported, true)) return;
    at = generation_->position;
    message = "for " + std::to_string(generation_->number) + ": " + message;
  }
  log_.add(severity, file_number_, at, std::move(message), std::move(hint));
}

bool Parser::is_open(const std::filesystem::path& path) const {
  return std::ranges::find(open_files_, path) != open_files_.end();
}

void Parser::parse_file(const SourceFile& source, dns::NameView origin, dns::NameView owner,
                        FileContext::Owner state) {
  FileContext file{source, origin, owner, state, {}, !owner.is_at_or_below(apex_)};
  open_files_.push_back(source.path.lexically_normal());
  const uint16_t file_number_before = std::exchange(file_number_, source.number);
  parse_text(file);
  file_number_ = file_number_before;
  open_files_.pop_back();
}

void Parser::parse_text(FileContext& file) {
  Scanner scanner(file.source.text.read());
  if (scanner.is_utf16()) return error({1, 1}, "this text is UTF-16", "save it as UTF-8 or ASCII");
  if (scanner.had_byte_order_mark()) {
    warn({1, 1}, "the text begins with a UTF-8 byte order mark, which is skipped",
         "other name servers refuse it; save the file without one");
  }
  for (;;) {
    switch (scanner.next()) {
      case Scanner::Outcome::kEntry:
        parse_entry(file, scanner);
        break;
      case Scanner::Outcome::kError:
        error(scanner.error().position, scanner.error().message, scanner.error().hint);
        break;
      case Scanner::Outcome::kEnd:
        return;
    }
  }
}

void Parser::parse_entry(FileContext& file, const Scanner& scanner) {
  const Tokens tokens = scanner.tokens();
  const bool is_directive = !scanner.begins_blank() && !tokens[0].quoted && tokens[0].text.starts_with('$');
  if (is_directive) {
    parse_directive(file, tokens);
  } else {
    parse_record(file, scanner);
  }
}

void Parser::parse_directive(FileContext& file, Tokens tokens) {
  const std::string_view word = tokens[0].text;
  if (equal_ignoring_case(word, "$ORIGIN")) return parse_origin(file, tokens);
  if (equal_ignoring_case(word, "$TTL")) return parse_default_ttl(tokens);
  if (equal_ignoring_case(word, "$INCLUDE")) return parse_include(file, tokens);
  if (equal_ignoring_case(word, "$GENERATE")) return parse_generate(file, tokens);
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
  const auto path =
      (file.source.path.parent_path() / std::filesystem::path(tokens[1].text)).lexically_normal();
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
  const auto head = parse_head(tokens, 3, false);
  if (!head) return;
  const Tokens rdata = tokens.subspan(head->type_token + 1);
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
    generate_one(file, tokens, pattern, head->type_token);
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

Tokens Parser::split_at_quotes(Tokens tokens) {
  split_tokens_.clear();
  for (const dns::RdataToken& token : tokens) {
    if (token.quoted) {
      split_tokens_.push_back(token);
      continue;
    }
    const std::string_view text = token.text;
    bool quoted = false;
    size_t begin = 0;
    const auto add = [&](size_t end) {
      if (end == begin && !quoted) return;
      const auto column = token.position.column + static_cast<uint32_t>(quoted ? begin - 1 : begin);
      split_tokens_.push_back({text.substr(begin, end - begin), quoted, {token.position.line, column}});
    };
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\') {
        ++i;
      } else if (text[i] == '"') {
        add(i);
        quoted = !quoted;
        begin = i + 1;
      }
    }
    add(text.size());
    if (begin != 0) {
      warn(token.position, "a quote inside a word ends it and begins another string",
           "put the whole string in quotes, or write the quote as \\\"");
    }
  }
  return split_tokens_;
}

bool Parser::repeats_apex(std::string_view name) const {
  if (apex_text_.empty() || name.size() < apex_text_.size() || name.ends_with('.')) return false;
  const size_t boundary = name.size() - apex_text_.size();
  if (boundary != 0 && name[boundary - 1] != '.') return false;
  return equal_ignoring_case(name.substr(boundary), apex_text_);
}

// True if it warned.
bool Parser::warn_if_final_dot_is_missing(const dns::RdataToken& token, const FileContext& file) {
  if (!repeats_apex(token.text)) return false;
  warn(token.position,
       shown(token.text) + " has no final dot and means " + std::string(token.text) + '.' +
           dns::to_text(file.origin),
       "write " + std::string(token.text) + ". with a final dot, or only what stands before the origin");
  return true;
}

void Parser::parse_owner(FileContext& file, const dns::RdataToken& token) {
  if (!token.text.empty() && token.text == file.owner_text) return;
  file.owner_text.clear();
  if (const auto parsed = dns::parse_name(token.text, file.origin, file.owner); !parsed) {
    error(token.position, parsed.error().message, parsed.error().hint);
    file.owner_state = FileContext::Owner::kBad;
    return;
  }
  file.owner_state = FileContext::Owner::kGood;
  file.is_owner_outside = !file.owner.view().is_at_or_below(apex_);
  bool warned = warn_if_final_dot_is_missing(token, file);
  if (!is_ascii(token.text)) {
    warn(token.position, shown(token.text) + " has octets outside of ASCII, which resolvers never ask for",
         "write an internationalized name as A-labels (xn--...)");
    warned = true;
  }
  if (!warned) file.owner_text = token.text;
}

std::optional<uint32_t> Parser::parse_ttl_field(const dns::RdataToken& token) {
  const auto ttl = dns::parse_ttl(token.text);
  if (!ttl || token.quoted) {
    error(token.position, shown(token.text) + " is not a TTL", kTtlHint);
    return {};
  }
  if (*ttl > 0xffffffff) {
    error(token.position, "the TTL " + shown(token.text) + " is larger than 32 bits", kTtlHint);
    return {};
  }
  if (*ttl > dns::kTtlMax) {
    warn(token.position,
         "the TTL " + shown(token.text) + " is larger than 2147483647 and means 0 (RFC 2181 8)", kTtlHint);
    return 0;
  }
  return static_cast<uint32_t>(*ttl);
}

void Parser::report_unknown_type(Tokens tokens, size_t at, bool begins_blank) {
  const dns::RdataToken& token = tokens[at];
  // A file that is no zone file at all must not cost a search for every line.
  if (!log_.keeps(base::Severity::kError)) return error(token.position, {});
  const bool is_first = at == (begins_blank ? 0u : 1u);
  if (!begins_blank && is_first && types_.find(tokens[0].text)) {
    return error(token.position, shown(token.text) + " is not a type, a class or a TTL",
                 shown(tokens[0].text) +
                     " stands in the first column and is the owner name; for the owner of the "
                     "record before, begin the line with a blank");
  }
  if (!token.text.empty() && token.text[0] >= '0' && token.text[0] <= '9') {
    return error(token.position, shown(token.text) + " is not a TTL", kTtlHint);
  }
  std::string hint;
  if (begins_blank && token.text.starts_with('$')) {
    hint = "a directive begins in the first column";
  } else if (const std::string_view nearest = nearest_type(token.text); !nearest.empty()) {
    hint = "did you mean " + std::string(nearest) +
           "? A type without a name is written TYPE and its number (RFC 3597)";
  } else if (begins_blank && is_first) {
    hint =
        "the line begins with a blank, so that its first word is no owner name; an owner begins in the first "
        "column";
  } else {
    hint = "a type without a name is written TYPE and its number, its data as \\# length hex (RFC 3597)";
  }
  error(token.position, "unknown type " + shown(token.text), std::move(hint));
}

// RFC 1035 5.1: [TTL] [class] type or [class] [TTL] type.
std::optional<RecordHead> Parser::parse_head(Tokens tokens, size_t first, bool begins_blank) {
  RecordHead head;
  bool has_class = false;
  for (size_t i = first; i < tokens.size(); ++i) {
    const dns::RdataToken& token = tokens[i];
    const std::string_view word = token.text;
    if (token.quoted || word.empty()) {
      error(token.position, "a quoted string where a type is expected");
      return {};
    }
    if (word[0] >= '0' && word[0] <= '9' && dns::parse_ttl(word)) {
      if (head.ttl) {
        error(token.position, "a second TTL");
        return {};
      }
      head.ttl = parse_ttl_field(token);
      if (!head.ttl) return {};
      continue;
    }
    // The word that most records have costs no search among the types.
    const bool is_in = equal_ignoring_case(word, "IN");
    if (const auto type = is_in ? std::nullopt : types_.find(word)) {
      // ANY is a type and a class; neither can stand in a zone.
      if (dns::is_meta_type(*type)) {
        error(token.position,
              shown(word) + " is a type for queries and messages, which no zone holds (RFC 6895 3.1)");
        return {};
      }
      head.type = *type;
      head.type_token = i;
      return head;
    }
    if (const auto rr_class = dns::parse_rrclass(word)) {
      if (has_class) {
        error(token.position, "a second class");
        return {};
      }
      if (*rr_class != dns::RRClass::IN) {
        error(token.position, "the class " + shown(word) + " is not served",
              "zones have the class IN, which may be left out");
        return {};
      }
      has_class = true;
      continue;
    }
    report_unknown_type(tokens, i, begins_blank);
    return {};
  }
  const TextPosition end = behind(tokens.back());
  error(end, "the type is missing", "a record is: owner TTL class type RDATA");
  return {};
}

uint32_t Parser::ttl_or_default(std::optional<uint32_t> ttl, TextPosition at) {
  if (ttl) {
    last_ttl_ = *ttl;
    return *ttl;
  }
  // RFC 2308 4: $TTL; RFC 1035 5.1: the last one stated.
  if (default_ttl_) return *default_ttl_;
  if (!last_ttl_) {
    warn(at,
         "no TTL and no $TTL before it: " + std::to_string(options_.default_ttl) + " s is used (RFC 2308 4)",
         "write $TTL in front of the first record, as in $TTL 1h");
    last_ttl_ = options_.default_ttl;
  }
  return *last_ttl_;
}

void Parser::parse_record(FileContext& file, const Scanner& scanner) {
  const Tokens tokens = scanner.tokens();
  const bool begins_blank = scanner.begins_blank();
  if (!begins_blank) {
    parse_owner(file, tokens[0]);
  } else if (file.owner_state == FileContext::Owner::kNone) {
    error(tokens[0].position, "the first record has no owner name",
          "write @ in the first column for the origin");
    file.owner_state = FileContext::Owner::kBad;
  }
  const size_t first = begins_blank ? 0 : 1;
  const auto head = parse_head(tokens, first, begins_blank);
  if (!head) return;

  Tokens rdata = tokens.subspan(head->type_token + 1);
  // Only SvcParams (RFC 9460 2.1) are written key="value"; elsewhere a quote ends the word before it.
  const bool is_svcb = head->type == dns::RRType::SVCB || head->type == dns::RRType::HTTPS;
  if (scanner.has_inner_quotes() && !is_svcb) rdata = split_at_quotes(rdata);
  rdata_.clear();
  if (const auto parsed = dns::parse_rdata(head->type, rdata, file.origin, rdata_); !parsed) {
    const size_t token = parsed.error().token;
    const TextPosition at = token < rdata.size() ? rdata[token].position : behind(tokens.back());
    return error(at, parsed.error().message, parsed.error().hint);
  }
  const uint32_t ttl = ttl_or_default(head->ttl, tokens[head->type_token].position);
  if (uint32_t names = name_tokens(head->type); names != 0 && !(rdata[0].text == "\\#" && !rdata[0].quoted)) {
    for (size_t i = 0; names != 0 && i < rdata.size(); ++i, names >>= 1) {
      if ((names & 1) != 0) warn_if_final_dot_is_missing(rdata[i], file);
    }
  }
  // Its owner was reported.
  if (file.owner_state != FileContext::Owner::kGood) return;

  const TextPosition at = tokens[0].position;
  if (file.is_owner_outside) {
    return warn(
        at, dns::to_text(file.owner) + " is outside of the zone " + dns::to_text(apex_) + " and is left out",
        "a zone holds its own name and the names below it (RFC 1034 4.2)");
  }
  if (!std::exchange(seen_record_, true) && head->type != dns::RRType::SOA) {
    warn(at, "the first record is not the SOA", "a zone file begins with the SOA record (RFC 1035 5.2)");
  }
  records_.add(file.owner, head->type, ttl, rdata_, file_number_,
               generation_ != nullptr ? generation_->position : at);
}

}  // namespace

void parse_zone(const std::filesystem::path& path, SourceText text, dns::NameView apex,
                const ParseOptions& options, SourceFiles& sources, RecordList& records, DiagnosticLog& log) {
  Parser parser(apex, options, sources, records, log);
  const SourceFile& source = parser.add_source(path, std::move(text));
  parser.parse_file(source, apex, apex, FileContext::Owner::kNone);
}

}  // namespace atlas::zone::text
