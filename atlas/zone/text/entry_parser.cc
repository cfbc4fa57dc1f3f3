#include "atlas/zone/text/entry_parser.h"

#include <algorithm>

#include "atlas/dns/ttl.h"
#include "atlas/zone/text/suggest.h"

namespace atlas::zone::text {

using base::Severity;
using base::TextPosition;

namespace {

// Values shown in messages are cut here.
constexpr size_t kShownOctetsMax = 80;

bool is_ascii(std::string_view text) {
  unsigned octets = 0;
  for (const char c : text) octets |= static_cast<uint8_t>(c);
  return octets < 0x80;
}

}  // namespace

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

namespace {

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

}  // namespace

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

void Parser::parse_entries(FileContext& file, Scanner& scanner) {
  while (!depends_on_others_) {
    switch (scanner.next()) {
      case Scanner::Outcome::kEntry:
        parse_entry(file, scanner);
        break;
      case Scanner::Outcome::kError:
        depends_on_others_ = is_chunk_ && scanner.was_cut();
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
    has_stated_ttl_ = true;
    return *ttl;
  }
  // RFC 2308 4: $TTL; RFC 1035 5.1: the last one stated.
  if (default_ttl_) return *default_ttl_;
  has_inherited_last_ttl_ |= !has_stated_ttl_;
  if (!last_ttl_) {
    warn(at,
         "no TTL and no $TTL before it: " + std::to_string(options_.default_ttl) + " s is used (RFC 2308 4)",
         "write $TTL in front of the first record, as in $TTL 1h");
    last_ttl_ = options_.default_ttl;
    has_stated_ttl_ = true;
  }
  return *last_ttl_;
}

void Parser::parse_record(FileContext& file, const Scanner& scanner) {
  const Tokens tokens = scanner.tokens();
  const bool begins_blank = scanner.begins_blank();
  if (!begins_blank) {
    parse_owner(file, tokens[0]);
  } else if (file.owner_state == FileContext::Owner::kNone) {
    depends_on_others_ = is_chunk_;
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

}  // namespace atlas::zone::text
