// A client and a server for tests, and a network between them that loses, repeats and reorders what it is
// told to; with a clock that only goes when nothing else can be done.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "atlas/quic/client_connection.h"
#include "atlas/quic/door.h"
#include "atlas/quic/server_connection.h"
#include "atlas/tls/test_authority.h"

namespace atlas::quic {

inline constexpr uint8_t kTestWorker = 7;
inline constexpr Timestamp kMillisecond = 1'000'000;

// What the events of one side have said.
struct Heard {
  std::map<StreamId, std::string> octets;
  std::set<StreamId> fins, early, stopped, closed;
  std::map<StreamId, ErrorCode> reset;
  std::vector<ConnectionId> ids;  // issued and not retired
  int opened = 0;

  void note(const Events& events) {
    for (const Event& event : events) {
      switch (event.kind) {
        case Event::Kind::kOpened:
          ++opened;
          break;
        case Event::Kind::kStreamData:
          octets[event.stream] += base::text_of(events.octets_of(event));
          if (event.fin) {
            EXPECT_TRUE(fins.insert(event.stream).second);
          }
          if (event.early) early.insert(event.stream);
          break;
        case Event::Kind::kStreamReset:
          reset[event.stream] = event.code;
          break;
        case Event::Kind::kStreamStopped:
          stopped.insert(event.stream);
          break;
        case Event::Kind::kStreamClosed:
          EXPECT_TRUE(closed.insert(event.stream).second) << "closed twice";
          break;
        case Event::Kind::kIdIssued:
          ids.push_back(event.id);
          break;
        case Event::Kind::kIdRetired:
          std::erase(ids, event.id);
      }
    }
  }
};

struct TestDatagram {
  std::vector<uint8_t> octets;
  Path path;  // as its receiver sees it
};

class TestNetwork {
 public:
  TestNetwork(std::shared_ptr<const ServerContext> server_with,
              std::shared_ptr<const ClientContext> client_with, const Settings& server_with_settings = {},
              const Settings& client_with_settings = {})
      : server_context(std::move(server_with)),
        client_context(std::move(client_with)),
        server_settings(server_with_settings),
        client_settings(client_with_settings) {}

  void connect(const tls::ServerIdentity& identity = {.name = "dns.test"},
               const tls::ResumptionTicket* ticket = nullptr) {
    client = ClientConnection::make(client_context, client_settings, identity, client_path, now, ticket);
    ASSERT_NE(client, nullptr);
  }

  // Until both have nothing to say and nothing is on its way. The clock stands still.
  void settle() {
    for (int turn = 0; turn < 10'000; ++turn) {
      pump();
      if (to_server.empty() && to_client.empty()) return;
      deliver_all();
    }
    FAIL() << "it never ends";
  }
  // The same, and then the clock goes on to what comes next, until `done` or for `patience`.
  bool run(const std::function<bool()>& done, Timestamp patience = 10'000 * kMillisecond) {
    const Timestamp end = now + patience;
    for (int turn = 0; turn < 100'000; ++turn) {
      settle();
      if (done()) return true;
      const Timestamp next =
          std::min(client ? client->deadline() : kNever, server ? server->deadline() : kNever);
      if (next > end) break;
      now = std::max(now + 1000, next);
      expire();
    }
    return done();
  }
  bool shake_hands() {
    return run([this] {
             return client->state() != State::kHandshaking && server &&
                    server->state() != State::kHandshaking;
           }) &&
           client->state() == State::kOpen && server->state() == State::kOpen;
  }
  // For a time.
  void wait(Timestamp time) {
    const Timestamp end = now + time;
    run([this, end] { return now >= end; }, time);
    now = std::max(now, end);
    expire();
    settle();
  }
  void expire() {
    Events events;
    if (client && client->deadline() <= now) client->expire(now, events);
    client_heard.note(events);
    events.clear();
    if (server && server->deadline() <= now) server->expire(now, events);
    server_heard.note(events);
  }
  // Takes what both want to send.
  void pump() {
    if (client) pump(*client, to_server, client_sent);
    if (server) pump(*server, to_client, server_sent);
  }
  void deliver_all() {
    std::deque<TestDatagram> datagrams;
    datagrams.swap(to_server);
    for (const TestDatagram& datagram : datagrams) to_the_server(datagram);
    datagrams.clear();
    datagrams.swap(to_client);
    for (const TestDatagram& datagram : datagrams) to_the_client(datagram);
  }
  void to_the_client(const TestDatagram& datagram) {
    if (!client) return;
    Events events;
    client->receive(datagram.octets, datagram.path, 0, now, events);
    client_heard.note(events);
  }
  void to_the_server(const TestDatagram& datagram) {
    if (!server && !accept(datagram)) return;
    Events events;
    server->receive(datagram.octets, datagram.path, 0, now, events);
    server_heard.note(events);
  }
  // Whether there is a server behind the door now.
  bool accept(const TestDatagram& datagram) {
    std::vector<uint8_t> answer(2048);
    look = door.look_at(datagram.octets, datagram.path, *server_context, must_validate, now, answer);
    if (look.kind == Look::Kind::kAnswer) {
      EXPECT_LE(look.octets, datagram.octets.size());
      answer.resize(look.octets);
      to_client.push_back({answer, {.local = datagram.path.remote, .remote = datagram.path.local}});
    }
    if (look.kind != Look::Kind::kNew) return false;
    if (refuse) {
      answer.resize(Door::refuse(look.hello, answer));
      to_client.push_back({answer, {.local = datagram.path.remote, .remote = datagram.path.local}});
      return false;
    }
    server =
        ServerConnection::make(server_context, server_settings, look.hello, datagram.path, kTestWorker, now);
    EXPECT_NE(server, nullptr);
    return server != nullptr;
  }

  std::string answer_of(StreamId stream) { return client_heard.octets[stream]; }

  std::shared_ptr<const ServerContext> server_context;
  std::shared_ptr<const ClientContext> client_context;
  Settings server_settings, client_settings;
  Path client_path{.local = *net::Endpoint::parse("192.0.2.1:40000", 0),
                   .remote = *net::Endpoint::parse("192.0.2.53:853", 0)};
  Timestamp now = 1'000'000 * kMillisecond;
  Door door{kTestWorker};
  bool must_validate = false;
  bool refuse = false;
  Look look;  // the last
  std::unique_ptr<ClientConnection> client;
  std::unique_ptr<ServerConnection> server;
  std::deque<TestDatagram> to_server, to_client;  // on their way
  Heard client_heard, server_heard;
  size_t client_sent = 0, server_sent = 0;  // datagrams
  size_t server_sent_octets = 0;
  // By what address the server sees the client, where something translates addresses between them.
  std::optional<net::Endpoint> outside;
  size_t astray_octets = 0;  // that the server sent to others than the client
  // What becomes of a datagram: how often it arrives. By its number in its direction.
  std::function<int(bool to_the_server, size_t number)> fate;

 private:
  void pump(Connection& connection, std::deque<TestDatagram>& queue, size_t& sent) {
    std::vector<uint8_t> buffer(kDatagramsOctetsMax);
    for (int turn = 0; turn < 10'000; ++turn) {
      const Datagrams out = connection.next_datagrams(buffer, now);
      if (out.octets == 0) return;
      EXPECT_LE(out.octets, kDatagramsOctetsMax);
      EXPECT_LE(out.segment, kDatagramOctetsMax);
      for (size_t at = 0; at < out.octets; at += out.segment) {
        const size_t size = std::min(out.segment, out.octets - at);
        const bool to_the_server = &queue == &to_server;
        const int copies = fate ? fate(to_the_server, sent) : 1;
        ++sent;
        if (!to_the_server) server_sent_octets += size;
        Path path{.local = out.path.remote, .remote = out.path.local};
        if (to_the_server && outside) path.remote = *outside;
        if (!to_the_server) {
          if (outside && path.local == *outside) path.local = client_path.local;
          if (path.local != client_path.local) {
            astray_octets += size;
            continue;
          }
        }
        for (int copy = 0; copy < copies; ++copy) {
          queue.push_back({{buffer.begin() + static_cast<ptrdiff_t>(at),
                            buffer.begin() + static_cast<ptrdiff_t>(at + size)},
                           path});
        }
      }
    }
    FAIL() << "it sends for ever";
  }
};

// A server with a certificate for dns.test, whose authority the client trusts.
class NetworkTest : public ::testing::Test {
 protected:
  NetworkTest() {
    server_policy_.certificates = {authority_.issue({.name = "server", .dns_names = {"dns.test"}})};
    server_policy_.tls.alpn = {"doq"};
    client_policy_.authorities_file = authority_.file();
    client_policy_.tls.alpn = {"doq"};
  }

  std::shared_ptr<const ServerContext> server_context() const {
    auto certificates = tls::load_certificates(server_policy_);
    EXPECT_TRUE(certificates) << certificates.error().message;
    auto context = ServerContext::make(server_policy_, std::move(*certificates), ticket_keys_, token_secret_);
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }
  std::shared_ptr<const ClientContext> client_context() const {
    auto context = ClientContext::make(client_policy_);
    EXPECT_TRUE(context) << context.error().message;
    return *context;
  }
  TestNetwork network(const Settings& server = {}, const Settings& client = {}) const {
    return {server_context(), client_context(), server, client};
  }

  tls::TestFolder folder_;
  tls::TestAuthority authority_{folder_, "authority"};
  tls::ServerPolicy server_policy_;
  tls::ClientPolicy client_policy_;
  tls::TicketKeys ticket_keys_ = tls::TicketKeys::random();
  TokenSecret token_secret_ = TokenSecret::random();
};

}  // namespace atlas::quic
