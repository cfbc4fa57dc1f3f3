// Requests that workers do not answer themselves: dynamic updates. A worker hands the message over and goes
// on; control answers when it is done, and the worker sends it where the request came from.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "atlas/net/file_descriptor.h"
#include "atlas/query/query.h"

namespace atlas::handoff {

// Requests that wait for control, over all workers, and the octets of their messages. What comes beyond is
// SERVFAIL at once: the client asks again.
inline constexpr size_t kRequestsMax = 4096;
inline constexpr size_t kRequestOctetsMax = 32 << 20;

struct Request {
  size_t worker = 0;
  uint64_t ticket = 0;  // the worker's own: where the answer goes
  query::Client client;
  std::vector<uint8_t> message;  // whole, its signature included
};

struct Reply {
  uint64_t ticket = 0;
  std::vector<uint8_t> message;  // empty: there is no answer
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
  // At most `max`, oldest first. The descriptor stays readable if there are more.
  std::vector<Request> take_requests(size_t max);
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

  net::FileDescriptor wake_;
  std::mutex mutex_;
  std::deque<Request> waiting_;
  size_t waiting_octets_ = 0;
  bool closed_ = false;
  std::vector<Desk> desks_;
};

}  // namespace atlas::handoff
