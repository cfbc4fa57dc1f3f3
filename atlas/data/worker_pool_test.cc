#include "atlas/data/worker_pool_test.h"

#include <sched.h>

#include "atlas/data/quic_client.h"

namespace atlas::data {
namespace {

using dns::RRType;

// Room for hundreds of answers that a client has not read yet.
constexpr int kManyAnswersOctets = 2 << 20;

TEST_F(WorkerPoolTest, AnswersOverUdpAndTcpInBothFamilies) {
  std::vector<std::shared_ptr<const handoff::Listener>> listeners;
  for (const char* endpoint : {"127.0.0.1:0", "[::1]:0"}) {
    for (const Transport transport : {Transport::kUdp, Transport::kTcp}) {
      listeners.push_back(test_listener(endpoint, transport, 2));
    }
  }
  start(listeners, 2);
  uint16_t id = 1;
  for (const auto& listener : listeners) {
    const bool udp = listener->transport == Transport::kUdp;
    const auto fd = connected(listener->endpoint, udp ? SOCK_DGRAM : SOCK_STREAM);
    const auto response = udp ? ask_udp(fd.get(), id, "www.example.") : ask_tcp(fd.get(), id, "www.example.");
    ASSERT_TRUE(response) << listener->endpoint.to_text();
    EXPECT_EQ(response->header.id, id++);
    EXPECT_EQ(response->rcode(), dns::Rcode::NOERROR);
    EXPECT_EQ(response->answers.size(), 1u);
  }
}

// Handshakes go to the thread and back while workers and clients go on.
TEST_F(WorkerPoolTest, AnswersManyClientsOverTls) {
  const auto listener = test_listener("127.0.0.1:0", Transport::kTls, 2);
  start({listener}, 2);
  std::vector<TlsClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(connected(listener->endpoint, SOCK_STREAM), std::vector<std::string>{"dot"});
    clients.back().flush();
    // Some leave at once.
    if (i % 4 == 3) clients.pop_back();
  }
  for (TlsClient& client : clients) {
    while (!client.session.is_open()) {
      ASSERT_TRUE(readable_within(client.fd.get(), 5000));
      client.exchange();
    }
    client.send(framed(test_query(1, "www.example.")));
    client.flush();
  }
  for (TlsClient& client : clients) {
    while (client.got.empty()) {
      ASSERT_TRUE(readable_within(client.fd.get(), 5000));
      client.exchange();
    }
    EXPECT_EQ(client.take_messages().size(), 1u);
  }
  pool_->stop();
  for (TlsClient& client : clients) {
    ASSERT_TRUE(readable_within(client.fd.get(), 5000));
    client.exchange();
    EXPECT_EQ(client.session.state(), tls::SessionState::kPeerClosed);
  }
}

quic::Timestamp now() {
  return base::to_nanoseconds(base::monotonic_now());
}

// Carries what there is until `done`, for five seconds at most.
template <typename Done>
bool carry(std::vector<QuicClient>& clients, Done done) {
  const auto end = base::monotonic_now() + std::chrono::seconds(5);
  while (base::monotonic_now() < end) {
    bool all = true;
    for (QuicClient& client : clients) {
      client.exchange(now());
      all = done(client) && all;
    }
    if (all) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

// The same over QUIC; and clients that move stay with their worker.
TEST_F(WorkerPoolTest, AnswersManyClientsOverQuic) {
  const auto listener = test_listener("0.0.0.0:0", Transport::kQuic, 2);
  start({listener}, 2);
  const net::Endpoint server{*net::IpAddress::parse("127.0.0.77"), listener->endpoint.port};
  std::vector<QuicClient> clients;
  for (int i = 0; i < 20; ++i) {
    clients.emplace_back(server, "doq", now());
    clients.back().exchange(now());
    // Some leave at once.
    if (i % 4 == 3) clients.pop_back();
  }
  ASSERT_TRUE(
      carry(clients, [](QuicClient& client) { return client.connection().state() == quic::State::kOpen; }));
  const auto ask_all = [&] {
    std::map<const QuicClient*, quic::StreamId> streams;
    for (QuicClient& client : clients) streams[&client] = client.ask(framed(test_query(0, "www.example.")));
    return carry(clients, [&](QuicClient& client) { return client.stream(streams[&client]).fin; });
  };
  EXPECT_TRUE(ask_all());
  for (QuicClient& client : clients) client.move(now());
  EXPECT_TRUE(ask_all());
  for (const handoff::WorkerCounters& worker : counters_) {
    EXPECT_GT(worker.queries[static_cast<size_t>(Transport::kQuic)].read(), 0u);
    EXPECT_EQ(worker.quic_resets_sent.read(), 0u);
  }
  pool_->stop();
  EXPECT_TRUE(
      carry(clients, [](QuicClient& client) { return client.connection().state() != quic::State::kOpen; }));
}

TEST_F(WorkerPoolTest, AnswersFromTheAddressThatWasAsked) {
  const auto four = test_listener("0.0.0.0:0", Transport::kUdp);
  const auto four_tcp = test_listener("0.0.0.0:0", Transport::kTcp);
  const auto six = test_listener("[::]:0", Transport::kUdp);
  start({four, four_tcp, six});
  // A connected socket takes answers of its peer alone.
  for (const char* address : {"127.0.0.1", "127.0.0.77", "127.1.2.3"}) {
    const net::Endpoint local{*net::IpAddress::parse(address), four->endpoint.port};
    const auto fd = connected(local, SOCK_DGRAM);
    EXPECT_TRUE(ask_udp(fd.get(), 7, "www.example."));
    const handoff::QueryRecord* record = rings_[0].peek();
    ASSERT_NE(record, nullptr);
    EXPECT_EQ(record->client.local, local);
    EXPECT_EQ(record->client.remote, net::local_endpoint(fd.get()));
    rings_[0].release();
  }
  const auto fd6 = connected({*net::IpAddress::parse("::1"), six->endpoint.port}, SOCK_DGRAM);
  EXPECT_TRUE(ask_udp(fd6.get(), 7, "www.example."));
  EXPECT_EQ(rings_[0].peek()->client.local.to_text(), "[::1]:" + std::to_string(six->endpoint.port));
  rings_[0].release();
  const net::Endpoint local{*net::IpAddress::parse("127.0.0.9"), four_tcp->endpoint.port};
  const auto stream = connected(local, SOCK_STREAM);
  EXPECT_TRUE(ask_tcp(stream.get(), 7, "www.example."));
  EXPECT_EQ(rings_[0].peek()->client.local, local);
}

TEST_F(WorkerPoolTest, TruncatesOverUdpWhatComesWholeOverTcp) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp);
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp);
  start({udp, tcp});
  const auto datagrams = connected(udp->endpoint, SOCK_DGRAM);
  send_all(datagrams.get(), test_query(1, "big.example.", RRType::TXT));
  const auto cut = dns::parse_message(receive_some(datagrams.get()));
  ASSERT_TRUE(cut);
  EXPECT_TRUE(cut->header.flags & dns::kFlagTC);
  const auto stream = connected(tcp->endpoint, SOCK_STREAM);
  const auto whole = ask_tcp(stream.get(), 1, "big.example.", RRType::TXT);
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->answers.size(), 200u);
}

TEST_F(WorkerPoolTest, ServesTheNewestSnapshotAndItsListeners) {
  const auto first = test_listener("127.0.0.1:0", Transport::kUdp);
  start({first});
  const auto old_client = connected(first->endpoint, SOCK_DGRAM);
  EXPECT_EQ(ask_udp(old_client.get(), 1, "www.example.")->rcode(), dns::Rcode::NOERROR);

  const auto second = test_listener("127.0.0.1:0", Transport::kUdp);
  auto next = test_snapshot(2, {first, second});
  next->zones = {};
  publish_and_wait(std::move(next));
  const auto new_client = connected(second->endpoint, SOCK_DGRAM);
  EXPECT_EQ(ask_udp(new_client.get(), 2, "www.example.")->rcode(), dns::Rcode::REFUSED);
  EXPECT_EQ(ask_udp(old_client.get(), 2, "www.example.")->rcode(), dns::Rcode::REFUSED);

  publish_and_wait(test_snapshot(3, {second}));
  EXPECT_EQ(ask_udp(new_client.get(), 3, "www.example.")->rcode(), dns::Rcode::NOERROR);
  EXPECT_EQ(counters_[0].snapshot_generation.read(), 3);
  EXPECT_EQ(first.use_count(), 1);
}

TEST_F(WorkerPoolTest, LosesNothingWhileSnapshotsChange) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp, 2);
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp, 2);
  start({udp, tcp}, 2);
  std::atomic<bool> done{false};
  std::thread writer([&] {
    for (uint64_t generation = 2; generation < 300; ++generation) {
      publisher_->publish(test_snapshot(generation, {udp, tcp}));
      publisher_->reclaim();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    done = true;
  });
  const auto datagrams = connected(udp->endpoint, SOCK_DGRAM);
  const auto stream = connected(tcp->endpoint, SOCK_STREAM);
  uint16_t id = 0;
  while (!done) {
    ++id;
    const auto over_udp = ask_udp(datagrams.get(), id, "www.example.");
    const auto over_tcp = ask_tcp(stream.get(), id, "www.example.");
    if (!over_udp || !over_tcp || over_udp->header.id != id || over_tcp->header.id != id) {
      ADD_FAILURE() << "query " << id << " was lost";
      break;
    }
  }
  writer.join();
  EXPECT_GT(id, 50);
}

TEST_F(WorkerPoolTest, AnswersWhatWaitsAtAListenerThatIsRemoved) {
  const auto listener = test_listener("127.0.0.1:0", Transport::kUdp);
  start({listener});
  const auto fd = connected(listener->endpoint, SOCK_DGRAM, kManyAnswersOctets);
  for (uint16_t id = 0; id < 300; ++id) send_all(fd.get(), test_query(id, "www.example."));
  publish_and_wait(test_snapshot(2));
  for (uint16_t id = 0; id < 300; ++id) {
    const auto response = dns::parse_message(receive_some(fd.get()));
    ASSERT_TRUE(response) << id;
    EXPECT_EQ(response->header.id, id);
  }
}

TEST_F(WorkerPoolTest, StopAnswersWhatHasArrivedAndIsQuick) {
  const auto udp = test_listener("127.0.0.1:0", Transport::kUdp);
  const auto tcp = test_listener("127.0.0.1:0", Transport::kTcp);
  start({udp, tcp});
  const auto stream = connected(tcp->endpoint, SOCK_STREAM);
  EXPECT_TRUE(ask_tcp(stream.get(), 1, "www.example."));
  // This one takes nothing.
  const auto stuck = connected(tcp->endpoint, SOCK_STREAM, 4096);
  for (uint16_t id = 0; id < 40; ++id)
    send_all(stuck.get(), framed(test_query(id, "big.example.", RRType::TXT)));
  const auto datagrams = connected(udp->endpoint, SOCK_DGRAM, kManyAnswersOctets);
  for (uint16_t id = 0; id < 300; ++id) send_all(datagrams.get(), test_query(id, "www.example."));
  send_all(stream.get(), framed(test_query(2, "www.example.")));

  const auto before = std::chrono::steady_clock::now();
  pool_->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(2));
  std::vector<uint8_t> octets = receive_some(stream.get());
  EXPECT_TRUE(take_message(octets));
  EXPECT_TRUE(receive_some(stream.get()).empty());
  for (uint16_t id = 0; id < 300; ++id) ASSERT_FALSE(receive_some(datagrams.get()).empty()) << id;
  EXPECT_EQ(counters_[0].tcp_open.read(), 0);
  publisher_->publish(test_snapshot(2));
  EXPECT_EQ(publisher_->reclaim(), 0u);
}

TEST_F(WorkerPoolTest, SaysWhichCpuIsMissing) {
  publisher_ = std::make_unique<handoff::SnapshotPublisher>(1, test_snapshot(1));
  counters_.emplace_back();
  WorkerPool pool(*publisher_, counters_, rings_, {.cpus = {1000}});
  const auto started = pool.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "cannot start worker 0 on CPU 1000: Invalid argument");
}

}  // namespace
}  // namespace atlas::data
