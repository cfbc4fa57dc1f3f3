// Requests that workers do not answer themselves: dynamic updates, NOTIFY, IXFR. A worker hands the message
// over and goes on; control answers when it is done, and the worker sends it where the request came from.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "atlas/net/file_descriptor.h"
#include "atlas/query/query.h"
#include "atlas/transfer/outgoing.h"

namespace atlas::handoff {

// Requests that wait for control, of each kind, over all workers, and the octets of their messages. What
// comes beyond is SERVFAIL at once, and no answer to a NOTIFY: the client asks again.
inline constexpr size_t kRequestsMax = 4096;
inline constexpr size_t kRequestOctetsMax = 32 << 20;

enum class RequestKind : uint8_t { kUpdate, kNotify, kTransfer, kLast = kTransfer };
inline constexpr size_t kRequestKinds = static_cast<size_t>(RequestKind::kLast) + 1;

struct Request {
  RequestKind kind = RequestKind::kUpdate;
  size_t worker = 0;
  uint64_t ticket = 0;  // the worker's own: where the answer goes
  query::Client client;
  std::vector<uint8_t> message;                    // whole, its signature included
  std::shared_ptr<const std::string> tls_names{};  // that client.tls_names lies in
};

struct Reply {
  uint64_t ticket = 0;
  std::vector<uint8_t> message;  // empty: there is no answer
  // In place of it, over transports with connections: an answer of several messages.
  std::unique_ptr<transfer::Outgoing> transfer{};
};

// From all workers to control, and back to each. Every request that is submitted gets one reply, be it an
// empty one.
class RequestDesk {
 public:
  explicit RequestDesk(size_t workers);
  RequestDesk(const RequestDesk&) = delete;
  RequestDesk& operator=(const RequestDesk&) = delete;

  // False if the kernel gave it no descriptors.
  bool is_ready() const;

  // Worker's thread. False if too much waits, or nobody takes requests (close()).
  bool submit(Request request);
  // Worker's thread: becomes readable when there are replies; take_replies() empties it.
  int reply_descriptor(size_t worker) const { return desks_[worker].wake.get(); }
  std::vector<Reply> take_replies(size_t worker);

  // Control's thread: becomes readable when there are requests.
  int request_descriptor() const { return wake_.get(); }
  // At most `max` of a kind, oldest first. The descriptor stays readable if there are more, of whatever kind.
  std::vector<Request> take_requests(RequestKind kind, size_t max);
  // Any thread.
  void reply(size_t worker, std::vector<Reply> replies);
  // Any thread: requests are not taken any more. Those that wait get an empty reply.
  void close();

 private:
  struct Desk {
    net::FileDescriptor wake;
    std::mutex mutex;
    std::vector<Reply> replies;
  };

  bool is_empty() const;

  net::FileDescriptor wake_;
  std::mutex mutex_;
  struct Lane {
    std::deque<Request> waiting;
    size_t octets = 0;
  };
  std::array<Lane, kRequestKinds> lanes_;
  bool closed_ = false;
  std::vector<Desk> desks_;
};

}  // namespace atlas::handoff
