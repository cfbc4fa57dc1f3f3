#include "atlas/data/transport/doh/handler.h"

#include <algorithm>
#include <charconv>

#include "atlas/base/encoding.h"
#include "atlas/data/transport/doh/freshness.h"
#include "atlas/data/transport/doh/json_api.h"
#include "atlas/data/transport/doh/media_type.h"
#include "atlas/http/forwarded.h"
#include "atlas/http/target.h"

namespace atlas::data::transport::doh {
namespace {

constexpr std::string_view kTextType = "text/plain; charset=utf-8";
constexpr std::string_view kNotKept = "no-store";
constexpr std::string_view kMaxAge = "max-age=";

// Scripts of any page may ask, and read the answer: it holds nothing that is theirs alone (Fetch, 3.2).
constexpr http::FieldView kAnyOrigin{"access-control-allow-origin", "*"};
constexpr std::string_view kMethods = "GET, HEAD, POST, OPTIONS";
constexpr std::string_view kMethodsOfJson = "GET, HEAD, OPTIONS";
constexpr http::FieldView kFields[] = {kAnyOrigin};
constexpr http::FieldView kFieldsOfMethod[] = {kAnyOrigin, {"allow", kMethods}};
constexpr http::FieldView kFieldsOfJsonMethod[] = {kAnyOrigin, {"allow", kMethodsOfJson}};
// RFC 9110 15.5.16.
constexpr http::FieldView kFieldsOfMediaType[] = {kAnyOrigin, {"accept", kDnsMessageType}};

constexpr std::array<http::FieldView, 5> preflight(std::string_view methods) {
  return {{kAnyOrigin,
           {"allow", methods},
           {"access-control-allow-methods", methods},
           {"access-control-allow-headers", "accept, content-type"},
           {"access-control-max-age", "86400"}}};
}
constexpr auto kPreflight = preflight(kMethods);
constexpr auto kPreflightOfJson = preflight(kMethodsOfJson);

// What is said of each Refusal, in its order.
struct Words {
  int status;
  std::span<const http::FieldView> fields;
  std::string_view text;
};
constexpr std::array<Words, handoff::kDohRefusalsLast + 1> kWords{{
    {200, kFields, ""},
    {404, kFields, "DNS is not asked here\n"},
    {405, kFieldsOfMethod, "this method has no meaning here\n"},
    {400, kFields, "a DNS message is wanted in the parameter dns, or a name in the parameter name\n"},
    {400, kFields, "the parameter dns is not base64url without padding\n"},
    {400, kFields, "this is no DNS query\n"},
    {400, kFields, ""},  // says which
    {406, kFields, "there is application/dns-message and, for a name, application/dns-json\n"},
    {413, kFields, "a DNS message has at most 65535 octets\n"},
    {414, kFields, "a DNS message has at most 65535 octets\n"},
    {415, kFieldsOfMediaType, "the body must be application/dns-message\n"},
    {500, kFields, "the answer is too large for JSON\n"},
    {503, kFields, "there is no answer now\n"},
}};

// The first parameter that is called so.
std::optional<std::string_view> find_parameter(std::string_view query, std::string_view called) {
  std::string_view name, value;
  for (size_t count = 0; count < kParametersMax && http::take_parameter(query, name, value); ++count) {
    if (name == called) return value;
  }
  return {};
}

bool is_more_than_a_query(base::Bytes message) {
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  return header && (header->opcode == dns::Opcode::UPDATE || header->opcode == dns::Opcode::NOTIFY);
}

bool wants_json(const http::RequestView& request) {
  if (accepts(request.accept, kDnsJsonType) || accepts(request.accept, kJsonType)) return true;
  const auto wanted = http::percent_decode(find_parameter(request.query, "ct").value_or(""));
  return wanted == kDnsJsonType || wanted == kJsonType;
}

}  // namespace

Handler::Handler(Settings settings, Pipeline& pipeline)
    : settings_(std::move(settings)),
      fields_{kAnyOrigin},
      pipeline_(pipeline),
      message_(std::make_unique<MessageBuffer>()),
      response_(std::make_unique<MessageBuffer>()) {
  if (!settings_.alternative_service.empty()) {
    fields_.push_back({"alt-svc", settings_.alternative_service});
  }
}

Handler::Response Handler::answer(const http::RequestView& request, const query::Client& client,
                                  const Batch& batch) {
  const Response response = answer_by_path(request, client, batch);
  if (response) count(*response);
  return response;
}

http::ResponseView Handler::reply(base::Bytes message) {
  const bool has_answer = !message.empty() && message.size() <= dns::kMessageOctetsMax;
  const http::ResponseView response = has_answer ? make_response(message) : refuse(Refusal::kNoAnswer);
  count(response);
  return response;
}

void Handler::count(const http::ResponseView& response) {
  const auto status = static_cast<size_t>(response.status);
  pipeline_.counters().http_statuses[std::min(status, handoff::kHttpStatuses - 1)].add();
}

Handler::Response Handler::answer_by_path(const http::RequestView& request, const query::Client& client,
                                          const Batch& batch) {
  const bool is_json_path = !settings_.json_path.empty() && request.path == settings_.json_path;
  if (!is_json_path && !is_path(request.path)) return refuse(Refusal::kPath);
  switch (request.method) {
    case http::Method::kGet:
    case http::Method::kHead:
      return is_json_path ? answer_json(request, client, batch, kJsonType)
                          : answer_get(request, client, batch);
    case http::Method::kOptions:
      return http::ResponseView{.status = 204, .fields = is_json_path ? kPreflightOfJson : kPreflight};
    case http::Method::kPost:
      if (!is_json_path) return answer_post(request, client, batch);
      break;
    default:
      break;
  }
  http::ResponseView response = refuse(Refusal::kMethod);
  if (is_json_path) response.fields = kFieldsOfJsonMethod;
  return response;
}

// RFC 8484 4.1.
Handler::Response Handler::answer_get(const http::RequestView& request, const query::Client& client,
                                      const Batch& batch) {
  const auto encoded = find_parameter(request.query, "dns");
  if (!encoded) {
    if (!find_parameter(request.query, "name")) return refuse(Refusal::kNoQuery);
    if (!wants_json(request)) return refuse(Refusal::kNotAcceptable);
    return answer_json(request, client, batch, kDnsJsonType);
  }
  if (base::base64url_octets(encoded->size()) > message_->size()) return refuse(Refusal::kParameterTooLarge);
  const auto octets = base::decode_base64url(*encoded, *message_);
  if (!octets) return refuse(Refusal::kEncoding);
  const base::Bytes message = base::Bytes(*message_).first(*octets);
  // RFC 9110 9.2.1: GET changes nothing.
  if (is_more_than_a_query(message)) return refuse(Refusal::kMessage);
  return answer_message(message, request, client, batch);
}

Handler::Response Handler::answer_post(const http::RequestView& request, const query::Client& client,
                                       const Batch& batch) {
  if (!is_media_type(request.content_type, kDnsMessageType)) return refuse(Refusal::kMediaType);
  if (request.body.size() > dns::kMessageOctetsMax) return refuse(Refusal::kMessageTooLarge);
  return answer_message(request.body, request, client, batch);
}

// RFC 8484 4.2.1: any answer of DNS is a success of HTTP.
Handler::Response Handler::answer_message(base::Bytes message, const http::RequestView& request,
                                          const query::Client& client, const Batch& batch) {
  if (!accepts(request.accept, kDnsMessageType)) return refuse(Refusal::kNotAcceptable);
  if (!Pipeline::is_query(message)) return refuse(Refusal::kMessage);
  const size_t octets = pipeline_.respond(batch, client, message, *response_);
  if (octets == Pipeline::kPending) return {};
  if (octets == 0) return refuse(Refusal::kNoAnswer);
  return make_response(base::Bytes(*response_).first(octets));
}

http::ResponseView Handler::make_response(base::Bytes message) {
  return {.content_type = kDnsMessageType,
          .cache_control = cache_control(message),
          .fields = fields_,
          .body = message};
}

http::ResponseView Handler::answer_json(const http::RequestView& request, const query::Client& client,
                                        const Batch& batch, std::string_view content_type) {
  const auto query = parse_json_query(request.query);
  if (!query) return refuse_json(Refusal::kJsonParameters, query.error().message, content_type);
  const auto message = dns::encode(*query);
  const size_t octets = message ? pipeline_.respond(batch, client, *message, *response_) : 0;
  const base::Bytes wire = base::Bytes(*response_).first(octets);
  const auto response = dns::parse_message(wire);
  if (!response) return refuse(Refusal::kNoAnswer);
  auto json = to_json(*response);
  if (!json) return refuse(Refusal::kJsonTooLarge);
  json_ = std::move(*json);
  return {.content_type = content_type,
          .cache_control = cache_control(wire),
          .fields = fields_,
          .body = base::bytes_of(json_)};
}

// Errors too may be kept, unless they say not (RFC 9110 15.1).
http::ResponseView Handler::refuse(Refusal refusal) {
  const auto number = static_cast<size_t>(refusal);
  pipeline_.counters().doh_refusals[number].add();
  return {.status = kWords[number].status,
          .content_type = kTextType,
          .cache_control = kNotKept,
          .fields = kWords[number].fields,
          .body = base::bytes_of(kWords[number].text)};
}

http::ResponseView Handler::refuse_json(Refusal refusal, std::string_view message,
                                        std::string_view content_type) {
  json_ = error_to_json(message);
  http::ResponseView response = refuse(refusal);
  response.content_type = content_type;
  response.body = base::bytes_of(json_);
  return response;
}

std::string_view Handler::cache_control(base::Bytes response) {
  const auto seconds = freshness(response);
  if (!seconds) return kNotKept;
  char* const digits = std::ranges::copy(kMaxAge, cache_control_.begin()).out;
  const char* const end = std::to_chars(digits, cache_control_.data() + cache_control_.size(), *seconds).ptr;
  return {cache_control_.data(), static_cast<size_t>(end - cache_control_.data())};
}

bool Handler::is_path(std::string_view path) const {
  return std::ranges::find(settings_.paths, path) != settings_.paths.end();
}

net::Endpoint client_of(const net::Endpoint& peer, const Batch& batch, std::string_view forwarded) {
  if (forwarded.empty() || !batch.snapshot.proxies.allows(peer.address)) return peer;
  const auto address = http::forwarded_for(batch.snapshot.http.forwarded_field, forwarded);
  return address ? net::Endpoint{*address, 0} : peer;
}

}  // namespace atlas::data::transport::doh
