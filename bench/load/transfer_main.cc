// atlas-transfer: takes a zone from a DNS server on this machine by AXFR over TCP, for benchmarks. Records
// are counted, not kept. Prints one line of JSON.
//
//   atlas-transfer SERVER APEX            one transfer
//   atlas-transfer SERVER APEX SECONDS    one after another, failed ones counted; what is not whole by then
//   is cut off
//
// SERVER is ADDRESS:PORT.
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/message.h"
#include "atlas/net/address.h"
#include "bench/load/message_framing.h"
#include "bench/load/tcp_clients.h"

namespace {

using namespace atlas;
using Clock = std::chrono::steady_clock;

constexpr size_t kReadOctets = 1 << 20;
constexpr size_t kTypeAndClassOctets = 4;
constexpr time_t kPatienceSeconds = 30;
constexpr uint64_t kFailedMax = 100;

struct Counts {
  uint64_t transfers = 0;  // that are whole
  uint64_t failed = 0;
  uint64_t messages = 0;
  uint64_t records = 0;
  uint64_t octets = 0;  // with the lengths of messages
};

// Looks at owners and types only: the zone is whole with the second SOA (RFC 5936 2.2).
class Transfer {
 public:
  explicit Transfer(Counts& counts) : counts_(counts) {}

  bool is_whole() const { return soas_ == 2; }
  base::Result<void> take(base::Bytes message) {
    base::ByteReader reader(message);
    const auto header = dns::read_header(reader);
    if (!header || header->rcode != 0) return base::fail("the server answers with an error");
    for (size_t i = 0; i < header->question_count; ++i) {
      dns::skip_name(reader);
      reader.skip(kTypeAndClassOctets);
    }
    for (size_t i = 0; i < header->answer_count; ++i) {
      dns::skip_name(reader);
      soas_ += reader.u16() == static_cast<uint16_t>(dns::RRType::SOA) ? 1 : 0;
      reader.skip(6);  // class and TTL
      reader.skip(reader.u16());
    }
    if (!reader.ok() || soas_ == 0) return base::fail("the server sends what is no transfer");
    ++counts_.messages;
    counts_.records += header->answer_count;
    counts_.octets += bench::kLengthOctets + message.size();
    return {};
  }

 private:
  Counts& counts_;
  size_t soas_ = 0;
};

std::vector<uint8_t> query_for(const dns::Name& apex) {
  dns::Message message;
  message.questions.push_back({.name = apex, .type = dns::RRType::AXFR});
  std::vector<uint8_t> framed;
  bench::append_message(framed, 1, dns::encode(message).value());
  return framed;
}

// Until the zone is whole or the time is over.
base::Result<void> transfer(const net::Endpoint& server, base::Bytes query, Clock::time_point end,
                            Counts& counts) {
  const net::FileDescriptor socket = bench::connect_to(server, false);
  // Who says nothing for so long has failed.
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (!socket || ::send(socket.get(), query.data(), query.size(), MSG_NOSIGNAL) < 0)
    return base::fail(std::string("cannot ask: ") + std::strerror(errno));
  static std::vector<uint8_t> buffer(kReadOctets + dns::kMessageOctetsMax + bench::kLengthOctets);
  size_t size = 0;
  Transfer transfer(counts);
  while (!transfer.is_whole()) {
    if (Clock::now() >= end) return {};
    const ssize_t count = ::recv(socket.get(), buffer.data() + size, kReadOctets, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return base::fail("the server ends the connection before the zone is whole");
    size += static_cast<size_t>(count);
    base::Result<void> taken;
    const size_t used = bench::take_messages(base::Bytes(buffer).first(size), [&](base::Bytes message) {
      if (taken && !transfer.is_whole()) taken = transfer.take(message);
    });
    if (!taken) return taken;
    std::memmove(buffer.data(), buffer.data() + used, size - used);
    size -= used;
  }
  ++counts.transfers;
  return {};
}

int fail(const std::string& message) {
  std::fprintf(stderr, "atlas-transfer: %s\n", message.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3 && argc != 4) return fail("usage: see the head of transfer_main.cc");
  const auto server = net::Endpoint::parse(argv[1], 53);
  if (!server) return fail(server.error().message);
  const auto apex = dns::parse_name(argv[2]);
  if (!apex) return fail(apex.error().message);
  const std::vector<uint8_t> query = query_for(*apex);
  const auto begun = Clock::now();
  const bool is_one = argc == 3;
  const auto end = is_one
                       ? Clock::time_point::max()
                       : begun + std::chrono::milliseconds(static_cast<int64_t>(std::atof(argv[3]) * 1000));
  Counts counts;
  do {
    const auto done = transfer(*server, query, end, counts);
    if (!done && (is_one || ++counts.failed == kFailedMax)) return fail(done.error().message);
  } while (!is_one && Clock::now() < end);
  const std::chrono::duration<double> took = Clock::now() - begun;
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  std::printf(
      "{\"transfers\": %llu, \"failed\": %llu, \"messages\": %llu, \"records\": %llu, \"octets\": %llu, "
      "\"seconds\": %.4f}\n",
      number(counts.transfers), number(counts.failed), number(counts.messages), number(counts.records),
      number(counts.octets), took.count());
  return 0;
}
