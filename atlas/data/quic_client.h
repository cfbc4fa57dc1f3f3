// For tests: a client that speaks QUIC over loopback.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/data/served_zone.h"
#include "atlas/quic/client_connection.h"

namespace atlas::data {

// One that verifies nothing: what is tested is the server. Its clock is the caller's.
class QuicClient {
 public:
  QuicClient(const net::Endpoint& server, std::string alpn, quic::Timestamp now,
             const quic::Settings& settings = {}, const tls::ResumptionTicket* ticket = nullptr,
             const tls::CertificateFiles& certificate = {})
      : fd_(connected(server, SOCK_DGRAM)), server_(server) {
    tls::ClientPolicy policy;
    policy.verification = tls::ServerVerification::kNone;
    policy.tls.alpn = {std::move(alpn)};
    policy.certificate = certificate;
    connection_ = quic::ClientConnection::make(quic::ClientContext::make(policy).value(), settings,
                                               {.name = "localhost"}, path(), now, ticket);
  }

  quic::ClientConnection& connection() { return *connection_; }
  quic::Path path() const { return {net::local_endpoint(fd_.get()), server_}; }

  // Sends what there is and takes what has come.
  void exchange(quic::Timestamp now) {
    flush(now);
    while (readable_within(fd_.get(), 0)) take(receive_some(fd_.get()), now);
    flush(now);
  }

  // Asks on a stream of its own.
  quic::StreamId ask(base::Bytes octets, bool fin = true) {
    const auto stream = connection_->open_stream(true);
    EXPECT_TRUE(stream);
    if (!stream) return -1;
    connection_->send(*stream, octets, fin);
    return *stream;
  }

  // Whether octets of streams that come make room for others.
  void set_takes(bool takes) { takes_ = takes; }

  // Goes on from another port.
  void move(quic::Timestamp now) {
    fd_ = connected(server_, SOCK_DGRAM);
    EXPECT_TRUE(connection_->migrate(net::local_endpoint(fd_.get()), now));
  }

  struct Stream {
    std::vector<uint8_t> octets;
    bool fin = false;
    bool closed = false;
    std::optional<quic::ErrorCode> reset;
  };
  // What has come on a stream.
  const Stream& stream(quic::StreamId id) { return streams_[id]; }
  std::optional<dns::Message> answer(quic::StreamId id) {
    std::vector<uint8_t> octets = streams_[id].octets;
    auto message = take_message(octets);
    EXPECT_TRUE(octets.empty());
    return message;
  }

 private:
  void flush(quic::Timestamp now) {
    std::array<uint8_t, quic::kDatagramsOctetsMax> buffer;
    for (;;) {
      const quic::Datagrams datagrams = connection_->next_datagrams(buffer, now);
      if (datagrams.octets == 0) return;
      for (size_t at = 0; at < datagrams.octets; at += datagrams.segment) {
        const size_t octets = std::min(datagrams.segment, datagrams.octets - at);
        EXPECT_EQ(::send(fd_.get(), &buffer[at], octets, 0), static_cast<ssize_t>(octets));
      }
    }
  }
  void take(const std::vector<uint8_t>& datagram, quic::Timestamp now) {
    quic::Events events;
    connection_->receive(datagram, path(), 0, now, events);
    for (const quic::Event& event : events) {
      Stream& stream = streams_[event.stream];
      const base::Bytes octets = events.octets_of(event);
      stream.octets.insert(stream.octets.end(), octets.begin(), octets.end());
      if (!octets.empty() && takes_) connection_->consume(event.stream, octets.size());
      stream.fin = stream.fin || event.fin;
      if (event.kind == quic::Event::Kind::kStreamClosed) stream.closed = true;
      if (event.kind == quic::Event::Kind::kStreamReset) stream.reset = event.code;
    }
  }

  net::FileDescriptor fd_;
  net::Endpoint server_;
  std::unique_ptr<quic::ClientConnection> connection_;
  std::map<quic::StreamId, Stream> streams_;
  bool takes_ = true;
};

}  // namespace atlas::data
