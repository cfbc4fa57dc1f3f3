#include "atlas/data/transport/doh/json_api.h"

#include <algorithm>
#include <charconv>

#include "atlas/dns/rdata.h"
#include "atlas/http/message.h"
#include "atlas/http/target.h"
#include "atlas/query/client_subnet.h"

namespace atlas::data::transport::doh {
namespace {

// What is known of the parameters, decoded. The first of each.
struct Parameters {
  std::optional<std::string> name, type, dnssec_ok, checking_disabled, client_subnet;

  std::optional<std::string>* find(std::string_view called) {
    if (called == "name") return &name;
    if (called == "type") return &type;
    if (called == "do") return &dnssec_ok;
    if (called == "cd") return &checking_disabled;
    if (called == "edns_client_subnet") return &client_subnet;
    return nullptr;
  }
};

base::Result<Parameters> parse_parameters(std::string_view query) {
  Parameters parameters;
  std::string_view called, encoded;
  for (size_t count = 0; http::take_parameter(query, called, encoded); ++count) {
    if (count == kParametersMax) return base::fail("too many parameters");
    std::optional<std::string>* parameter = parameters.find(called);
    if (parameter == nullptr || parameter->has_value()) continue;
    *parameter = http::percent_decode(encoded, true);
    if (!parameter->has_value()) return base::fail(std::string(called) + ": broken percent-encoding");
  }
  return parameters;
}

base::Result<dns::RRType> parse_type(const std::string& text) {
  uint16_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, status] = std::from_chars(text.data(), end, number);
  if (status == std::errc() && at == end && number != 0) return static_cast<dns::RRType>(number);
  if (const auto type = dns::parse_rrtype(text); type && *type != dns::RRType{0}) return *type;
  return base::fail("type: \"" + text + "\" is neither a type nor a number from 1 to 65535");
}

base::Result<bool> parse_flag(std::string_view called, const std::optional<std::string>& text) {
  if (!text || text->empty() || *text == "0" || *text == "false") return false;
  if (*text == "1" || *text == "true") return true;
  return base::fail(std::string(called) + ": 0, 1, false or true, not \"" + *text + '"');
}

// RFC 3492: names beyond ASCII come as A-labels.
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void append_member(std::string_view called, bool value, std::string& out) {
  out.append(",\"").append(called).append(value ? "\":true" : "\":false");
}

void append_record(const dns::Record& record, std::string& out) {
  out += "{\"name\":" + http::json_string(dns::to_text(record.owner)) +
         ",\"type\":" + std::to_string(static_cast<uint16_t>(record.type)) +
         ",\"TTL\":" + std::to_string(record.ttl) +
         ",\"data\":" + http::json_string(dns::rdata_to_text(record.type, record.rdata)) + '}';
}

// False if the text has become too long.
bool append_section(std::string_view called, const std::vector<dns::Record>& records, std::string& out) {
  if (records.empty()) return true;
  out.append(",\"").append(called).append("\":[");
  for (const dns::Record& record : records) {
    if (out.back() == '}') out += ',';
    append_record(record, out);
    if (out.size() > kJsonOctetsMax) return false;
  }
  out += ']';
  return true;
}

// "EDE(20): Not Authoritative", and what the server adds.
std::string comment_of(const dns::ExtendedErrorOption& error) {
  std::string text = "EDE(" + std::to_string(static_cast<uint16_t>(error.code)) + ")";
  for (const std::string_view part : {dns::to_text(error.code), std::string_view(error.extra_text)}) {
    if (!part.empty()) text.append(": ").append(part);
  }
  return text;
}

}  // namespace

base::Result<dns::Message> parse_json_query(std::string_view query) {
  const auto parameters = parse_parameters(query);
  if (!parameters) return std::unexpected(parameters.error());
  if (!parameters->name || parameters->name->empty()) return base::fail("name: which one?");
  if (!is_ascii(*parameters->name)) return base::fail("name: write it with A-labels (xn--)");
  const auto name = dns::parse_name(*parameters->name);
  if (!name) return base::fail("name: " + name.error().message);
  const auto type = parse_type(parameters->type.value_or("A"));
  if (!type) return std::unexpected(type.error());
  const auto dnssec_ok = parse_flag("do", parameters->dnssec_ok);
  if (!dnssec_ok) return std::unexpected(dnssec_ok.error());
  const auto checking_disabled = parse_flag("cd", parameters->checking_disabled);
  if (!checking_disabled) return std::unexpected(checking_disabled.error());

  dns::Message message;
  message.header.flags = dns::kFlagRD | (*checking_disabled ? dns::kFlagCD : 0);
  message.questions.push_back({*name, *type, dns::RRClass::IN});
  message.edns.emplace().dnssec_ok = *dnssec_ok;
  if (parameters->client_subnet && !parameters->client_subnet->empty()) {
    const auto subnet = query::parse_client_subnet(*parameters->client_subnet);
    if (!subnet) return base::fail("edns_client_subnet: " + subnet.error().message);
    message.edns->options.push_back(*subnet);
  }
  return message;
}

std::optional<std::string> to_json(const dns::Message& response) {
  const uint16_t flags = response.header.flags;
  std::string out = "{\"Status\":" + std::to_string(static_cast<uint16_t>(response.rcode()));
  append_member("TC", (flags & dns::kFlagTC) != 0, out);
  append_member("RD", (flags & dns::kFlagRD) != 0, out);
  append_member("RA", (flags & dns::kFlagRA) != 0, out);
  append_member("AD", (flags & dns::kFlagAD) != 0, out);
  append_member("CD", (flags & dns::kFlagCD) != 0, out);
  out += ",\"Question\":[";
  for (const dns::Question& question : response.questions) {
    out += "{\"name\":" + http::json_string(dns::to_text(question.name)) +
           ",\"type\":" + std::to_string(static_cast<uint16_t>(question.type)) + '}';
  }
  out += ']';
  if (!append_section("Answer", response.answers, out) ||
      !append_section("Authority", response.authorities, out) ||
      !append_section("Additional", response.additionals, out)) {
    return {};
  }
  if (response.edns) {
    if (const auto* subnet = response.edns->find<dns::ClientSubnetOption>())
      out += ",\"edns_client_subnet\":" + http::json_string(query::scope_to_text(*subnet));
    if (const auto* error = response.edns->find<dns::ExtendedErrorOption>())
      out += ",\"Comment\":" + http::json_string(comment_of(*error));
  }
  return out + "}\n";
}

std::string error_to_json(std::string_view message) {
  return "{\"error\":" + http::json_string(message) + "}\n";
}

}  // namespace atlas::data::transport::doh
