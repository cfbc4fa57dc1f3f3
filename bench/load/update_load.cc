#include "bench/load/update_load.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <random>
#include <string>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/net/file_descriptor.h"
#include "atlas/tsig/tsig.h"

namespace atlas::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kHeaderOctets = 12;
constexpr size_t kPacketOctetsMax = 4096;
constexpr uint16_t kUpdateFlags = 5 << 11, kOpcodeMask = 0x7800, kResponse = 0x8000;
constexpr uint16_t kA = 1, kSoa = 6, kIn = 1, kAny = 255;
constexpr uint32_t kTtl = 60;
constexpr uint32_t kNamesPerClient = 1000;
// One answer in so many has its signature verified: a generator that verified all would be measured.
constexpr uint32_t kVerifyOneIn = 16;
constexpr std::chrono::seconds kGiveUp{5}, kVisibleMax{1};
// Answers still on their way when the time is over.
constexpr std::chrono::seconds kGrace{2};
// Between two questions for one change: what the time until it is seen is wrong by.
constexpr std::chrono::microseconds kLookPause{200};

uint64_t nanoseconds_since(Clock::time_point begun) {
  return static_cast<uint64_t>(std::chrono::nanoseconds(Clock::now() - begun).count());
}

net::FileDescriptor open_socket(const net::Endpoint& server) {
  sockaddr_storage address{};
  const socklen_t size = server.to_sockaddr(address);
  net::FileDescriptor socket(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) return {};
  return socket;
}

class Octets {
 public:
  explicit Octets(std::vector<uint8_t>& out) : out_(out) {}
  void u16(uint16_t value) {
    out_.resize(out_.size() + 2);
    base::store_u16(&out_[out_.size() - 2], value);
  }
  void u32(uint32_t value) {
    out_.resize(out_.size() + 4);
    base::store_u32(&out_[out_.size() - 4], value);
  }
  void name(const dns::Name& name) { out_.insert(out_.end(), name.wire().begin(), name.wire().end()); }
  void header(uint16_t id, uint16_t flags, uint16_t first, uint16_t third) {
    for (const uint16_t value : {id, flags, first, uint16_t{0}, third, uint16_t{0}}) u16(value);
  }

 private:
  std::vector<uint8_t>& out_;
};

struct Change {
  dns::Name name;
  uint32_t address = 0;
  bool removes = true;  // what addresses the name has
  bool adds = true;
};

std::vector<uint8_t> make_update(uint16_t id, const dns::Name& apex, const Change& change) {
  std::vector<uint8_t> message;
  Octets out(message);
  out.header(id, kUpdateFlags, 1, static_cast<uint16_t>(change.removes + change.adds));
  out.name(apex);
  out.u16(kSoa);
  out.u16(kIn);
  if (change.removes) {
    out.name(change.name);
    out.u16(kA);
    out.u16(kAny);
    out.u32(0);
    out.u16(0);
  }
  if (change.adds) {
    out.name(change.name);
    out.u16(kA);
    out.u16(kIn);
    out.u32(kTtl);
    out.u16(4);
    out.u32(change.address);
  }
  return message;
}

// Asks for one change at a time until it is seen.
class Looker {
 public:
  explicit Looker(UpdateResult& result) : result_(result) {}
  bool open(const net::Endpoint& server) {
    socket_ = open_socket(server);
    return socket_.get() >= 0;
  }
  int descriptor() const { return socket_.get(); }
  bool is_looking() const { return looking_; }

  void begin(const Change& change, Clock::time_point sent) {
    change_ = change;
    sent_ = sent;
    looking_ = true;
    ask(sent);
  }
  void receive() {
    uint8_t answer[kPacketOctetsMax];
    for (ssize_t octets; (octets = ::recv(socket_.get(), answer, sizeof answer, 0)) > 0;) {
      if (!looking_ || octets < 16 || base::load_u16(answer) != id_) continue;
      // The last record of the answer is the address.
      if (base::load_u32(answer + octets - 4) != change_.address) continue;
      result_.visible.add(nanoseconds_since(sent_));
      looking_ = false;
    }
  }
  void go_on(Clock::time_point now) {
    if (!looking_ || now - asked_ < kLookPause) return;
    if (now - sent_ > kVisibleMax) {
      ++result_.unseen;
      looking_ = false;
    } else {
      ask(now);
    }
  }

 private:
  void ask(Clock::time_point now) {
    std::vector<uint8_t> query;
    Octets out(query);
    out.header(id_ = static_cast<uint16_t>(id_ + 1), 0, 1, 0);
    out.name(change_.name);
    out.u16(kA);
    out.u16(kIn);
    ::send(socket_.get(), query.data(), query.size(), 0);
    asked_ = now;
  }

  UpdateResult& result_;
  net::FileDescriptor socket_;
  Change change_;
  Clock::time_point sent_, asked_;
  uint16_t id_ = 0;
  bool looking_ = false;
};

class Client {
 public:
  Client(const UpdateLoad& load, UpdateResult& result, uint32_t number)
      : load_(load),
        result_(result),
        number_(number),
        random_(std::random_device{}()),
        own_(kNamesPerClient) {}

  bool open() {
    socket_ = open_socket(load_.server);
    return socket_.get() >= 0;
  }
  int descriptor() const { return socket_.get(); }
  bool is_free() const { return !waiting_; }

  // Sends an update; what it changes.
  const Change& send() {
    change_ = next_change();
    auto message = make_update(++id_, load_.apex, change_);
    mac_ = tsig::sign_request(message, load_.key, base::wall_now());
    sent_ = Clock::now();
    waiting_ = ::send(socket_.get(), message.data(), message.size(), 0) > 0;
    result_.sent += waiting_;
    return change_;
  }
  Clock::time_point sent() const { return sent_; }

  void receive() {
    uint8_t answer[kPacketOctetsMax];
    for (ssize_t octets; (octets = ::recv(socket_.get(), answer, sizeof answer, 0)) > 0;) {
      if (waiting_) check({answer, static_cast<size_t>(octets)});
    }
  }
  void give_up(Clock::time_point now) {
    if (!waiting_ || now - sent_ < kGiveUp) return;
    waiting_ = false;
    ++result_.unanswered;
  }

 private:
  Change next_change() {
    if (!load_.names.empty()) {
      return {load_.names[random_() % load_.names.size()], static_cast<uint32_t>(random_())};
    }
    const auto place = static_cast<uint32_t>(random_() % kNamesPerClient);
    own_[place] = !own_[place];
    const std::string label = "u" + std::to_string(number_) + "-" + std::to_string(place);
    return {dns::parse_name(label, load_.apex).value(), static_cast<uint32_t>(random_()), !own_[place],
            own_[place]};
  }

  void check(base::Bytes answer) {
    if (answer.size() < kHeaderOctets || base::load_u16(answer.data()) != id_)
      return;  // of an update that was given up
    waiting_ = false;
    const uint16_t flags = base::load_u16(&answer[2]);
    if ((flags & (kResponse | kOpcodeMask)) != (kResponse | kUpdateFlags)) {
      ++result_.wrong;
      return;
    }
    const uint8_t rcode = flags & 0x0f;
    ++result_.rcodes[rcode];
    const bool is_signed = base::load_u16(&answer[10]) > 0;
    if (!is_signed || !is_verified(answer)) {
      ++result_.wrong;
      return;
    }
    result_.answered += rcode == 0;
    result_.latency.add(nanoseconds_since(sent_));
  }
  bool is_verified(base::Bytes answer) {
    if (id_ % kVerifyOneIn != 0) return true;
    ++result_.verified;
    tsig::ResponseVerifier verifier(load_.key, mac_);
    return verifier.take(answer, base::wall_now()).has_value() && verifier.is_complete();
  }

  const UpdateLoad& load_;
  UpdateResult& result_;
  const uint32_t number_;
  // Of no seed: what was added by an earlier run must not be added once more, which would be no change.
  std::mt19937_64 random_;
  std::vector<bool> own_;  // whether the name has an address
  net::FileDescriptor socket_;
  tsig::Mac mac_;
  Change change_;
  Clock::time_point sent_;
  uint16_t id_ = 0;
  bool waiting_ = false;
};

}  // namespace

base::Result<UpdateResult> run_update_load(const UpdateLoad& load) {
  UpdateResult result;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<pollfd> watched;
  for (uint32_t i = 0; i < load.clients; ++i) {
    clients.push_back(std::make_unique<Client>(load, result, i));
    if (!clients.back()->open()) return base::fail("cannot open a socket to " + load.server.to_text());
    watched.push_back({clients.back()->descriptor(), POLLIN, 0});
  }
  Looker looker(result);
  if (!looker.open(load.server)) return base::fail("cannot open a socket to " + load.server.to_text());
  watched.push_back({looker.descriptor(), POLLIN, 0});

  const auto interval = [](double per_second) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / per_second));
  };
  const auto begun = Clock::now();
  auto planned = begun, next_look = begun;
  size_t turn = 0;
  const auto send = [&](Client& client) {
    const Change& change = client.send();
    if (load.looks_per_second <= 0 || looker.is_looking() || client.sent() < next_look) return;
    looker.begin(change, client.sent());
    next_look = client.sent() + interval(load.looks_per_second);
  };
  // The first client from `turn` on that waits for nothing.
  const auto find_free = [&]() -> Client* {
    for (size_t i = 0; i < clients.size(); ++i) {
      Client& client = *clients[turn++ % clients.size()];
      if (client.is_free()) return &client;
    }
    return nullptr;
  };
  for (auto now = begun; now < begun + load.duration; now = Clock::now()) {
    if (load.rate > 0) {
      for (; planned <= now; planned += interval(load.rate)) {
        if (Client* client = find_free()) {
          send(*client);
        } else {
          ++result.behind;
        }
      }
    } else {
      for (const auto& client : clients) {
        if (client->is_free()) send(*client);
      }
    }
    const bool paces = load.rate > 0 || looker.is_looking();
    const timespec wait{0, paces ? std::chrono::nanoseconds(kLookPause).count() / 2 : 10'000'000};
    ::ppoll(watched.data(), watched.size(), &wait, nullptr);
    for (size_t i = 0; i < clients.size(); ++i) {
      if ((watched[i].revents & POLLIN) != 0) clients[i]->receive();
      clients[i]->give_up(now);
    }
    looker.receive();
    looker.go_on(Clock::now());
  }
  result.seconds = static_cast<double>(nanoseconds_since(begun)) / 1e9;
  const uint64_t answered = result.answered;
  for (const auto end = Clock::now() + kGrace; Clock::now() < end;) {
    if (std::ranges::all_of(clients, [](const auto& client) { return client->is_free(); })) break;
    ::poll(watched.data(), watched.size(), 10);
    for (const auto& client : clients) client->receive();
  }
  result.answered_late = result.answered - answered;
  result.answered = answered;
  return result;
}

}  // namespace atlas::bench
