#include "atlas/zone/text/parser.h"

#include <deque>

#include "atlas/zone/ordered_work.h"
#include "atlas/zone/text/chunk.h"
#include "atlas/zone/text/entry_parser.h"

namespace atlas::zone::text {
namespace {

// A text whose chunks depend on each other so often is one whose chunks do.
constexpr size_t kVainChunksMax = 8;

}  // namespace

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
  std::optional<Scanner> scanner(file.source.text.read());
  if (scanner->is_utf16()) return error({1, 1}, "this text is UTF-16", "save it as UTF-8 or ASCII");
  if (scanner->had_byte_order_mark()) {
    warn({1, 1}, "the text begins with a UTF-8 byte order mark, which is skipped",
         "other name servers refuse it; save the file without one");
  }
  const bool is_large = file.source.text.size() / options_.chunk_octets >= kParallelChunksMin;
  if (options_.threads > 1 && is_large && !is_in_chunks_) {
    is_in_chunks_ = true;
    parse_chunks(file, scanner);
    is_in_chunks_ = false;
  }
  parse_entries(file, *scanner);
}

// What the workers of one text share. One of them at a time uses it.
struct ChunkedText {
  Parser& parser;
  FileContext& file;
  ChunkReader reader;
  // Up to here the text is parsed; behind it, if chunks are given up.
  uint64_t offset;
  uint32_t line;
  size_t vain_chunks = 0;
};

// Parses one chunk after the other as if it inherited what the text before it, as far as that is parsed,
// hands on. Where that turns out to be wrong, when all before it is parsed, parses it again.
class ChunkWorker {
 public:
  ChunkWorker(dns::NameView apex, const ParseOptions& options, ChunkedText& text)
      : text_(text),
        log_(text.parser.log_.kept_max()),
        parser_(apex, options, sources_, records_, log_),
        file_{text.file.source, {}, {}, FileContext::Owner::kNone, {}, false} {
    parser_.types_ = text.parser.types_;
  }

  bool take() {
    before_ = text_.parser.inheritance(text_.file);
    return text_.reader.read(chunk_);
  }

  void work() {
    records_.clear();
    log_ = DiagnosticLog(log_.kept_max());
    is_good_ = parser_.parse_chunk(file_, before_, Scanner(chunk_.window(), chunk_.line()));
  }

  bool deliver() {
    if (is_good_ && text_.parser.agrees(text_.file, before_, parser_)) {
      text_.parser.records_.append(records_);
      text_.parser.log_.append(std::move(log_));
      text_.parser.adopt(text_.file, parser_, file_);
      text_.offset = chunk_.end();
      text_.line = chunk_.end_line();
      return true;
    }
    Scanner scanner(text_.file.source.text.read(text_.offset), text_.line);
    scanner.stop_at(chunk_.end());
    text_.parser.parse_entries(text_.file, scanner);
    text_.offset = scanner.offset();
    text_.line = scanner.line();
    // Where an entry goes on in the next chunk, the chunks are cut wrongly.
    return text_.offset == chunk_.end() && ++text_.vain_chunks < kVainChunksMax;
  }

 private:
  ChunkedText& text_;
  TextChunk chunk_;
  Inheritance before_;
  bool is_good_ = false;

  RecordList records_;
  DiagnosticLog log_;
  SourceFiles sources_;
  Parser parser_;
  FileContext file_;
};

// `scanner` stands then where nothing is parsed yet.
void Parser::parse_chunks(FileContext& file, std::optional<Scanner>& scanner) {
  // What the others inherit stands in front.
  scanner->stop_at(options_.chunk_octets);
  parse_entries(file, *scanner);
  const SourceText& text = file.source.text;
  ChunkedText chunked{*this, file,
                      ChunkReader(text, scanner->offset(), scanner->line(), options_.chunk_octets),
                      scanner->offset(), scanner->line()};
  std::deque<ChunkWorker> workers;
  for (size_t i = 0; i < options_.threads; ++i) workers.emplace_back(apex_, options_, chunked);
  run_in_order(workers);
  scanner.emplace(text.read(chunked.offset), chunked.line);
}

bool Parser::parse_chunk(FileContext& file, const Inheritance& before, Scanner scanner) {
  is_chunk_ = true;
  depends_on_others_ = has_stated_ttl_ = has_inherited_last_ttl_ = false;
  default_ttl_ = before.default_ttl;
  last_ttl_ = before.last_ttl;
  seen_record_ = before.seen_record;
  file_number_ = file.source.number;
  file.origin = before.origin;
  file.owner = {};
  file.owner_state = FileContext::Owner::kNone;
  file.owner_text.clear();
  file.is_owner_outside = false;
  parse_entries(file, scanner);
  return !depends_on_others_;
}

bool Parser::agrees(const FileContext& file, const Inheritance& before, const Parser& chunk) const {
  return std::ranges::equal(before.origin.wire(), file.origin.wire()) && before.default_ttl == default_ttl_ &&
         before.seen_record == seen_record_ &&
         (!chunk.has_inherited_last_ttl_ || before.last_ttl == last_ttl_);
}

void Parser::adopt(FileContext& file, const Parser& chunk, const FileContext& chunk_file) {
  default_ttl_ = chunk.default_ttl_;
  if (chunk.has_stated_ttl_) last_ttl_ = chunk.last_ttl_;
  seen_record_ = chunk.seen_record_;
  file.origin = chunk_file.origin;
  // It may mean another owner below another origin.
  file.owner_text = chunk_file.owner_text;
  if (chunk_file.owner_state == FileContext::Owner::kNone) return;
  file.owner = chunk_file.owner;
  file.owner_state = chunk_file.owner_state;
  file.is_owner_outside = chunk_file.is_owner_outside;
}

void parse_zone(const std::filesystem::path& path, SourceText text, dns::NameView apex,
                const ParseOptions& options, SourceFiles& sources, RecordList& records, DiagnosticLog& log) {
  Parser parser(apex, options, sources, records, log);
  const SourceFile& source = parser.add_source(path, std::move(text));
  parser.parse_file(source, apex, apex, FileContext::Owner::kNone);
}

}  // namespace atlas::zone::text
