// One question on its way and what may come back: its ID, its signature, and which answers are to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "atlas/base/clock.h"
#include "atlas/control/remotes/courier.h"
#include "atlas/tsig/tsig.h"

namespace atlas::control::remotes {

class Exchange {
 public:
  // Gives the errand's message this ID and signs it with the remote's key, if it has one. Whoever forwards
  // lets others sign.
  void begin(const Errand& errand, uint16_t id, base::WallTime now);

  uint16_t id() const { return id_; }
  base::Bytes message() const { return message_; }

  // Whether `message` is an answer to this one: a response with its ID, opcode and question. Questions may be
  // missing in errors, in responses to other opcodes than QUERY (RFC 2136 3.8), and behind the first message.
  bool is_answered_by(base::Bytes message) const;
  // The signature of an answer, in their order. Fails with what is wrong.
  base::Result<void> verify(base::Bytes message, base::WallTime now);
  // Whether the message verified last may be the last one.
  bool is_complete() const { return !verifier_ || verifier_->is_complete(); }

 private:
  uint16_t id_ = 0;
  bool is_first_ = true;
  std::vector<uint8_t> message_;
  std::optional<tsig::ResponseVerifier> verifier_;
};

// Random IDs, from the kernel's generator.
class IdSource {
 public:
  uint16_t next();

 private:
  std::array<uint8_t, 256> octets_{};
  size_t taken_ = sizeof octets_;
};

}  // namespace atlas::control::remotes
