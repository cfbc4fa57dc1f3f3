// DNS over HTTPS (RFC 8484), and DNS in JSON: requests in, responses out. Knows nothing of sockets, TLS or
// the version of HTTP; what carries it is the caller's.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/data/pipeline.h"
#include "atlas/http/exchange.h"

namespace atlas::data::transport::doh {

using Refusal = handoff::DohRefusal;

struct Settings {
  // Each begins with '/'. Here is asked in both forms: with messages, and with a name for JSON.
  std::vector<std::string> paths = {"/dns-query"};
  // Here is asked for JSON alone; empty: nowhere.
  std::string json_path = "/resolve";
  // The field Alt-Svc of answers; empty: none.
  std::string alternative_service = {};
};

// One worker's. Answers messages without allocating; JSON allocates (json_api.h).
class Handler {
 public:
  // `pipeline` must outlive it.
  Handler(Settings settings, Pipeline& pipeline);

  // None: the answer comes later, and the caller says where it belongs (Pipeline::await).
  using Response = std::optional<http::ResponseView>;

  // Answers a request, of whatever kind. `client` is the one whose access is to be looked at. Whatever the
  // request is, there is a response or will be; it is valid until the next call. The body of a response to
  // HEAD is that of GET; the codec leaves it out.
  Response answer(const http::RequestView& request, const query::Client& client, const Batch& batch);
  // The response that came later; `message` is empty if there is no answer.
  http::ResponseView reply(base::Bytes message);

 private:
  Response answer_by_path(const http::RequestView& request, const query::Client& client, const Batch& batch);
  Response answer_get(const http::RequestView& request, const query::Client& client, const Batch& batch);
  Response answer_post(const http::RequestView& request, const query::Client& client, const Batch& batch);
  Response answer_message(base::Bytes message, const http::RequestView& request, const query::Client& client,
                          const Batch& batch);
  http::ResponseView make_response(base::Bytes message);
  void count(const http::ResponseView& response);
  http::ResponseView answer_json(const http::RequestView& request, const query::Client& client,
                                 const Batch& batch, std::string_view content_type);
  http::ResponseView refuse(Refusal refusal);
  http::ResponseView refuse_json(Refusal refusal, std::string_view message, std::string_view content_type);
  std::string_view cache_control(base::Bytes response);

  bool is_path(std::string_view path) const;

  // Of any size that a message may have.
  using MessageBuffer = std::array<uint8_t, dns::kMessageOctetsMax>;

  Settings settings_;
  std::vector<http::FieldView> fields_;  // of answers
  Pipeline& pipeline_;
  std::unique_ptr<MessageBuffer> message_;  // decoded from a target
  std::unique_ptr<MessageBuffer> response_;
  std::array<char, sizeof "max-age=4294967295"> cache_control_;
  std::string json_;
};

// Whose access is looked at: the client that a proxy speaks for, if `peer` may say so. Without an address in
// it, the field `forwarded` says nothing.
net::Endpoint client_of(const net::Endpoint& peer, const Batch& batch, std::string_view forwarded);

}  // namespace atlas::data::transport::doh
