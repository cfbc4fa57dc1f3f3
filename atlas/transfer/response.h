// What all responses to requests for transfers share: header, question, OPT, signature.
#pragma once

#include <optional>

#include "atlas/dns/edns.h"
#include "atlas/transfer/message_writer.h"
#include "atlas/transfer/outgoing.h"

namespace atlas::transfer {

class Response : public Outgoing {
 public:
  size_t next(std::span<uint8_t> out, base::WallTime now) noexcept final;
  bool is_done() const final { return is_done_; }
  uint64_t records() const final { return records_; }

 protected:
  explicit Response(RequestFacts facts);

  enum class Filled : uint8_t {
    kFull,    // there is more, and no room
    kDone,    // that was all
    kFailed,  // what would follow cannot be read
  };
  // Writes records until the message is full. Called again for the next one, which always has room for what
  // did not fit.
  virtual Filled fill(MessageWriter& writer) = 0;

  const RequestFacts& facts() const { return facts_; }
  void set_rcode(dns::Rcode rcode) { rcode_ = rcode; }
  void set_authoritative(bool authoritative) { authoritative_ = authoritative; }
  // Of the OPT.
  void add_option(const dns::Option& option);
  // EXPIRE, if it was asked for.
  void add_expire(base::Bytes soa);

 private:
  std::vector<uint8_t> make_opt() const;
  size_t signature_octets() const;

  RequestFacts facts_;
  std::optional<tsig::ResponseSigner> signer_;
  dns::Rcode rcode_ = dns::Rcode::NOERROR;
  bool authoritative_ = true;
  std::vector<uint8_t> options_;
  MessageWriter writer_;
  bool is_first_ = true;
  bool is_done_ = false;
  uint64_t records_ = 0;
};

}  // namespace atlas::transfer
