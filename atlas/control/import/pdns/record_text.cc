#include "atlas/control/import/pdns/record_text.h"

#include <vector>

#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::control::import::pdns {
namespace {

// What an SOA without these fields has: refresh, retry, expire and minimum.
constexpr std::string_view kSoaDefaults[] = {"0", "10800", "3600", "604800", "3600"};
constexpr size_t kContentOctetsMax = 256 << 10;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (size_t at = text.find_first_not_of(" \t"); at != std::string_view::npos;) {
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = text.find_first_not_of(" \t", end);
  }
  return words;
}

// One string in quotes, where the content was written without them.
std::string in_quotes(std::string_view content) {
  std::string out = "\"";
  for (const char c : content) {
    if (c == '"') out += '\\';
    out += c;
  }
  return out + '"';
}

// Outside of quotes, what joins or cuts lines of zone text; line ends anywhere.
bool is_one_line(std::string_view content) {
  bool quoted = false;
  for (size_t i = 0; i < content.size(); ++i) {
    const char c = content[i];
    if (c == '\n' || c == '\r' || c == '\0') return false;
    if (c == '\\') {
      ++i;
      if (i == content.size() || content[i] == '\n' || content[i] == '\r' || content[i] == '\0') return false;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && (c == ';' || c == '(' || c == ')')) {
      return false;
    }
  }
  return !quoted;
}

std::string soa_content(const std::string& content) {
  std::vector<std::string> words = words_of(content);
  if (words.size() < 2) return content;
  if (const size_t at = words[1].find('@'); at != std::string::npos) words[1][at] = '.';
  while (words.size() < 7) words.emplace_back(kSoaDefaults[words.size() - 2]);
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

}  // namespace

base::Result<std::string> record_line(const Row& row, uint32_t default_ttl) {
  const auto owner = dns::parse_name(row.name);
  if (!owner) return base::fail(owner.error().message, owner.error().hint);
  const auto type = dns::parse_rrtype(row.type);
  if (!type) {
    const bool is_own = row.type == "ALIAS" || row.type == "LUA";
    return base::fail("type " + row.type + (is_own ? " is PowerDNS' own" : " is no type of DNS"),
                      row.type == "ALIAS" ? "write the addresses themselves: A and AAAA" : "");
  }
  std::string content = row.content;
  if (content.size() > kContentOctetsMax) return base::fail("its content is too long");
  const size_t words = words_of(content).size();
  // The priority stands in a column of its own, but some programs write it into the content.
  const bool lacks_priority =
      (*type == dns::RRType::MX && words == 1) || (*type == dns::RRType::SRV && words == 3);
  if (lacks_priority) content = std::to_string(row.priority.value_or(0)) + ' ' + content;
  if (*type == dns::RRType::SOA) content = soa_content(content);
  if ((*type == dns::RRType::TXT || *type == dns::RRType::SPF) && !content.starts_with('"')) {
    content = in_quotes(content);
  }
  if (!is_one_line(content)) return base::fail("its content is not the text of one record");
  return dns::to_text(*owner) + '\t' + std::to_string(row.ttl.value_or(default_ttl)) + "\tIN\t" + row.type +
         '\t' + content + '\n';
}

}  // namespace atlas::control::import::pdns
