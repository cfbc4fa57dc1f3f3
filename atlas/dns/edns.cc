#include "atlas/dns/edns.h"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

namespace atlas::dns {
namespace {

template <class... F>
struct Overloaded : F... {
  using F::operator()...;
};

std::vector<uint8_t> copy(base::Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

void put_u16(std::vector<uint8_t>& out, uint16_t value) {
  out.push_back(static_cast<uint8_t>(value >> 8));
  out.push_back(static_cast<uint8_t>(value));
}

void put_u32(std::vector<uint8_t>& out, uint32_t value) {
  put_u16(out, static_cast<uint16_t>(value >> 16));
  put_u16(out, static_cast<uint16_t>(value));
}

void put_bytes(std::vector<uint8_t>& out, base::Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

std::optional<Option> parse_client_subnet(base::Bytes data) {
  base::ByteReader reader(data);
  ClientSubnetOption subnet;
  subnet.family = reader.u16();
  subnet.source_prefix = reader.u8();
  subnet.scope_prefix = reader.u8();
  const base::Bytes address = reader.rest();
  if (!reader.ok() || (subnet.family != 1 && subnet.family != 2)) return {};
  const size_t bits_max = subnet.family == 1 ? 32 : 128;
  if (subnet.source_prefix > bits_max || subnet.scope_prefix > bits_max) return {};
  if (address.size() != (subnet.source_prefix + 7u) / 8) return {};
  std::ranges::copy(address, subnet.address.begin());
  return subnet;
}

std::optional<Option> parse_cookie(base::Bytes data) {
  if (data.size() != 8 && (data.size() < 16 || data.size() > 40)) return {};
  CookieOption cookie;
  std::memcpy(cookie.client.data(), data.data(), 8);
  cookie.server = copy(data.subspan(8));
  return cookie;
}

// An option that holds one whole name and nothing else.
std::optional<Name> parse_only_name(base::Bytes data) {
  const auto name = view_name(data);
  if (!name || name->size() != data.size()) return {};
  return Name(*name);
}

std::optional<Option> parse_key_tags(base::Bytes data) {
  if (data.empty() || data.size() % 2 != 0) return {};
  KeyTagOption option;
  base::ByteReader reader(data);
  while (!reader.at_end()) option.key_tags.push_back(reader.u16());
  return option;
}

std::optional<Option> parse_zone_version(base::Bytes data) {
  ZoneVersionOption option;
  if (data.empty()) return option;
  if (data.size() < 2) return {};
  option.label_count = data[0];
  option.type = data[1];
  option.version = copy(data.subspan(2));
  return option;
}

std::optional<Option> parse_known(EdnsOption code, base::Bytes data) {
  base::ByteReader reader(data);
  switch (code) {
    case EdnsOption::NSID:
      return NsidOption{copy(data)};
    case EdnsOption::CLIENT_SUBNET:
      return parse_client_subnet(data);
    case EdnsOption::EXPIRE:
      if (data.empty()) return ExpireOption{};
      if (data.size() == 4) return ExpireOption{reader.u32()};
      return {};
    case EdnsOption::COOKIE:
      return parse_cookie(data);
    case EdnsOption::TCP_KEEPALIVE:
      if (data.empty()) return TcpKeepaliveOption{};
      if (data.size() == 2) return TcpKeepaliveOption{reader.u16()};
      return {};
    case EdnsOption::PADDING:
      return PaddingOption{static_cast<uint16_t>(data.size())};
    case EdnsOption::CHAIN:
      if (const auto name = parse_only_name(data)) return ChainOption{*name};
      return {};
    case EdnsOption::KEY_TAG:
      return parse_key_tags(data);
    case EdnsOption::EXTENDED_ERROR: {
      if (data.size() < 2) return {};
      const auto error = static_cast<ExtendedError>(reader.u16());
      const base::Bytes text = reader.rest();
      return ExtendedErrorOption{error, std::string(text.begin(), text.end())};
    }
    case EdnsOption::REPORT_CHANNEL:
      if (const auto name = parse_only_name(data)) return ReportChannelOption{*name};
      return {};
    case EdnsOption::ZONEVERSION:
      return parse_zone_version(data);
    case EdnsOption::DAU:
    case EdnsOption::DHU:
    case EdnsOption::N3U:
      return AlgorithmsOption{code, copy(data)};
    case EdnsOption::UPDATE_LEASE:
      if (data.size() == 4) return UpdateLeaseOption{reader.u32(), {}};
      if (data.size() == 8) {
        const uint32_t lease = reader.u32();
        return UpdateLeaseOption{lease, reader.u32()};
      }
      return {};
    default:
      return {};
  }
}

void append_data(const Option& option, std::vector<uint8_t>& out) {
  std::visit(Overloaded{
                 [&](const NsidOption& o) { put_bytes(out, o.id); },
                 [&](const ClientSubnetOption& o) {
                   put_u16(out, o.family);
                   out.push_back(o.source_prefix);
                   out.push_back(o.scope_prefix);
                   put_bytes(out,
                             base::Bytes(o.address).first(std::min<size_t>((o.source_prefix + 7u) / 8, 16)));
                 },
                 [&](const ExpireOption& o) {
                   if (o.seconds) put_u32(out, *o.seconds);
                 },
                 [&](const CookieOption& o) {
                   put_bytes(out, o.client);
                   put_bytes(out, o.server);
                 },
                 [&](const TcpKeepaliveOption& o) {
                   if (o.timeout) put_u16(out, *o.timeout);
                 },
                 [&](const PaddingOption& o) { out.insert(out.end(), o.octets, 0); },
                 [&](const ChainOption& o) { put_bytes(out, o.closest_trust_point.wire()); },
                 [&](const KeyTagOption& o) {
                   for (const uint16_t tag : o.key_tags) put_u16(out, tag);
                 },
                 [&](const ExtendedErrorOption& o) {
                   put_u16(out, static_cast<uint16_t>(o.code));
                   out.insert(out.end(), o.extra_text.begin(), o.extra_text.end());
                 },
                 [&](const ReportChannelOption& o) { put_bytes(out, o.agent_domain.wire()); },
                 [&](const ZoneVersionOption& o) {
                   if (!o.label_count) return;
                   out.push_back(*o.label_count);
                   out.push_back(o.type);
                   put_bytes(out, o.version);
                 },
                 [&](const AlgorithmsOption& o) { put_bytes(out, o.algorithms); },
                 [&](const UpdateLeaseOption& o) {
                   put_u32(out, o.lease);
                   if (o.key_lease) put_u32(out, *o.key_lease);
                 },
                 [&](const UnknownOption& o) { put_bytes(out, o.data); },
             },
             option);
}

std::string hex(base::Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t octet : bytes) {
    text += kDigits[octet >> 4];
    text += kDigits[octet & 15];
  }
  return text;
}

// Octets as text in quotes, what is not printable ASCII as a dot.
std::string quoted(base::Bytes bytes) {
  std::string text = "\"";
  for (const uint8_t octet : bytes)
    text += octet >= 0x20 && octet < 0x7f && octet != '"' ? static_cast<char>(octet) : '.';
  return text + '"';
}

std::string value_text(const Option& option) {
  return std::visit(
      Overloaded{
          [](const NsidOption& o) {
            return o.id.empty() ? std::string() : hex(o.id) + " (" + quoted(o.id) + ')';
          },
          [](const ClientSubnetOption& o) {
            char address[INET6_ADDRSTRLEN] = "?";
            ::inet_ntop(o.family == 1 ? AF_INET : AF_INET6, o.address.data(), address, sizeof address);
            return std::string(address) + '/' + std::to_string(o.source_prefix) + '/' +
                   std::to_string(o.scope_prefix);
          },
          [](const ExpireOption& o) { return o.seconds ? std::to_string(*o.seconds) + " s" : std::string(); },
          [](const CookieOption& o) { return hex(o.client) + (o.server.empty() ? "" : ' ' + hex(o.server)); },
          [](const TcpKeepaliveOption& o) {
            if (!o.timeout) return std::string();
            return std::to_string(*o.timeout / 10) + '.' + std::to_string(*o.timeout % 10) + " s";
          },
          [](const PaddingOption& o) { return std::to_string(o.octets) + " octets"; },
          [](const ChainOption& o) { return to_text(o.closest_trust_point.view()); },
          [](const KeyTagOption& o) {
            std::string text;
            for (const uint16_t tag : o.key_tags) text += (text.empty() ? "" : " ") + std::to_string(tag);
            return text;
          },
          [](const ExtendedErrorOption& o) {
            std::string text = std::to_string(static_cast<unsigned>(o.code));
            if (const std::string_view meaning = to_text(o.code); !meaning.empty()) {
              text += " (" + std::string(meaning) + ')';
            }
            const auto* octets = reinterpret_cast<const uint8_t*>(o.extra_text.data());
            return o.extra_text.empty() ? text : text + ": " + quoted({octets, o.extra_text.size()});
          },
          [](const ReportChannelOption& o) { return to_text(o.agent_domain.view()); },
          [](const ZoneVersionOption& o) {
            if (!o.label_count) return std::string();
            std::string text = std::to_string(*o.label_count) + " labels, ";
            if (o.type == 0 && o.version.size() == 4) {
              return text + "SOA-SERIAL " + std::to_string(base::load_u32(o.version.data()));
            }
            return text + "type " + std::to_string(o.type) + ' ' + hex(o.version);
          },
          [](const AlgorithmsOption& o) {
            std::string text;
            for (const uint8_t algorithm : o.algorithms)
              text += (text.empty() ? "" : " ") + std::to_string(algorithm);
            return text;
          },
          [](const UpdateLeaseOption& o) {
            return std::to_string(o.lease) + " s" +
                   (o.key_lease ? ", key " + std::to_string(*o.key_lease) + " s" : "");
          },
          [](const UnknownOption& o) { return hex(o.data); },
      },
      option);
}

}  // namespace

EdnsOption option_code(const Option& option) {
  return std::visit(Overloaded{
                        [](const NsidOption&) { return EdnsOption::NSID; },
                        [](const ClientSubnetOption&) { return EdnsOption::CLIENT_SUBNET; },
                        [](const ExpireOption&) { return EdnsOption::EXPIRE; },
                        [](const CookieOption&) { return EdnsOption::COOKIE; },
                        [](const TcpKeepaliveOption&) { return EdnsOption::TCP_KEEPALIVE; },
                        [](const PaddingOption&) { return EdnsOption::PADDING; },
                        [](const ChainOption&) { return EdnsOption::CHAIN; },
                        [](const KeyTagOption&) { return EdnsOption::KEY_TAG; },
                        [](const ExtendedErrorOption&) { return EdnsOption::EXTENDED_ERROR; },
                        [](const ReportChannelOption&) { return EdnsOption::REPORT_CHANNEL; },
                        [](const ZoneVersionOption&) { return EdnsOption::ZONEVERSION; },
                        [](const AlgorithmsOption& o) { return o.code; },
                        [](const UpdateLeaseOption&) { return EdnsOption::UPDATE_LEASE; },
                        [](const UnknownOption& o) { return o.code; },
                    },
                    option);
}

Option parse_option(EdnsOption code, base::Bytes data) {
  if (auto option = parse_known(code, data)) return *std::move(option);
  return UnknownOption{code, copy(data)};
}

void append_option(const Option& option, std::vector<uint8_t>& out) {
  put_u16(out, static_cast<uint16_t>(option_code(option)));
  const size_t length_at = out.size();
  put_u16(out, 0);
  append_data(option, out);
  base::store_u16(&out[length_at], static_cast<uint16_t>(out.size() - length_at - 2));
}

std::string to_text(const Option& option) {
  const std::string value = value_text(option);
  return to_text(option_code(option)) + (value.empty() ? "" : ": " + value);
}

}  // namespace atlas::dns
