// Carries messages to other servers and their answers back, on threads of its own: questions, NOTIFY,
// forwarded updates, and zones on their way in. Over UDP, TCP, TLS and QUIC; connections are kept for a while
// and used again.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/control/remotes/remote.h"

namespace atlas::control::remotes {

struct CourierLimits {
  size_t errands_max = 20'000;   // that wait or are under way: submit() refuses more
  size_t octets_max = 64 << 20;  // of their messages
  size_t sockets_max = 256;      // open at once, of all kinds; errands wait for one
  size_t sockets_per_endpoint_max = 16;
  size_t transfers_max = 16;  // responses of several messages under way at once
  size_t transfers_per_endpoint_max = 4;
  size_t pipelined_max = 64;                       // errands on one connection
  std::chrono::milliseconds datagram_wait{2'000};  // doubles with each of...
  size_t datagram_tries = 3;
  std::chrono::milliseconds connect_wait{5'000};       // for the handshake, too
  std::chrono::milliseconds message_wait{30'000};      // between messages of a response
  std::chrono::milliseconds transfer_wait{3'600'000};  // for all of one
  std::chrono::milliseconds idle{5'000};               // that a connection without errands is kept
  size_t finishers = 2;                                // threads for Receiver::finish()
};

// Takes a response of several messages.
class Receiver {
 public:
  enum class State : uint8_t { kMore, kDone };

  virtual ~Receiver() = default;
  // Courier's thread: a message whose signature is good so far, TSIG record included. An error ends the
  // errand.
  virtual base::Result<State> take(base::Bytes message, uint16_t id) = 0;
  // One of several threads for work that takes long, after the last message, whose signature was good.
  virtual base::Result<void> finish() { return {}; }
};

struct Errand {
  uint64_t id = 0;  // of whoever submits it: comes back with the outcome
  RemotePtr remote;
  // The first to try, of the remote; the others follow in turn where one cannot be reached or does not
  // answer.
  size_t endpoint = 0;
  bool may_try_others = true;
  std::vector<uint8_t> message;  // whole, not signed; its ID is chosen by the courier
  // Passed on as it is, ID included, whoever signed it; the answer, too. Goes over a connection.
  bool is_forwarded = false;
  std::unique_ptr<Receiver> receiver;  // of a response of several messages; null: one message
  bool is_urgent = false;              // in front of others that wait
};

struct Outcome {
  enum class Result : uint8_t {
    kAnswered,     // `message`, or the receiver is done and finished
    kUnreachable,  // no connection, or no answer in time
    kBroken,       // an answer that cannot be used: malformed, a bad signature, or refused by the receiver
    kCancelled,    // the courier stops
  };
  uint64_t id = 0;
  Result result = Result::kUnreachable;
  std::string error;             // unless kAnswered, for people: "no answer over UDP from 192.0.2.1:53"
  std::vector<uint8_t> message;  // the answer, its signature verified
  std::unique_ptr<Receiver> receiver;
  net::Endpoint endpoint;      // that was asked last
  size_t endpoint_number = 0;  // of the remote's
  std::chrono::milliseconds took{};
};

// Whoever takes errands: the courier, and what tests have in its place.
class ErrandCarrier {
 public:
  virtual ~ErrandCarrier() = default;
  // Any thread; never blocks for long. False if there are too many.
  virtual bool submit(Errand errand) = 0;
};

class Courier : public ErrandCarrier {
 public:
  explicit Courier(const CourierLimits& limits = {});
  // Cancels what is under way.
  ~Courier() override;
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // False if the kernel gave it no descriptors.
  bool is_ready() const;
  bool submit(Errand errand) override;
  // Becomes readable when there are outcomes.
  int descriptor() const;
  // Control's thread. Every errand that was submitted has one outcome.
  std::vector<Outcome> take(size_t max);
  // Submitted and not taken. Any thread.
  size_t under_way() const;
  // Cancels what is under way, whose outcomes can still be taken. Waits for receivers that are at finish().
  void stop();

 private:
  struct Contents;
  std::unique_ptr<Contents> contents_;
};

}  // namespace atlas::control::remotes
