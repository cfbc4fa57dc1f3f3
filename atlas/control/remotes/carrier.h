// What carries messages to one endpoint of a remote: a UDP socket, or a connection over TCP, TLS or QUIC. All
// are the network thread's, and none waits.
#pragma once

#include <list>
#include <string>
#include <vector>

#include "atlas/control/remotes/task.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::control::remotes {

class Carrier;

// Whoever has carriers. Its functions note what happened and do nothing with carriers themselves.
class CarrierHost {
 public:
  explicit CarrierHost(const CourierLimits& with_limits) : limits(with_limits) {}

  // Of a task that its carrier has let go.
  virtual void answered(Task& task, base::Bytes message) = 0;
  virtual void failed(Task& task, Failure failure) = 0;
  // Over a connection, since the answer does not fit into a datagram.
  virtual void truncated(Task& task) = 0;
  // Over another connection: the one that it was on is gone, through no fault of the task's.
  virtual void moved(Task& task) = 0;

  // The endpoint lives.
  virtual void heard(Carrier& carrier) = 0;
  // A datagram got no answer in time.
  virtual void lost(Carrier& carrier) = 0;
  // Has fewer tasks than before.
  virtual void freed(Carrier& carrier) = 0;
  // Is gone, its tasks are with others.
  virtual void closed(Carrier& carrier) = 0;
  // Wants flush(), once per turn.
  virtual void unflushed(Carrier& carrier) = 0;
  // Whether to be told when the socket can be written to.
  virtual void watch(Carrier& carrier, bool writable) = 0;

  const CourierLimits limits;
  TimerHeap timers;
  IdSource ids;
  base::MonotonicTime now = base::monotonic_now();  // of this turn
  std::vector<uint8_t> scratch = std::vector<uint8_t>(size_t{64} << 10);

 protected:
  ~CarrierHost() = default;
};

class Carrier : public Timer {
 public:
  Carrier(CarrierHost& host, Route& route, Way way, net::FileDescriptor socket);
  virtual ~Carrier();

  // One task more; never calls the host about it before it returns. Only if takes_more().
  virtual void carry(Task& task) = 0;
  // Events of epoll.
  virtual void ready(uint32_t events) = 0;
  virtual void flush() {}
  // The task's timer went off.
  virtual void overdue(Task& task) = 0;
  // Nothing to carry: to be kept for a while.
  virtual void rest() {}
  // Is to be closed, without tasks or with: says so to the peer.
  virtual void say_goodbye() {}

  // "192.0.2.1:53 over TCP"
  std::string name() const;
  virtual std::string_view transport() const = 0;

  Route& route() const { return *route_; }
  Station& station() const { return route_->station; }
  Way way() const { return way_; }  // kDatagram or kConnection
  int descriptor() const { return socket_.get(); }
  bool is_closed() const { return !socket_; }
  virtual bool takes_more() const { return !is_closed() && !is_retired_ && tasks_.size() < room_max(); }
  // Takes no more tasks, and is to be closed once it has none.
  bool is_retired() const { return is_retired_; }
  size_t load() const { return tasks_.size(); }
  size_t transfers() const { return transfers_; }
  // Nothing was answered over it before: the peer has no reason to close it.
  virtual bool is_fresh() const { return carried_ == 0; }
  // Whether an errand may keep this ID here.
  virtual bool is_free(uint16_t id) const = 0;
  void close_socket() { socket_.close(); }

  // The host's notes.
  bool is_unflushed = false;
  bool is_freed = false;
  bool is_watched_for_writing = false;
  bool is_resting = false;
  std::list<Carrier*>::iterator resting_at;

 protected:
  virtual size_t room_max() const = 0;
  void retire() { is_retired_ = true; }
  void hold(Task& task);
  void let_go(Task& task);
  const std::vector<Task*>& tasks() const { return tasks_; }
  size_t carried() const { return carried_; }

  CarrierHost& host_;
  net::FileDescriptor socket_;

 private:
  Route* route_;
  Way way_;
  bool is_retired_ = false;
  std::vector<Task*> tasks_;
  size_t transfers_ = 0;  // of the tasks
  size_t carried_ = 0;    // tasks, ever
};

}  // namespace atlas::control::remotes
