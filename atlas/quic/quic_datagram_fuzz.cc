// A server under datagrams that nobody should send. The first octet of the input says what the rest is:
//   0: datagrams for the door, each behind its length
//   1: changes to a real client's datagrams: a number of a datagram, an offset, what is added to the octet
//   there 2: what a client does: it has the keys, so that its frames are looked at by what is behind the
//   protection
#include <stdlib.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/quic/client_connection.h"
#include "atlas/quic/door.h"
#include "atlas/quic/server_connection.h"
#include "atlas/tls/self_signed.h"

namespace {

using namespace atlas;
using namespace atlas::quic;

constexpr uint8_t kWorker = 3;
constexpr Timestamp kMillisecond = 1'000'000;
constexpr int kTurnsMax = 64;

struct Contexts {
  std::shared_ptr<const ServerContext> server;
  std::shared_ptr<const ClientContext> client;
};

const Contexts& contexts() {
  static const Contexts made = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "atlas_quic_XXXXXX").string();
    ATLAS_ASSERT(::mkdtemp(folder.data()) != nullptr);
    tls::ServerPolicy server;
    server.certificates = {{.chain = folder + "/chain.pem", .key = folder + "/key.pem"}};
    server.tls.alpn = {"doq"};
    ATLAS_ASSERT(tls::make_self_signed({.dns_names = {"fuzz.test"}}, server.certificates[0]).has_value());
    tls::ClientPolicy client;
    client.verification = tls::ServerVerification::kNone;
    client.tls.alpn = {"doq"};
    const Contexts both{ServerContext::make(server, tls::load_certificates(server).value(),
                                            tls::TicketKeys::random(), TokenSecret::random())
                            .value(),
                        ClientContext::make(client).value()};
    std::filesystem::remove_all(folder);
    return both;
  }();
  return made;
}

using Datagram = std::vector<uint8_t>;

// What comes of the pair is checked after each step.
class Pair {
 public:
  Pair() {
    // Small limits are reached by small inputs.
    server_settings_.streams_max = 8;
    server_settings_.stream_window_octets = 4096;
    server_settings_.connection_window_octets = 8192;
    server_settings_.unacknowledged_octets_max = 16'384;
    client_ = ClientConnection::make(contexts().client, {}, {.name = "fuzz.test"}, path_, now_);
    ATLAS_ASSERT(client_ != nullptr);
  }

  ClientConnection& client() { return *client_; }
  bool is_over() const { return server_ != nullptr && server_->state() == State::kGone; }
  Timestamp& now() { return now_; }
  net::Endpoint& client_address() { return path_.local; }

  void to_server(base::Bytes datagram) {
    Path path{.local = path_.remote, .remote = path_.local};
    if (server_ == nullptr) {
      std::vector<uint8_t> answer(kDatagramOctetsMax);
      const Look look =
          Door(kWorker).look_at(datagram, path, *contexts().server, must_validate_, now_, answer);
      ATLAS_ASSERT(look.octets <= datagram.size());
      if (look.kind == Look::Kind::kAnswer) to_client(base::Bytes(answer).first(look.octets));
      if (look.kind != Look::Kind::kNew) return;
      server_ = ServerConnection::make(contexts().server, server_settings_, look.hello, path, kWorker, now_);
      ATLAS_ASSERT(server_ != nullptr);
    }
    Events events;
    server_->receive(datagram, path, 0, now_, events);
    application(events);
  }
  void to_client(base::Bytes datagram) {
    Events events;
    client_->receive(datagram, path_, 0, now_, events);
  }
  // Everything that the client says now.
  std::vector<Datagram> say() {
    std::vector<Datagram> said;
    collect(*client_, said);
    return said;
  }
  void answer() {
    if (server_ == nullptr) return;
    std::vector<Datagram> said;
    collect(*server_, said);
    for (const Datagram& datagram : said) to_client(datagram);
  }
  void expire() {
    Events events;
    client_->expire(now_, events);
    events.clear();
    if (server_ == nullptr) return;
    server_->expire(now_, events);
    application(events);
  }
  void demand_validation() { must_validate_ = true; }

 private:
  void collect(Connection& connection, std::vector<Datagram>& said) {
    std::vector<uint8_t> buffer(kDatagramsOctetsMax);
    for (int turn = 0; turn < kTurnsMax; ++turn) {
      const Datagrams out = connection.next_datagrams(buffer, now_);
      if (out.octets == 0) break;
      ATLAS_ASSERT(out.octets <= kDatagramsOctetsMax && out.segment <= kDatagramOctetsMax && out.segment > 0);
      for (size_t at = 0; at < out.octets; at += out.segment) {
        const auto begin = buffer.begin() + static_cast<ptrdiff_t>(at);
        said.emplace_back(begin, begin + static_cast<ptrdiff_t>(std::min(out.segment, out.octets - at)));
      }
    }
    ATLAS_ASSERT(connection.failure() != Failure::kInternal);
  }
  // Answers with what was asked.
  void application(const Events& events) {
    for (const Event& event : events) {
      if (event.kind == Event::Kind::kStreamData) {
        server_->consume(event.stream, event.octets);
        if (is_bidirectional(event.stream)) {
          server_->send(event.stream, events.octets_of(event), event.fin);
        }
      } else if (event.kind == Event::Kind::kStreamClosed) {
        server_->allow_stream(is_bidirectional(event.stream));
      }
    }
  }

  Path path_{.local = *net::Endpoint::parse("192.0.2.1:40000", 0),
             .remote = *net::Endpoint::parse("192.0.2.53:853", 0)};
  Timestamp now_ = 1'000'000 * kMillisecond;
  bool must_validate_ = false;
  Settings server_settings_;
  std::unique_ptr<ClientConnection> client_;
  std::unique_ptr<ServerConnection> server_;
};

void knock(base::Bytes input) {
  base::ByteReader reader(input);
  const Door door(kWorker);
  std::vector<uint8_t> answer(kDatagramOctetsMax);
  while (reader.remaining() > 2) {
    const bool must_validate = reader.u8() % 2 == 1;
    const base::Bytes datagram = reader.bytes(std::min<size_t>(reader.u16(), reader.remaining()));
    const Path path{};
    const Look look = door.look_at(datagram, path, *contexts().server, must_validate, 0, answer);
    ATLAS_ASSERT(look.octets <= datagram.size());
    ATLAS_ASSERT(Door::reset(datagram, look.id, *contexts().server, answer) <= datagram.size());
    if (look.kind != Look::Kind::kNew) continue;
    const auto server = ServerConnection::make(contexts().server, {}, look.hello, path, kWorker, 0);
    ATLAS_ASSERT(server != nullptr);
    Events events;
    server->receive(datagram, path, 0, 0, events);
    size_t sent = 0;
    std::vector<uint8_t> buffer(kDatagramsOctetsMax);
    for (int turn = 0; turn < kTurnsMax; ++turn) {
      const Datagrams out = server->next_datagrams(buffer, 0);
      if (out.octets == 0) break;
      sent += out.octets;
    }
    ATLAS_ASSERT(sent <= 3 * datagram.size());
  }
}

void change(base::Bytes input) {
  Pair pair;
  base::ByteReader changes(input);
  uint8_t number = 0;
  uint8_t next = changes.u8();
  for (int turn = 0; turn < 8; ++turn) {
    for (Datagram& datagram : pair.say()) {
      while (changes.remaining() >= 3 && next == number) {
        const size_t offset = changes.u16();
        if (offset < datagram.size())
          datagram[offset] = static_cast<uint8_t>(datagram[offset] + changes.u8());
        next = static_cast<uint8_t>(next + changes.u8() % 4);
      }
      ++number;
      pair.to_server(datagram);
    }
    pair.answer();
    if (const auto stream = pair.client().open_stream(true)) pair.client().send(*stream, input, true);
    pair.now() += 20 * kMillisecond;
    pair.expire();
  }
}

void act(base::Bytes input) {
  Pair pair;
  base::ByteReader reader(input);
  std::vector<StreamId> streams;
  std::deque<Datagram> kept;
  if (reader.u8() % 2 == 1) pair.demand_validation();
  const auto stream = [&streams, &reader]() -> StreamId {
    return streams.empty() ? 0 : streams[reader.u8() % streams.size()];
  };
  while (reader.remaining() > 0 && !pair.is_over()) {
    switch (reader.u8() % 16) {
      case 0:
      case 1:
        if (const auto opened = pair.client().open_stream(reader.u8() % 4 != 0)) streams.push_back(*opened);
        break;
      case 2:
      case 3: {
        const size_t size = reader.u8();
        const std::string octets(size % 8 == 0 ? size * 40 : size, 'x');
        pair.client().send(stream(), base::bytes_of(octets), size % 2 == 1);
        break;
      }
      case 4:
        pair.client().reset(stream(), reader.u8());
        break;
      case 5:
        pair.client().stop_receiving(stream(), reader.u8());
        break;
      case 6:
        pair.client().consume(stream(), size_t{reader.u8()} * 1000);
        break;
      case 7:
        pair.client().allow_stream(reader.u8() % 2 == 0);
        break;
      case 8:
        pair.client_address().port = static_cast<uint16_t>(40'000 + reader.u8() % 20);
        pair.client().migrate(pair.client_address(), pair.now());
        break;
      case 9:
        pair.client().update_keys(pair.now());
        break;
      case 10:
        pair.now() += Timestamp{reader.u8()} * kMillisecond;
        pair.expire();
        break;
      case 11:
        // Late, and perhaps again.
        for (const Datagram& datagram : kept) pair.to_server(datagram);
        if (reader.u8() % 2 == 0) kept.clear();
        break;
      case 12:
        for (Datagram& datagram : pair.say()) kept.push_back(std::move(datagram));
        break;
      case 13:
        if (reader.u8() % 16 == 0) pair.client().close(reader.u8(), "enough", pair.now());
        break;
      default:
        for (const Datagram& datagram : pair.say()) pair.to_server(datagram);
        pair.answer();
    }
    if (kept.size() > kTurnsMax) kept.clear();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const base::Bytes input = base::Bytes(data, size).subspan(1);
  switch (data[0] % 3) {
    case 0:
      knock(input);
      break;
    case 1:
      change(input);
      break;
    default:
      act(input);
  }
  return 0;
}
