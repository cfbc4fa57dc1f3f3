#include "bench/load/brief_connection.h"

#include "bench/load/message_framing.h"
#include "bench/load/quic_socket.h"
#include "bench/load/tls_socket.h"

namespace atlas::bench {
namespace {

class BriefTls final : public BriefConnection {
 public:
  explicit BriefTls(std::unique_ptr<TlsSocket> socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_->descriptor(); }
  bool advance() override {
    return socket_->receive([&](base::Bytes octets) {
      return take_messages(octets,
                           [&](base::Bytes answer) { answer_.emplace(answer.begin(), answer.end()); });
    });
  }
  bool is_open() const override { return socket_->session().is_open(); }
  bool ask(const std::vector<uint8_t>& query) override {
    std::vector<uint8_t> message;
    append_message(message, 0, query);
    return socket_->send(message) && socket_->flush();
  }
  const std::optional<std::vector<uint8_t>>& answer() const override { return answer_; }
  bool is_resumed() const override { return socket_->session().handshake().resumed; }
  std::optional<tls::ResumptionTicket> ticket() const override { return socket_->session().ticket(); }
  void close() override { socket_->close(); }

 private:
  std::unique_ptr<TlsSocket> socket_;
  std::optional<std::vector<uint8_t>> answer_;
};

class BriefQuic final : public BriefConnection {
 public:
  explicit BriefQuic(std::unique_ptr<QuicSocket> socket) : socket_(std::move(socket)) { socket_->flush(); }

  int descriptor() const override { return socket_->descriptor(); }
  bool advance() override {
    quic::Events events;
    socket_->receive(events);
    for (const quic::Event& event : events) {
      if (event.kind != quic::Event::Kind::kStreamData) continue;
      const base::Bytes octets = events.octets_of(event);
      received_.insert(received_.end(), octets.begin(), octets.end());
      take_messages(received_, [&](base::Bytes answer) { answer_.emplace(answer.begin(), answer.end()); });
    }
    socket_->flush();
    return socket_->connection().state() == quic::State::kHandshaking || socket_->is_open();
  }
  bool is_open() const override { return socket_->is_open(); }
  bool ask(const std::vector<uint8_t>& query) override {
    const auto stream = socket_->connection().open_stream(true);
    if (!stream) return false;
    std::vector<uint8_t> message;
    append_message(message, 0, query);
    socket_->connection().send(*stream, message, true);
    socket_->flush();
    return true;
  }
  const std::optional<std::vector<uint8_t>>& answer() const override { return answer_; }
  bool is_resumed() const override { return socket_->connection().handshake().resumed; }
  std::optional<tls::ResumptionTicket> ticket() const override { return socket_->connection().ticket(); }
  void close() override { socket_->close(); }

 private:
  std::unique_ptr<QuicSocket> socket_;
  std::vector<uint8_t> received_;
  std::optional<std::vector<uint8_t>> answer_;
};

}  // namespace

std::unique_ptr<BriefConnection> begin_tls(const net::Endpoint& server, const tls::ResumptionTicket* ticket) {
  static const auto context = make_client_context("dot");
  auto socket = TlsSocket::connect(server, context, ticket);
  return socket == nullptr ? nullptr : std::make_unique<BriefTls>(std::move(socket));
}

std::unique_ptr<BriefConnection> begin_quic(const net::Endpoint& server,
                                            const tls::ResumptionTicket* ticket) {
  static const auto context = make_quic_context("doq");
  auto socket = QuicSocket::begin(server, context, ticket);
  return socket == nullptr ? nullptr : std::make_unique<BriefQuic>(std::move(socket));
}

}  // namespace atlas::bench
