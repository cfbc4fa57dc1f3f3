// Requests and their answers on a connection that has several at a time: what HTTP/2 and HTTP/3 do alike.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/http/message.h"
#include "atlas/http/server_codec.h"
#include "atlas/http/target.h"

namespace atlas::http {

// Parts of a request that are fields of their own.
enum class Part : uint8_t { kMethod, kPath, kContentType, kAccept, kOrigin, kForwarded };
inline constexpr size_t kPartsLast = static_cast<size_t>(Part::kForwarded);

// One request and its answer.
struct Exchange {
  enum class Phase : uint8_t {
    kArriving,
    kReady,     // complete
    kTaken,     // handed out
    kAnswered,  // perhaps before it was complete
    kOver,      // taken back, rejected, or all of the answer is sent
  };

  RequestView request;
  Phase phase = Phase::kArriving;
  bool complete = false;  // the peer has sent all of it
  uint32_t field_octets = 0;
  uint32_t fields = 0;
  std::vector<uint8_t> body;  // of the request, then what is sent of the answer
  size_t sent = 0;            // of the answer
  // In the list of its phase; see ExchangeList.
  Exchange* before = nullptr;
  Exchange* behind = nullptr;
};

// A list that owns nothing and allocates nothing.
class ExchangeList {
 public:
  bool empty() const { return first_ == nullptr; }
  Exchange& front() const { return *first_; }
  void push_back(Exchange& exchange) {
    exchange.before = last_;
    exchange.behind = nullptr;
    (last_ == nullptr ? first_ : last_->behind) = &exchange;
    last_ = &exchange;
  }
  void erase(Exchange& exchange) {
    (exchange.before == nullptr ? first_ : exchange.before->behind) = exchange.behind;
    (exchange.behind == nullptr ? last_ : exchange.behind->before) = exchange.before;
  }

 private:
  Exchange* first_ = nullptr;
  Exchange* last_ = nullptr;
};

// Those of one connection. Owns none.
class Exchanges {
 public:
  explicit Exchanges(const ServerSettings& settings) : settings_(settings) {}

  void begin(Exchange& exchange, StreamId id) {
    exchange.request.stream = id;
    arriving_.push_back(exchange);
  }
  // A field has come, of the header or the trailers. kNone, or why the request must be refused.
  Outcome count_field(Exchange& exchange, size_t name_octets, size_t value_octets) const {
    // RFC 9113 6.5.2, RFC 9114 4.2.2.
    exchange.field_octets += static_cast<uint32_t>(name_octets + value_octets + 32);
    ++exchange.fields;
    return exchange.field_octets > limits().header_octets_max || exchange.fields > limits().fields_max
               ? Outcome::kFieldsTooLarge
               : Outcome::kNone;
  }
  // Makes a field of the header part of the request, if it is one; `hold` keeps its value, for Part, and says
  // where. kNone, or why the request must be refused.
  template <class Hold>
  Outcome note(Exchange& exchange, std::string_view name, size_t value_octets, Hold&& hold);
  // A piece of the body has come. kNone, or why the request must be refused.
  Outcome add_body(Exchange& exchange, base::Bytes octets) const {
    exchange.body.insert(exchange.body.end(), octets.begin(), octets.end());
    return exchange.body.size() > limits().body_octets_max ? Outcome::kBodyTooLarge : Outcome::kNone;
  }
  // The peer has sent all. kNone: it is ready, or was answered before.
  Outcome finish(Exchange& exchange);

  // Hands out the next that is ready, null if there is none or too much output waits.
  const RequestView* next();
  // One that was handed out, or is refused, is answered: `body` is now what is to be sent.
  void answer(Exchange& exchange);
  // So many more octets of the answer are sent.
  void sent(Exchange& exchange, size_t octets) {
    exchange.sent += octets;
    unsent_octets_ -= octets;
  }
  // Forgets it, in whatever phase it is.
  void end(Exchange& exchange);
  // Forgets all, each of which `dispose` is given.
  template <class Dispose>
  void end_all(Dispose&& dispose) {
    for (ExchangeList* list : {&arriving_, &ready_, &answering_}) {
      while (!list->empty()) {
        Exchange& exchange = list->front();
        list->erase(exchange);
        dispose(exchange);
      }
    }
  }

  bool arriving() const { return !arriving_.empty(); }
  bool has_ready() const { return !ready_.empty(); }
  bool owing() const { return !ready_.empty() || taken_ > 0; }
  bool none() const { return arriving_.empty() && ready_.empty() && answering_.empty(); }
  size_t unsent_octets() const { return unsent_octets_; }

 private:
  const Limits& limits() const { return settings_.limits; }

  const ServerSettings& settings_;
  // Each is in the list of its phase; those that are taken or answered in one.
  ExchangeList arriving_;
  ExchangeList ready_;
  ExchangeList answering_;
  uint32_t taken_ = 0;
  size_t unsent_octets_ = 0;  // of answers
};

template <class Hold>
Outcome Exchanges::note(Exchange& exchange, std::string_view name, size_t value_octets, Hold&& hold) {
  RequestView& request = exchange.request;
  if (name == ":path") {
    if (value_octets > limits().target_octets_max) return Outcome::kTargetTooLong;
    split_target(hold(Part::kPath), request);
  } else if (name == ":method") {
    request.method_name = hold(Part::kMethod);
    request.method = method_of(request.method_name);
  } else if (name == "content-type") {
    request.content_type = hold(Part::kContentType);
  } else if (name == "accept") {
    request.accept = hold(Part::kAccept);
  } else if (name == "origin") {
    request.origin = hold(Part::kOrigin);
  } else if (name == settings_.forwarded_field) {
    request.forwarded = hold(Part::kForwarded);
  }
  return Outcome::kNone;
}

// The answer to a request that is refused. `problem` must outlive it.
inline ResponseView refusal_view(const Response& problem) {
  return {.status = problem.status,
          .content_type = problem.content_type,
          .cache_control = "no-store",
          .body = base::bytes_of(problem.body)};
}

// The field `name: value` as a library's own type wants it, which has no name that could be declared here.
// The libraries write to neither, whatever their types say; `flags` are theirs.
template <class Field>
Field library_field(std::string_view name, std::string_view value, uint8_t flags = 0) {
  return {const_cast<uint8_t*>(base::bytes_of(name).data()),
          const_cast<uint8_t*>(base::bytes_of(value).data()), name.size(), value.size(), flags};
}

// Status and fields of a response as a library's own type; looks into the response.
template <class Field>
class ResponseFields {
 public:
  static constexpr size_t kMax = 16;  // of ResponseView::fields

  // `known_name_flags` are those of fields whose names outlive the call.
  explicit ResponseFields(const ResponseView& response, uint8_t known_name_flags = 0)
      : status_{static_cast<char>('0' + response.status / 100),
                static_cast<char>('0' + response.status / 10 % 10),
                static_cast<char>('0' + response.status % 10)} {
    add(":status", {status_.data(), status_.size()}, known_name_flags);
    if (!response.content_type.empty()) add("content-type", response.content_type, known_name_flags);
    if (!response.cache_control.empty()) add("cache-control", response.cache_control, known_name_flags);
    ATLAS_ASSERT(response.fields.size() <= kMax);
    for (const FieldView& more : response.fields) add(more.name, more.value, 0);
  }
  ResponseFields(const ResponseFields&) = delete;
  ResponseFields& operator=(const ResponseFields&) = delete;

  const Field* data() const { return fields_.data(); }
  size_t size() const { return size_; }

 private:
  void add(std::string_view name, std::string_view value, uint8_t flags) {
    fields_[size_++] = library_field<Field>(name, value, flags);
  }

  std::array<char, 3> status_;
  std::array<Field, kMax + 3> fields_;
  size_t size_ = 0;
};

}  // namespace atlas::http
