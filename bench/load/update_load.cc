#include "bench/load/update_load.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <thread>

#include "atlas/base/bytes.h"

namespace atlas::bench {
namespace {

constexpr size_t kPacketOctetsMax = 4096;
constexpr uint32_t kNamesPerClient = 1000;
// A stream comes from so many clients in turn. None has to wait, even if the disk stops for a while.
constexpr size_t kStreamClients = 64, kStreamWindow = 32;
constexpr std::chrono::seconds kVisibleMax{1};
// Answers still on their way when the time is over.
constexpr std::chrono::seconds kGrace{2};
// Between two questions for one change: what the time until it is seen is wrong by.
constexpr std::chrono::microseconds kLookPause{200};

Clock::duration interval(double per_second) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
}

// Addresses of names of one client: added, deleted, added.
class OwnNames {
 public:
  OwnNames(const dns::Name& apex, uint32_t client) : apex_(apex), client_(client), has_(kNamesPerClient) {}

  Change next() {
    const auto place = static_cast<uint32_t>(random_() % kNamesPerClient);
    has_[place] = !has_[place];
    const std::string label = "u" + std::to_string(client_) + "-" + std::to_string(place);
    return {dns::parse_name(label, apex_).value(), static_cast<uint32_t>(random_()), !has_[place],
            has_[place]};
  }

 private:
  const dns::Name& apex_;
  const uint32_t client_;
  // Of no seed: what was added by an earlier run must not be added once more, which would be no change.
  std::mt19937_64 random_{std::random_device{}()};
  std::vector<bool> has_;
};

}  // namespace

base::Result<UpdateResult> run_update_load(const UpdateTarget& target, uint32_t clients,
                                           std::chrono::milliseconds duration) {
  UpdateResult result;
  std::vector<UpdateClient> all;
  std::vector<OwnNames> names;
  std::vector<pollfd> watched;
  for (uint32_t i = 0; i < clients; ++i) {
    names.emplace_back(target.apex, i);
    if (!all.emplace_back(target, result, 1).open())
      return base::fail("cannot open a socket to " + target.server.to_text());
    watched.push_back({all.back().descriptor(), POLLIN, 0});
  }
  const auto begun = Clock::now();
  for (auto now = begun; now < begun + duration; now = Clock::now()) {
    for (uint32_t i = 0; i < clients; ++i) {
      if (all[i].is_free(now)) all[i].send(names[i].next(), Clock::now());
    }
    ::poll(watched.data(), watched.size(), 10);
    for (uint32_t i = 0; i < clients; ++i) {
      if ((watched[i].revents & POLLIN) != 0) all[i].receive();
    }
  }
  result.seconds = static_cast<double>(nanoseconds_since(begun)) / 1e9;
  const uint64_t answered = result.answered;
  for (const auto end = Clock::now() + kGrace; Clock::now() < end;) {
    if (std::ranges::none_of(all, &UpdateClient::is_waiting)) break;
    ::poll(watched.data(), watched.size(), 10);
    for (auto& client : all) client.receive();
  }
  result.answered_late = result.answered - answered;
  result.answered = answered;
  return result;
}

UpdateStream::UpdateStream(UpdateTarget target, UpdateStreamOptions options)
    : target_(std::move(target)), options_(std::move(options)) {}

bool UpdateStream::open() {
  look_.socket = open_socket(target_.server);
  epoll_ = net::FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
  clients_.reserve(kStreamClients);
  for (size_t i = 0; i < kStreamClients; ++i) {
    UpdateClient& client = clients_.emplace_back(target_, result_, kStreamWindow);
    if (!client.open()) return false;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &client;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, client.descriptor(), &event);
  }
  return look_.socket.get() >= 0;
}

void UpdateStream::turn() {
  const auto now = Clock::now();
  if (begun_ == Clock::time_point{}) begun_ = planned_ = next_look_ = now;
  for (; planned_ <= now; planned_ += interval(options_.updates_per_second)) {
    UpdateClient& client = clients_[turn_++ % clients_.size()];
    if (!client.is_free(now)) {
      ++result_.behind;
      continue;
    }
    const Change change{options_.names[random_() % options_.names.size()], static_cast<uint32_t>(random_())};
    client.send(change, Clock::now());
    if (!look_.active && now >= next_look_) begin_look(change, Clock::now());
  }
  receive();
  look(now);
}

void UpdateStream::begin_look(const Change& change, Clock::time_point now) {
  look_.change = change;
  look_.sent = now;
  look_.asked = {};
  look_.active = true;
  next_look_ = now + interval(options_.looks_per_second);
}

void UpdateStream::look(Clock::time_point now) {
  uint8_t answer[kPacketOctetsMax];
  for (ssize_t octets; (octets = ::recv(look_.socket.get(), answer, sizeof answer, 0)) > 0;) {
    if (!look_.active || octets < 16 || base::load_u16(answer) != look_.id) continue;
    // The last record of the answer is the address.
    if (base::load_u32(answer + octets - 4) != look_.change.address) continue;
    result_.visible.add(nanoseconds_since(look_.sent));
    look_.active = false;
  }
  if (!look_.active || now - look_.asked < kLookPause) return;
  if (now - look_.sent > kVisibleMax) {
    ++result_.unseen;
    look_.active = false;
    return;
  }
  const auto query = make_address_query(++look_.id, look_.change.name);
  ::send(look_.socket.get(), query.data(), query.size(), 0);
  look_.asked = now;
}

void UpdateStream::receive() {
  std::array<epoll_event, kStreamClients> ready;
  const int count = ::epoll_wait(epoll_.get(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) static_cast<UpdateClient*>(ready[i].data.ptr)->receive();
}

UpdateResult UpdateStream::finish() {
  result_.seconds = static_cast<double>(nanoseconds_since(begun_)) / 1e9;
  const uint64_t answered = result_.answered;
  for (const auto end = Clock::now() + kGrace; Clock::now() < end;) {
    if (std::ranges::none_of(clients_, &UpdateClient::is_waiting)) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    receive();
  }
  UpdateResult found = result_;
  found.answered_late = found.answered - answered;
  found.answered = answered;
  return found;
}

}  // namespace atlas::bench
