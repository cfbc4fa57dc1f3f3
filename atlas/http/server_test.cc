#include "atlas/http/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace atlas::http {
namespace {

using namespace std::chrono_literals;

class ServerTest : public ::testing::Test {
 protected:
  ServerTest() {
    router_.add("GET", "/",
                [](const Request& request) { return Response{200, "text/plain", request.actor, {}}; });
    router_.add("GET", "/large",
                [](const Request&) { return Response{200, "text/plain", std::string(8 << 20, 'x'), {}}; });
  }
  void start(ServerLimits limits) {
    server_ = std::make_unique<Server>(router_, limits, peer_name);
    net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    ASSERT_EQ(::listen(socket.get(), 64), 0);
    socklen_t length = sizeof address_;
    ASSERT_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address_), &length), 0);
    server_->add_listener(std::move(socket));
  }
  net::FileDescriptor connect() {
    net::FileDescriptor socket(::socket(AF_INET, SOCK_STREAM, 0));
    EXPECT_EQ(::connect(socket.get(), reinterpret_cast<sockaddr*>(&address_), sizeof address_), 0);
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    return socket;
  }
  // Turns the server until `octets` have arrived, the connection is closed or 10 seconds are over.
  std::string receive(const net::FileDescriptor& socket, size_t octets) {
    std::string text;
    const auto end = base::monotonic_now() + 10s;
    while (text.size() < octets && base::monotonic_now() < end) {
      server_->turn(1ms);
      char buffer[65536];
      const ssize_t count = ::recv(socket.get(), buffer, sizeof buffer, 0);
      if (count == 0) return text + "<closed>";
      if (count > 0) text.append(buffer, static_cast<size_t>(count));
    }
    return text;
  }
  void send(const net::FileDescriptor& socket, std::string_view text) {
    ASSERT_EQ(::send(socket.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }

  Router router_;
  std::unique_ptr<Server> server_;
  sockaddr_in address_{};
};

TEST_F(ServerTest, AnswersPipelinedRequestsOnOneConnection) {
  start({});
  const auto client = connect();
  send(client,
       "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /none HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.0\r\n\r\n");
  const std::string text = receive(client, 100'000);
  EXPECT_THAT(text, ::testing::HasSubstr("200 OK"));
  EXPECT_THAT(text, ::testing::HasSubstr("127.0.0.1:"));
  EXPECT_THAT(text, ::testing::HasSubstr("404 Not Found"));
  EXPECT_THAT(text, ::testing::EndsWith("<closed>"));
}

TEST_F(ServerTest, SendsMoreThanTheSocketTakesAtOnce) {
  start({});
  const auto client = connect();
  send(client, "GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const auto text = receive(client, 100 << 20);
  EXPECT_GT(text.size(), size_t{8} << 20);
  EXPECT_THAT(text.substr(text.size() - 8), "<closed>");
}

TEST_F(ServerTest, ClosesWhoIsTooSlow) {
  ServerLimits limits;
  limits.request = limits.idle = 100ms;
  start(limits);
  const auto silent = connect();
  const auto halting = connect();
  send(halting, "GET / HT");
  EXPECT_EQ(receive(silent, 1), "<closed>");
  EXPECT_EQ(receive(halting, 1), "<closed>");
  EXPECT_EQ(server_->open_connections(), 0u);
}

TEST_F(ServerTest, HasNoMoreConnectionsThanAllowed) {
  ServerLimits limits;
  limits.connections_max = 2;
  start(limits);
  const auto a = connect();
  const auto b = connect();
  const auto c = connect();
  for (int i = 0; i < 10; ++i) server_->turn(1ms);
  EXPECT_EQ(server_->open_connections(), 2u);
  const_cast<net::FileDescriptor&>(a).close();
  for (int i = 0; i < 10; ++i) server_->turn(1ms);
  send(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(receive(c, 10), ::testing::HasSubstr("200 OK")) << "the third waits for a place";
}

TEST_F(ServerTest, APeerThatGoesAwayLeavesNothingBehind) {
  start({});
  for (int i = 0; i < 20; ++i) {
    const auto client = connect();
    send(client, "GET / HTTP/1.1\r\nHo");
    server_->turn(1ms);
  }
  for (int i = 0; i < 40; ++i) server_->turn(1ms);
  EXPECT_EQ(server_->open_connections(), 0u);
}

TEST(PeerName, NamesTheOtherEndOfAUnixSocket) {
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const net::FileDescriptor a(pair[0]);
  const net::FileDescriptor b(pair[1]);
  EXPECT_THAT(peer_name(a.get()), ::testing::HasSubstr("uid=" + std::to_string(::getuid())));
  EXPECT_THAT(peer_name(a.get()), ::testing::HasSubstr("pid=" + std::to_string(::getpid())));
}

TEST_F(ServerTest, AnAnswerMayComeLaterAndOthersDoNotWaitForIt) {
  std::vector<uint64_t> owed;
  router_.add("GET", "/slow", [&](const Request& request) {
    owed.push_back(request.id);
    return later();
  });
  start({});
  const auto first = connect(), second = connect(), gone = connect();
  send(first, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  send(gone, "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(receive(second, 0), testing::IsEmpty());
  while (owed.size() < 2) server_->turn(1ms);
  send(second, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(receive(second, 100), testing::HasSubstr("200 OK"));
  EXPECT_EQ(server_->open_connections(), 3u);
  ::shutdown(gone.get(), SHUT_RDWR);
  while (server_->open_connections() == 3) server_->turn(1ms);
  for (const uint64_t request : owed) server_->answer_later(request, {200, "text/plain", "slow answer", {}});
  const std::string text = receive(first, 220);
  EXPECT_THAT(text, testing::HasSubstr("slow answer"));
  EXPECT_THAT(text.substr(text.find("slow answer")), testing::HasSubstr("200 OK"))
      << "the request behind it is answered next";
}

}  // namespace
}  // namespace atlas::http
