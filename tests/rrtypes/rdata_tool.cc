// Turns lines of records on standard input into lines on standard output, for test_rrtypes.py:
//   TYPE <tab> text          ->  ok <tab> wire as hex <tab> canonical text,  or  error <tab> message <tab>
//   hint TYPE <tab> = <tab> hex   ->  the same, from wire form
#include <cstdio>
#include <iostream>
#include <string>

#include "atlas/base/encoding.h"
#include "atlas/dns/rdata.h"

namespace {

using atlas::base::Result;

Result<std::vector<uint8_t>> parse(atlas::dns::RRType type, const std::string& text,
                                   const atlas::dns::Name& origin) {
  if (!text.starts_with("=\t")) return atlas::dns::parse_rdata(type, text, origin);
  std::vector<uint8_t> rdata;
  atlas::base::HexDecoder hex;
  if (!hex.decode(text.substr(2), rdata) || !hex.finish()) return atlas::base::fail("not hex");
  if (!atlas::dns::is_valid_rdata(type, rdata)) return atlas::base::fail("malformed");
  return rdata;
}

}  // namespace

int main() {
  const auto origin = atlas::dns::parse_name("example.");
  if (!origin) return 1;
  std::string line;
  while (std::getline(std::cin, line)) {
    const size_t tab = line.find('\t');
    const auto type = atlas::dns::parse_rrtype(line.substr(0, tab));
    if (tab == std::string::npos || !type) {
      std::fprintf(stderr, "not a type and a tab: %s\n", line.c_str());
      return 1;
    }
    const auto rdata = parse(*type, line.substr(tab + 1), *origin);
    if (rdata) {
      std::string hex;
      atlas::base::append_hex(*rdata, hex);
      std::printf("ok\t%s\t%s\n", hex.c_str(), atlas::dns::rdata_to_text(*type, *rdata).c_str());
    } else {
      std::printf("error\t%s\t%s\n", rdata.error().message.c_str(), rdata.error().hint.c_str());
    }
  }
  return 0;
}
