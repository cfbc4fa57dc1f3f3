// Queries carry the id 0 (RFC 9250 4.2.1): the stream says which one an answer is of, and the answer gets its
// id back before it is taken.
#include "bench/load/quic_connection.h"

#include <array>
#include <deque>
#include <unordered_map>
#include <vector>

#include "atlas/http/http3_client.h"
#include "bench/load/quic_socket.h"

namespace atlas::bench {
namespace {

constexpr size_t kLengthOctets = 2;
constexpr size_t kIdOctets = 2;

// What both have in common: queries that wait for a stream, and streams that wait for an answer.
class QuicConnection : public StreamConnection {
 public:
  explicit QuicConnection(std::unique_ptr<QuicSocket> socket) : socket_(std::move(socket)) {}

  int descriptor() const override { return socket_->descriptor(); }
  void ask(uint16_t id, base::Bytes query) override { waiting_.emplace_back(id, query); }

  bool flush() override {
    while (!waiting_.empty()) {
      const auto stream = socket_->connection().open_stream(true);
      if (!stream) break;
      const auto [id, query] = waiting_.front();
      waiting_.pop_front();
      ids_.emplace(*stream, id);
      query_.assign(query.begin(), query.end());
      base::store_u16(query_.data(), 0);
      request(*stream, query_);
    }
    socket_->flush();
    return socket_->is_open();
  }

  bool receive(const std::function<void(base::Bytes answer)>& take) override {
    events_.clear();
    socket_->receive(events_);
    for (const quic::Event& event : events_) {
      if (event.kind == quic::Event::Kind::kStreamReset) return false;
      if (event.kind != quic::Event::Kind::kStreamData) continue;
      const base::Bytes octets = events_.octets_of(event);
      socket_->connection().consume(event.stream, octets.size());
      if (!read(event, octets, take)) return false;
    }
    return flush();
  }

 protected:
  using Take = std::function<void(base::Bytes answer)>;

  virtual void request(quic::StreamId stream, base::Bytes query) = 0;
  // False if the connection is broken.
  virtual bool read(const quic::Event& event, base::Bytes octets, const Take& take) = 0;

  // A whole answer.
  void give(quic::StreamId stream, base::Bytes answer, const Take& take) {
    const auto asked = ids_.find(stream);
    if (asked == ids_.end() || answer.size() < kIdOctets) return take({});
    answer_.assign(answer.begin(), answer.end());
    base::store_u16(answer_.data(), asked->second);
    ids_.erase(asked);
    take(answer_);
  }

  std::unique_ptr<QuicSocket> socket_;

 private:
  std::deque<std::pair<uint16_t, base::Bytes>> waiting_;  // for a stream; queries outlive them
  std::unordered_map<quic::StreamId, uint16_t> ids_;
  std::vector<uint8_t> query_, answer_;
  quic::Events events_;
};

class DoqConnection final : public QuicConnection {
 public:
  using QuicConnection::QuicConnection;

 private:
  void request(quic::StreamId stream, base::Bytes query) override {
    framed_.resize(kLengthOctets);
    base::store_u16(framed_.data(), static_cast<uint16_t>(query.size()));
    framed_.insert(framed_.end(), query.begin(), query.end());
    socket_->connection().send(stream, framed_, true);
  }

  bool read(const quic::Event& event, base::Bytes octets, const Take& take) override {
    const auto begun = begun_.find(event.stream);
    if (begun == begun_.end() && event.fin) {
      give(event.stream, octets.subspan(std::min(kLengthOctets, octets.size())), take);
      return true;
    }
    std::vector<uint8_t>& all = begun == begun_.end() ? begun_[event.stream] : begun->second;
    all.insert(all.end(), octets.begin(), octets.end());
    if (!event.fin) return true;
    give(event.stream, base::Bytes(all).subspan(std::min(kLengthOctets, all.size())), take);
    begun_.erase(event.stream);
    return true;
  }

  std::vector<uint8_t> framed_;
  std::unordered_map<quic::StreamId, std::vector<uint8_t>> begun_;  // answers in several pieces
};

class Http3Connection final : public QuicConnection {
 public:
  explicit Http3Connection(std::unique_ptr<QuicSocket> socket)
      : QuicConnection(std::move(socket)), codec_(http::make_http3_client()) {}

  bool begin() {
    std::array<http::StreamId, 3> streams;
    for (http::StreamId& stream : streams) {
      const auto opened = socket_->connection().open_stream(false);
      if (!opened) return false;
      stream = static_cast<http::StreamId>(*opened);
    }
    codec_->start(streams[0], streams[1], streams[2]);
    send_output();
    return flush();
  }

 private:
  void request(quic::StreamId stream, base::Bytes query) override {
    codec_->submit(static_cast<http::StreamId>(stream), {.method = "POST",
                                                         .authority = "bench.test",
                                                         .target = "/dns-query",
                                                         .content_type = "application/dns-message",
                                                         .accept = "application/dns-message",
                                                         .body = query});
    send_output();
  }

  bool read(const quic::Event& event, base::Bytes octets, const Take& take) override {
    const auto stream = static_cast<http::StreamId>(event.stream);
    if (!codec_->feed(stream, octets, event.fin)) return false;
    if (const auto* response = codec_->response(stream)) {
      if (!*response || (*response)->status != 200) return false;
      give(event.stream, base::bytes_of((*response)->body), take);
      codec_->forget(stream);
    }
    send_output();
    return true;
  }

  void send_output() {
    while (const auto output = codec_->next_output()) {
      socket_->connection().send(static_cast<quic::StreamId>(output->stream), output->octets, output->fin);
      codec_->took(output->stream, output->octets.size());
    }
  }

  std::unique_ptr<http::Http3Client> codec_;
};

}  // namespace

std::unique_ptr<StreamConnection> connect_quic(const net::Endpoint& server) {
  static const auto context = make_quic_context("doq");
  auto socket = QuicSocket::connect(server, context);
  return socket == nullptr ? nullptr : std::make_unique<DoqConnection>(std::move(socket));
}

std::unique_ptr<StreamConnection> connect_http3(const net::Endpoint& server) {
  static const auto context = make_quic_context(std::string(http::kAlpnHttp3));
  auto socket = QuicSocket::connect(server, context);
  if (socket == nullptr) return nullptr;
  auto connection = std::make_unique<Http3Connection>(std::move(socket));
  return connection->begin() ? std::move(connection) : nullptr;
}

}  // namespace atlas::bench
