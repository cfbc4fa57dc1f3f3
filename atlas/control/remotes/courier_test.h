// A courier, and questions and answers to try it with.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <map>

#include "atlas/control/remotes/courier.h"
#include "atlas/control/remotes/fake_server.h"
#include "atlas/dns/message.h"
#include "atlas/tsig/digest.h"
#include "atlas/tsig/record.h"
#include "atlas/tsig/tsig.h"

namespace atlas::control::remotes {

using std::chrono::milliseconds;
using Result = Outcome::Result;

inline CourierLimits test_limits() {
  CourierLimits limits;
  limits.datagram_wait = milliseconds(60);
  limits.connect_wait = milliseconds(700);
  limits.message_wait = milliseconds(400);
  limits.transfer_wait = milliseconds(2'000);
  limits.idle = milliseconds(300);
  return limits;
}

inline Message question(std::string_view zone = "example.", dns::RRType type = dns::RRType::SOA) {
  dns::Message message;
  message.questions.push_back({.name = *dns::parse_name(zone), .type = type});
  return *dns::encode(message);
}

// A response with the request's ID and question, its number in the TTL of a record.
inline Message answer_to(const Message& request, uint32_t number = 0, dns::Rcode rcode = dns::Rcode::NOERROR,
                         uint16_t flags = 0) {
  auto asked = dns::parse_message(request);
  if (!asked) return {};
  dns::Message message;
  message.header.id = asked->header.id;
  message.header.opcode = asked->header.opcode;
  message.header.flags = static_cast<uint16_t>(dns::kFlagQR | dns::kFlagAA | flags);
  message.header.rcode = static_cast<uint8_t>(rcode);
  message.questions = asked->questions;
  if (!asked->questions.empty()) {
    message.answers.push_back(
        {.owner = asked->questions[0].name, .type = dns::RRType::A, .ttl = number, .rdata = {192, 0, 2, 1}});
  }
  return *dns::encode(message);
}

inline uint32_t number_in(const Message& answer) {
  auto parsed = dns::parse_message(answer);
  return parsed && !parsed->answers.empty() ? parsed->answers[0].ttl : UINT32_MAX;
}

inline Reply answer_all(const Message& request, query::Transport) {
  return {.messages = {answer_to(request)}};
}

inline Reply say_nothing(const Message&, query::Transport) {
  return {};
}

inline std::shared_ptr<Remote> remote_at(std::vector<net::Endpoint> endpoints) {
  auto remote = std::make_shared<Remote>();
  remote->name = "test";
  remote->endpoints = std::move(endpoints);
  return remote;
}

inline tsig::Key test_key(uint8_t octet = 7) {
  return {.name = *dns::parse_name("key.test."),
          .algorithm = tsig::Algorithm::kHmacSha256,
          .secret = std::vector<uint8_t>(32, octet)};
}

// `messages` as the signed response to `request`, whose key they know. Unsigned ones are those of the places
// in `without`.
inline std::vector<Message> sign_all(const Message& request, std::vector<Message> messages,
                                     const std::vector<size_t>& without = {}) {
  const tsig::KeyTable keys({test_key()});
  const tsig::Verified verified = tsig::verify(request, keys, base::wall_now());
  EXPECT_EQ(verified.outcome, tsig::Verified::Outcome::kGood);
  tsig::ResponseSigner signer(verified.signer);
  for (size_t i = 0; i < messages.size(); ++i) {
    if (std::ranges::count(without, i) > 0) continue;
    const size_t octets = messages[i].size();
    messages[i].resize(octets + tsig::kRecordOctetsMax);
    messages[i].resize(signer.sign(messages[i], octets, base::wall_now()));
  }
  return messages;
}

// The same with signatures in the first and the last message alone.
inline std::vector<Message> sign_first_and_last(const Message& request, std::vector<Message> messages) {
  messages.front() = sign_all(request, {messages.front()}).front();
  const Message first = messages.front();
  tsig::Record record;
  EXPECT_EQ(tsig::find_record(first, record), tsig::Found::kOne);
  const crypto::HmacKey state = tsig::prepare(test_key());
  tsig::Digest digest(state);
  digest.add_mac(record.mac);
  for (size_t i = 1; i < messages.size(); ++i) digest.add_message(messages[i]);
  digest.add_timers(record);
  const tsig::Mac mac = digest.finish(tsig::Algorithm::kHmacSha256);
  record.mac = mac.view();
  Message& last = messages.back();
  const size_t octets = last.size();
  last.resize(octets + tsig::kRecordOctetsMax);
  last.resize(tsig::append_record(record, last, octets));
  return messages;
}

// Takes messages until one has the number `last`.
class CountingReceiver : public Receiver {
 public:
  explicit CountingReceiver(uint32_t last) : last_(last) {}

  base::Result<State> take(base::Bytes message, uint16_t id) override {
    EXPECT_EQ(id, base::load_u16(message.data()));
    ++messages;
    octets += message.size();
    const uint32_t number = number_in({message.begin(), message.end()});
    if (number == refused) return base::fail("not this one");
    return number == last_ ? State::kDone : State::kMore;
  }
  base::Result<void> finish() override {
    ++finished;
    if (finish_wait.count() > 0) std::this_thread::sleep_for(finish_wait);
    if (finish_fails) return base::fail("it does not fit");
    return {};
  }

  int messages = 0;
  int finished = 0;
  size_t octets = 0;
  uint32_t refused = UINT32_MAX - 1;
  bool finish_fails = false;
  milliseconds finish_wait{0};

 private:
  uint32_t last_;
};

class CourierTest : public ::testing::Test {
 protected:
  void use(const CourierLimits& limits) {
    courier_.reset();
    courier_.emplace(limits);
    ASSERT_TRUE(courier_->is_ready());
  }
  Courier& courier() {
    if (!courier_) courier_.emplace(test_limits());
    return *courier_;
  }

  // The errand's id.
  uint64_t ask(RemotePtr remote, Message message = question()) {
    Errand errand;
    errand.remote = std::move(remote);
    errand.message = std::move(message);
    return submit(std::move(errand));
  }
  uint64_t transfer(RemotePtr remote, std::unique_ptr<Receiver> receiver, size_t endpoint = 0) {
    Errand errand;
    errand.remote = std::move(remote);
    errand.endpoint = endpoint;
    errand.message = question("example.", dns::RRType::AXFR);
    errand.receiver = std::move(receiver);
    return submit(std::move(errand));
  }
  // Goes over a connection, whatever it is.
  uint64_t forward(RemotePtr remote, Message message = question()) {
    Errand errand;
    errand.remote = std::move(remote);
    errand.message = std::move(message);
    errand.is_forwarded = true;
    return submit(std::move(errand));
  }
  uint64_t submit(Errand errand) {
    errand.id = next_id_++;
    const uint64_t id = errand.id;
    EXPECT_TRUE(courier().submit(std::move(errand)));
    return id;
  }

  // Waits for one outcome.
  Outcome outcome_of(uint64_t id, milliseconds patience = milliseconds(8'000)) {
    const auto end = base::monotonic_now() + patience;
    while (!outcomes_.contains(id)) {
      const auto left = std::chrono::ceil<milliseconds>(end - base::monotonic_now());
      if (left.count() <= 0) break;
      pollfd waiting{courier().descriptor(), POLLIN, 0};
      ::poll(&waiting, 1, static_cast<int>(left.count()));
      collect();
    }
    const auto found = outcomes_.find(id);
    if (found == outcomes_.end()) {
      ADD_FAILURE() << "no outcome";
      return {};
    }
    Outcome outcome = std::move(found->second);
    outcomes_.erase(found);
    return outcome;
  }
  void collect() {
    for (Outcome& outcome : courier().take(1000)) {
      const uint64_t id = outcome.id;
      EXPECT_TRUE(outcomes_.emplace(id, std::move(outcome)).second) << "two outcomes of one errand";
    }
  }
  Outcome outcome_now(RemotePtr remote, Message message = question()) {
    return outcome_of(ask(std::move(remote), std::move(message)));
  }

  std::map<uint64_t, Outcome> outcomes_;
  std::optional<Courier> courier_;
  uint64_t next_id_ = 1;
};

}  // namespace atlas::control::remotes
