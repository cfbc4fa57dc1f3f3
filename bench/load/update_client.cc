#include "bench/load/update_client.h"

#include <sys/socket.h>

#include <cstdio>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"

namespace atlas::bench {
namespace {

constexpr size_t kHeaderOctets = 12;
constexpr size_t kPacketOctetsMax = 4096;
constexpr uint16_t kUpdateFlags = 5 << 11, kOpcodeMask = 0x7800, kResponse = 0x8000;
constexpr uint16_t kA = 1, kSoa = 6, kIn = 1, kAny = 255;
constexpr uint32_t kTtl = 60;
// One answer in so many has its signature verified: a generator that verified all would be measured.
constexpr uint32_t kVerifyOneIn = 16;
constexpr std::chrono::seconds kGiveUp{5};

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

}  // namespace

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

std::vector<uint8_t> make_address_query(uint16_t id, const dns::Name& name) {
  std::vector<uint8_t> query;
  Octets out(query);
  out.header(id, 0, 1, 0);
  out.name(name);
  out.u16(kA);
  out.u16(kIn);
  return query;
}

UpdateClient::UpdateClient(const UpdateTarget& target, UpdateResult& result, size_t window)
    : target_(target), result_(result), pending_(window) {}

bool UpdateClient::open() {
  socket_ = open_socket(target_.server);
  return socket_.get() >= 0;
}

bool UpdateClient::is_free(Clock::time_point now) {
  Pending& next = of(next_id_);
  if (next.waiting && now - next.sent >= kGiveUp) {
    next.waiting = false;
    --waiting_;
    ++result_.unanswered;
  }
  return !next.waiting;
}

void UpdateClient::send(const Change& change, Clock::time_point now) {
  const uint16_t id = next_id_++;
  auto message = make_update(id, target_.apex, change);
  Pending& pending = of(id);
  pending.mac = tsig::sign_request(message, target_.key, base::wall_now());
  pending.sent = now;
  pending.id = id;
  pending.waiting = ::send(socket_.get(), message.data(), message.size(), 0) > 0;
  waiting_ += pending.waiting;
  result_.sent += pending.waiting;
}

void UpdateClient::receive() {
  uint8_t answer[kPacketOctetsMax];
  for (ssize_t octets; (octets = ::recv(socket_.get(), answer, sizeof answer, 0)) > 0;) {
    check({answer, static_cast<size_t>(octets)});
  }
}

void UpdateClient::check(base::Bytes answer) {
  if (answer.size() < kHeaderOctets) return;
  const uint16_t id = base::load_u16(answer.data());
  Pending& pending = of(id);
  if (!pending.waiting || pending.id != id) return;  // of an update that was given up
  pending.waiting = false;
  --waiting_;
  const uint16_t flags = base::load_u16(&answer[2]);
  if ((flags & (kResponse | kOpcodeMask)) != (kResponse | kUpdateFlags)) {
    ++result_.wrong;
    return;
  }
  const uint8_t rcode = flags & 0x0f;
  ++result_.rcodes[rcode];
  const bool is_signed = base::load_u16(&answer[10]) > 0;
  if (!is_signed || (id % kVerifyOneIn == 0 && !is_verified(answer, pending.mac))) {
    ++result_.wrong;
    return;
  }
  result_.answered += rcode == 0;
  result_.latency.add(nanoseconds_since(pending.sent));
}

bool UpdateClient::is_verified(base::Bytes answer, const tsig::Mac& mac) {
  ++result_.verified;
  tsig::ResponseVerifier verifier(target_.key, mac);
  return verifier.take(answer, base::wall_now()).has_value() && verifier.is_complete();
}

std::string to_json(const UpdateResult& result) {
  const auto count = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  const auto us = [](uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1000; };
  std::string rcodes;
  for (size_t rcode = 0; rcode < result.rcodes.size(); ++rcode) {
    if (result.rcodes[rcode] == 0) continue;
    rcodes += (rcodes.empty() ? "\"" : ", \"") + std::to_string(rcode) +
              "\": " + std::to_string(result.rcodes[rcode]);
  }
  std::array<char, 1024> text;
  const int octets = std::snprintf(
      text.data(), text.size(),
      "{\"sent\": %llu, \"answered\": %llu, \"answered_late\": %llu, \"unanswered\": %llu, \"wrong\": %llu, "
      "\"verified\": %llu, \"behind\": %llu, \"rcodes\": {%s}, \"seconds\": %.3f, \"per_second\": %.1f, "
      "\"p50_us\": %.1f, \"p99_us\": %.1f, \"max_us\": %.1f, \"looks\": %llu, \"unseen\": %llu, "
      "\"visible_p50_us\": %.1f, \"visible_p99_us\": %.1f, \"visible_most_us\": %.1f}",
      count(result.sent), count(result.answered), count(result.answered_late), count(result.unanswered),
      count(result.wrong), count(result.verified), count(result.behind), rcodes.c_str(), result.seconds,
      static_cast<double>(result.answered) / result.seconds, us(result.latency.quantile(0.5)),
      us(result.latency.quantile(0.99)), us(result.latency.largest()), count(result.visible.count()),
      count(result.unseen), us(result.visible.quantile(0.5)), us(result.visible.quantile(0.99)),
      us(result.visible.largest()));
  return {text.data(), static_cast<size_t>(octets)};
}

}  // namespace atlas::bench
