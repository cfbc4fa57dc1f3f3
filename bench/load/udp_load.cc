#include "bench/load/udp_load.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <thread>

#include "atlas/base/bytes.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::bench {
namespace {

// The kernel stamps packets with the wall clock.
using Clock = std::chrono::system_clock;

constexpr size_t kBatchPacketsMax = 64;
constexpr size_t kPacketOctetsMax = 1500;
constexpr std::chrono::milliseconds kLate{1};
// Answers still on their way when the time is over.
constexpr std::chrono::milliseconds kGrace{200};
constexpr int kSocketBufferOctets = 8 << 20;
// An open loop looks around this often: a generator that never slept would be slowed down as a real-time
// process.
constexpr std::chrono::microseconds kPace{25};

// When the kernel received the packet: what the generator does meanwhile does not count.
Clock::time_point received_at(msghdr& header) {
  for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
       control = CMSG_NXTHDR(&header, control)) {
    if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time;
    std::memcpy(&time, CMSG_DATA(control), sizeof time);
    return Clock::time_point(std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec));
  }
  return Clock::now();
}

struct Outstanding {
  Clock::time_point sent;
  uint32_t query = 0;
  bool waiting = false;
};

// One source port with its 65,536 ids.
class Lane {
 public:
  Lane(const UdpLoad& load, LoadResult& result) : load_(load), result_(result), outstanding_(65536) {}

  bool open() {
    sockaddr_storage address{};
    const socklen_t size = load_.server.to_sockaddr(address);
    socket_ = net::FileDescriptor(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUFFORCE, &kSocketBufferOctets, sizeof kSocketBufferOctets);
    const int on = 1;
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUFFORCE, &kSocketBufferOctets, sizeof kSocketBufferOctets);
    return ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0;
  }

  int descriptor() const { return socket_.get(); }
  uint32_t waiting() const { return waiting_; }
  // Closed loop: what was lost must not shrink the window for ever.
  void forget_lost() { waiting_ = 0; }

  size_t send(size_t count, uint32_t& next_query) {
    std::array<mmsghdr, kBatchPacketsMax> messages{};
    std::array<iovec, kBatchPacketsMax> vectors;
    std::array<std::array<uint8_t, 512>, kBatchPacketsMax> packets;
    for (size_t i = 0; i < count; ++i) {
      const auto& query = load_.queries[(next_query + i) % load_.queries.size()];
      std::memcpy(packets[i].data(), query.data(), query.size());
      base::store_u16(packets[i].data(), static_cast<uint16_t>(next_id_ + i));
      vectors[i] = {packets[i].data(), query.size()};
      messages[i].msg_hdr.msg_iov = &vectors[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const auto now = Clock::now();
    const int sent = ::sendmmsg(socket_.get(), messages.data(), static_cast<unsigned>(count), MSG_DONTWAIT);
    for (int i = 0; i < sent; ++i) {
      Outstanding& slot = outstanding_[next_id_++];
      if (!slot.waiting) ++waiting_;
      slot = {now, static_cast<uint32_t>(next_query++ % load_.queries.size()), true};
      ++result_.sent;
    }
    return sent > 0 ? static_cast<size_t>(sent) : 0;
  }

  void receive() {
    for (;;) {
      std::array<mmsghdr, kBatchPacketsMax> messages{};
      std::array<iovec, kBatchPacketsMax> vectors;
      for (size_t i = 0; i < kBatchPacketsMax; ++i) {
        vectors[i] = {packets_[i].data(), packets_[i].size()};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
        messages[i].msg_hdr.msg_control = controls_[i].data();
        messages[i].msg_hdr.msg_controllen = controls_[i].size();
      }
      const int count = ::recvmmsg(socket_.get(), messages.data(), kBatchPacketsMax, MSG_DONTWAIT, nullptr);
      if (count <= 0) return;
      for (int i = 0; i < count; ++i) {
        check({packets_[i].data(), messages[i].msg_len}, received_at(messages[i].msg_hdr));
      }
      if (count < static_cast<int>(kBatchPacketsMax)) return;
    }
  }

 private:
  void check(base::Bytes answer, Clock::time_point received) {
    if (answer.size() < 12) {
      ++result_.wrong;
      return;
    }
    Outstanding& slot = outstanding_[base::load_u16(answer.data())];
    if (!slot.waiting) return;  // came twice, or after it was given up
    slot.waiting = false;
    if (waiting_ > 0) --waiting_;
    if (!is_right(answer, load_.queries[slot.query])) ++result_.wrong;
    ++result_.answered;
    result_.latency.add(
        static_cast<uint64_t>(std::max<int64_t>(0, std::chrono::nanoseconds(received - slot.sent).count())));
  }

  const UdpLoad& load_;
  LoadResult& result_;
  net::FileDescriptor socket_;
  std::vector<Outstanding> outstanding_;
  std::array<std::array<uint8_t, kPacketOctetsMax>, kBatchPacketsMax> packets_;
  std::array<std::array<uint8_t, 64>, kBatchPacketsMax> controls_;
  uint16_t next_id_ = 0;
  uint32_t waiting_ = 0;
};

void wait_for_answers(std::vector<pollfd>& watched, std::chrono::nanoseconds at_most) {
  const timespec time{0, std::max<long>(0, static_cast<long>(at_most.count()))};
  ::ppoll(watched.data(), watched.size(), &time, nullptr);
}

}  // namespace

base::Result<LoadResult> run_udp_load(const UdpLoad& load) {
  LoadResult result;
  std::vector<std::unique_ptr<Lane>> lanes;
  std::vector<pollfd> watched;
  for (uint32_t i = 0; i < load.sockets; ++i) {
    lanes.push_back(std::make_unique<Lane>(load, result));
    if (!lanes.back()->open()) return base::fail("cannot open a socket to " + load.server.to_text());
    watched.push_back({lanes.back()->descriptor(), POLLIN, 0});
  }

  const auto begun = Clock::now();
  const auto end = begun + load.duration;
  const bool open_loop = load.rate > 0;
  const auto step = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(open_loop ? 1 / load.rate : 0));
  auto planned = begun;
  auto last_answer = begun;
  uint32_t next_query = 0;
  size_t lane = 0;
  for (auto now = begun; now < end; now = Clock::now()) {
    if (open_loop) {
      while (planned <= now) {
        const auto due = std::min<int64_t>((now - planned) / step + 1, kBatchPacketsMax);
        if (now - planned > kLate) ++result.late;
        const size_t sent = lanes[lane]->send(static_cast<size_t>(due), next_query);
        lane = (lane + 1) % lanes.size();
        planned += step * static_cast<int64_t>(sent);
        if (sent == 0) break;
      }
    } else {
      const uint32_t share = load.window / load.sockets;
      for (const auto& each : lanes) {
        while (each->waiting() < share) {
          const size_t room = std::min<size_t>(share - each->waiting(), kBatchPacketsMax);
          if (each->send(room, next_query) == 0) break;
        }
      }
    }
    const uint64_t before = result.answered;
    for (const auto& each : lanes) each->receive();
    if (result.answered != before) last_answer = now;
    if (open_loop) {
      if (load.beside) load.beside();
      std::this_thread::sleep_for(kPace);
    } else if (now - last_answer > std::chrono::milliseconds(100)) {
      for (const auto& each : lanes) each->forget_lost();
      last_answer = now;
    } else if (result.answered == before) {
      wait_for_answers(watched, std::chrono::milliseconds(10));
    }
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  const uint64_t answered = result.answered;
  for (const auto grace = Clock::now() + kGrace; Clock::now() < grace;) {
    wait_for_answers(watched, std::chrono::milliseconds(10));
    for (const auto& each : lanes) each->receive();
  }
  if (!open_loop) result.answered = answered;  // the rate counts what came in time
  return result;
}

}  // namespace atlas::bench
