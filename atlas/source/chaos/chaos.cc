#include "atlas/source/chaos/chaos.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace atlas::source::chaos {
namespace {

using dns::RRType;
using namespace std::string_view_literals;

constexpr std::string_view kVersionBind = "\7version\4bind\0"sv;
constexpr std::string_view kVersionServer = "\7version\6server\0"sv;
constexpr std::string_view kHostnameBind = "\10hostname\4bind\0"sv;
constexpr std::string_view kIdServer = "\2id\6server\0"sv;

constexpr size_t kTextOctetsMax = 255;

bool is(dns::NameView name, std::string_view wire) {
  return name ==
         dns::NameView(reinterpret_cast<const uint8_t*>(wire.data()), static_cast<uint8_t>(wire.size()));
}

std::string_view text_of(dns::NameView name, const Identity& identity) {
  if (is(name, kVersionBind) || is(name, kVersionServer)) return identity.version;
  if (is(name, kHostnameBind) || is(name, kIdServer)) return identity.server_id;
  return {};
}

}  // namespace

void answer(const query::Query& query, const Identity& identity, query::Answer& answer) {
  const std::string_view text = text_of(query.name, identity);
  if (text.empty()) {
    answer.fail(dns::Rcode::REFUSED, dns::ExtendedError::NotAuthoritative);
    return;
  }
  answer.authoritative = true;
  if (query.type != RRType::TXT && query.type != RRType::ANY) return;
  const size_t size = std::min(text.size(), kTextOctetsMax);
  std::array<uint8_t, kTextOctetsMax + 1> rdata;
  rdata[0] = static_cast<uint8_t>(size);
  std::memcpy(&rdata[1], text.data(), size);
  answer.add(query::Section::kAnswer, query.name,
             answer.make_rrset(RRType::TXT, 0, base::Bytes(rdata).first(size + 1)));
}

}  // namespace atlas::source::chaos
