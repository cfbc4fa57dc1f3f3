// What connections have in common, whatever they go over: several errands at once, answers in any order,
// responses of several messages, and what becomes of errands when a connection ends.
#pragma once

#include "atlas/control/remotes/carrier.h"

namespace atlas::control::remotes {

class ConnectionCarrier : public Carrier {
 public:
  void carry(Task& task) final;
  void overdue(Task& task) final;
  void rest() final;
  bool is_fresh() const final { return answered_ == 0; }
  bool takes_more() const final { return Carrier::takes_more() && !is_ending_; }

 protected:
  ConnectionCarrier(CarrierHost& host, Route& route, net::FileDescriptor socket);

  // Begins the task's exchange and sends its message.
  virtual void send(Task& task) = 0;
  // The task goes: what comes for it is ignored. `cancelled`: more may come.
  virtual void forget(Task& task, bool cancelled) = 0;
  // After carry(), rest() and opened().
  virtual void due_changed() = 0;

  size_t room_max() const final;
  bool is_open() const { return is_open_; }
  // When it is given up: not open in time, or idle for too long. MonotonicTime::max() = never.
  base::MonotonicTime due() const { return due_; }
  // due() is over.
  void give_up();

  void opened();
  // An errand that was not sent yet keeps this ID.
  bool is_promised(uint16_t id) const;
  // Sends what waits.
  void send_unsent();
  // A message for a task.
  void take(Task& task, base::Bytes message);
  // One task gets no answer here.
  void fail(Task& task, std::string why);
  // The connection is over: `why` follows its name, as in "closed the connection".
  void end(const std::string& why, Outcome::Result result = Outcome::Result::kUnreachable);
  // Something was answered over it.
  virtual void has_answered() {}
  size_t answered_count() const { return answered_; }

 private:
  void part(Task& task, bool cancelled);

  std::vector<Task*> unsent_;
  base::MonotonicTime begun_;
  base::MonotonicTime due_;
  size_t answered_ = 0;
  bool is_open_ = false;
  bool is_ending_ = false;
};

}  // namespace atlas::control::remotes
