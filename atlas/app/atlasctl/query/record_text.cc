#include "atlas/app/atlasctl/query/record_text.h"

#include <algorithm>
#include <vector>

#include "atlas/dns/rdata.h"

namespace atlas::app::atlasctl::query {
namespace {

// RDATA wider than this does not push the comments of the other records to the right.
constexpr size_t kAlignedColumnsMax = 44;
constexpr size_t kAlignedColumnsMaxMultiline = 28;
constexpr size_t kChunkColumns = 56;
constexpr uint64_t kTtlWithoutUnitMax = 59;

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> words;
  bool quoted = false;
  for (size_t at = 0, begin = 0; at <= text.size(); ++at) {
    if (at < text.size() && text[at] == '\\') {
      ++at;
    } else if (at < text.size() && text[at] == '"') {
      quoted = !quoted;
    } else if (at >= text.size() || (text[at] == ' ' && !quoted)) {
      if (at > begin) words.push_back(text.substr(begin, std::min(at, text.size()) - begin));
      begin = at + 1;
    }
  }
  return words;
}

// Words before the hexadecimal or Base64 text that may be broken anywhere; 0 = the type has none.
size_t words_before_blob(dns::RRType type) {
  switch (type) {
    case dns::RRType::RRSIG:
    case dns::RRType::SIG:
      return 8;
    case dns::RRType::DNSKEY:
    case dns::RRType::CDNSKEY:
    case dns::RRType::KEY:
    case dns::RRType::DS:
    case dns::RRType::CDS:
    case dns::RRType::DLV:
    case dns::RRType::TLSA:
    case dns::RRType::SMIMEA:
    case dns::RRType::ZONEMD:
    case dns::RRType::CERT:
      return 3;
    case dns::RRType::SSHFP:
      return 2;
    default:
      return 0;
  }
}

std::string joined(std::span<const std::string_view> words, std::string_view between) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : between).append(word);
  return text;
}

// RFC 4034 appendix B. Algorithm 1 (RSA/MD5) counts otherwise and is not shown.
std::string key_comment(base::Bytes rdata) {
  if (rdata.size() < 4 || rdata[3] == 1) return {};
  uint32_t sum = 0;
  for (size_t i = 0; i < rdata.size(); ++i) sum += i % 2 == 0 ? uint32_t{rdata[i]} << 8 : rdata[i];
  sum += sum >> 16;
  const uint16_t flags = base::load_u16(rdata.data());
  const std::string_view role = (flags & 0x0001) != 0 ? "KSK, " : (flags & 0x0100) != 0 ? "ZSK, " : "";
  return std::string(role) + "key tag " + std::to_string(sum & 0xffff);
}

// RFC 4034 3.1.5: times are serial numbers, in the 68 years around now.
std::string signature_comment(base::Bytes rdata, uint64_t now) {
  if (rdata.size() < 18) return {};
  const auto relative = [&](size_t at) {
    return static_cast<int32_t>(base::load_u32(&rdata[at]) - static_cast<uint32_t>(now));
  };
  const int64_t expiration = relative(8);
  const int64_t inception = relative(12);
  if (inception > 0) return "not yet valid for " + human_duration(static_cast<uint64_t>(inception));
  if (expiration < 0) return "expired " + human_duration(static_cast<uint64_t>(-expiration)) + " ago";
  return "valid for " + human_duration(static_cast<uint64_t>(expiration));
}

// Owner and names in the RDATA, with U-labels.
std::string idn_comment(const dns::Record& record, std::string_view rdata) {
  std::vector<std::string> names;
  const auto add = [&](dns::NameView name) {
    std::string shown = dns::to_display_text(name);
    if (shown != dns::to_text(name)) names.push_back(std::move(shown));
  };
  add(record.owner);
  if (rdata.find("xn--") != rdata.npos) {
    for (const std::string_view word : split(rdata)) {
      if (word.find("xn--") == word.npos || word.front() == '"') continue;
      if (const auto name = dns::parse_name(word)) add(*name);
    }
  }
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : " → ") + name;
  return text;
}

struct Line {
  std::string text;
  std::string comment;
};

// SOA with its five numbers under one another (RFC 1035 3.3.13).
std::vector<Line> soa_lines(std::span<const std::string_view> words) {
  static constexpr std::string_view kMeanings[] = {"serial", "refresh", "retry", "expire", "negative TTL"};
  std::vector<Line> lines{{joined(words.first(2), " ") + " (", ""}};
  for (size_t i = 0; i < 5; ++i) {
    std::string number(words[2 + i]);
    uint64_t value = 0;
    for (const char digit : number) value = value * 10 + static_cast<uint64_t>(digit - '0');
    number.resize(std::max<size_t>(number.size(), 10), ' ');
    std::string comment(kMeanings[i]);
    if (i > 0 && value > kTtlWithoutUnitMax) comment += ", " + human_duration(value);
    lines.push_back({"  " + number, comment});
  }
  lines.push_back({")", ""});
  return lines;
}

std::vector<Line> multiline_text(const dns::Record& record, const std::string& text) {
  const auto words = split(text);
  if (record.type == dns::RRType::SOA && words.size() == 7) return soa_lines(words);
  const size_t before = words_before_blob(record.type);
  if (before != 0 && words.size() > before) {
    std::vector<Line> lines{{joined(std::span(words).first(before), " ") + " (", ""}};
    const std::string blob = joined(std::span(words).subspan(before), "");
    for (size_t at = 0; at < blob.size(); at += kChunkColumns)
      lines.push_back({"  " + blob.substr(at, kChunkColumns), ""});
    lines.push_back({")", ""});
    return lines;
  }
  if (text.size() <= kChunkColumns || words.size() < 2) return {{text, ""}};
  std::vector<Line> lines{{"(", ""}};
  for (const std::string_view word : words) lines.push_back({"  " + std::string(word), ""});
  lines.push_back({")", ""});
  return lines;
}

}  // namespace

std::string display_suffix(dns::NameView name) {
  const std::string shown = dns::to_display_text(name);
  return shown == dns::to_text(name) ? std::string() : " (" + shown + ')';
}

std::string rdata_text(const dns::Record& record, const Options& options) {
  if (record.rdata.empty() && record.type != dns::RRType::APL) return {};
  if (!options.generic_rdata) return dns::rdata_to_text(record.type, record.rdata);
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text = "\\# " + std::to_string(record.rdata.size()) + ' ';
  for (const uint8_t octet : record.rdata) text += {kDigits[octet >> 4], kDigits[octet & 15]};
  return text;
}

std::string render_records(std::span<const dns::Record> records, const Options& options, const Paint& paint,
                           uint64_t now) {
  Table table;
  const dns::Record* before = nullptr;
  for (const dns::Record& record : records) {
    const std::string text = rdata_text(record, options);
    std::vector<std::string> remarks;
    if (options.ttl && record.ttl > kTtlWithoutUnitMax && (before == nullptr || before->ttl != record.ttl)) {
      remarks.push_back(human_duration(record.ttl));
    }
    if (record.type == dns::RRType::RRSIG) remarks.push_back(signature_comment(record.rdata, now));
    if (record.type == dns::RRType::DNSKEY || record.type == dns::RRType::CDNSKEY) {
      remarks.push_back(key_comment(record.rdata));
    }
    remarks.push_back(idn_comment(record, text));
    std::string comment;
    for (const std::string& remark : remarks) {
      if (!remark.empty()) comment += (comment.empty() ? "; " : ", ") + remark;
    }
    before = &record;

    std::vector<Line> lines{{text, ""}};
    if (options.multiline && !options.generic_rdata) lines = multiline_text(record, text);
    for (size_t i = 0; i < lines.size(); ++i) {
      const bool first = i == 0;
      std::vector<Cell> row{{first ? dns::to_text(record.owner) : "", Style::kName}};
      if (options.ttl) row.push_back({first ? std::to_string(record.ttl) : "", Style::kDim, true});
      if (options.rr_class) row.push_back({first ? dns::to_text(record.rr_class) : "", Style::kDim});
      row.push_back({first ? dns::to_text(record.type) : "", Style::kType});
      row.push_back({lines[i].text, Style::kPlain});
      row.push_back({!lines[i].comment.empty() ? "; " + lines[i].comment
                     : first                   ? comment
                                               : "",
                     Style::kDim});
      table.add(std::move(row));
    }
  }
  return table.render(paint, "", options.multiline ? kAlignedColumnsMaxMultiline : kAlignedColumnsMax);
}

}  // namespace atlas::app::atlasctl::query
