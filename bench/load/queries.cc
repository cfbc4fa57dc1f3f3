#include "bench/load/queries.h"

#include <fstream>
#include <sstream>

#include "atlas/dns/message.h"

namespace atlas::bench {

base::Result<std::vector<uint8_t>> make_query(const std::string& name, const std::string& type,
                                              bool dnssec_ok) {
  const auto parsed = dns::parse_name(name);
  if (!parsed) return std::unexpected(parsed.error());
  const auto rrtype = dns::parse_rrtype(type);
  if (!rrtype) return base::fail("unknown type " + type);
  dns::Message message;
  message.questions.push_back({*parsed, *rrtype, dns::RRClass::IN});
  message.edns.emplace().dnssec_ok = dnssec_ok;
  return dns::encode(message, 512);
}

base::Result<std::vector<std::vector<uint8_t>>> read_queries(const std::string& path) {
  std::vector<std::vector<uint8_t>> queries;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::string name, type, flag;
    std::istringstream(line) >> name >> type >> flag;
    auto query = make_query(name, type, flag == "do");
    if (!query) return std::unexpected(query.error());
    queries.push_back(std::move(*query));
  }
  if (queries.empty()) return base::fail(path + ": no queries");
  return queries;
}

}  // namespace atlas::bench
