#include "atlas/http/exchanges.h"

namespace atlas::http {

Outcome Exchanges::finish(Exchange& exchange) {
  exchange.complete = true;
  if (exchange.phase != Exchange::Phase::kArriving) return Outcome::kNone;
  if (exchange.request.method_name == "CONNECT") return Outcome::kMethodUnknown;
  if (exchange.request.path.empty()) return Outcome::kMalformed;  // "OPTIONS *"
  arriving_.erase(exchange);
  ready_.push_back(exchange);
  exchange.phase = Exchange::Phase::kReady;
  return Outcome::kNone;
}

const RequestView* Exchanges::next() {
  if (ready_.empty() || unsent_octets_ > limits().output_octets_max) return nullptr;
  Exchange& exchange = ready_.front();
  ready_.erase(exchange);
  answering_.push_back(exchange);
  exchange.phase = Exchange::Phase::kTaken;
  ++taken_;
  exchange.request.body = exchange.body;
  return &exchange.request;
}

void Exchanges::answer(Exchange& exchange) {
  if (exchange.phase == Exchange::Phase::kTaken) {
    --taken_;
  } else {
    arriving_.erase(exchange);
    answering_.push_back(exchange);
  }
  exchange.phase = Exchange::Phase::kAnswered;
  unsent_octets_ += exchange.body.size();
}

void Exchanges::end(Exchange& exchange) {
  switch (exchange.phase) {
    case Exchange::Phase::kArriving:
      arriving_.erase(exchange);
      break;
    case Exchange::Phase::kReady:
      ready_.erase(exchange);
      break;
    case Exchange::Phase::kTaken:
      --taken_;
      answering_.erase(exchange);
      break;
    case Exchange::Phase::kAnswered:
      unsent_octets_ -= exchange.body.size() - exchange.sent;
      answering_.erase(exchange);
      break;
    case Exchange::Phase::kOver:
      return;
  }
  exchange.phase = Exchange::Phase::kOver;
}

}  // namespace atlas::http
