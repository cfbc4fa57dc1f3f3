// DNS over QUIC (RFC 9250): each query on a stream of its own.
#include <array>

#include "atlas/app/atlasctl/query/quic_link.h"
#include "atlas/app/atlasctl/query/socket.h"

namespace atlas::app::atlasctl::query {
namespace {

constexpr size_t kLengthOctets = 2;

class QuicChannel final : public Channel {
 public:
  explicit QuicChannel(std::unique_ptr<QuicLink> link) : link_(std::move(link)) {}

  base::Result<void, ExchangeError> send(base::Bytes message) override {
    const auto stream = link_->connection().open_stream(true);
    if (!stream) return std::unexpected(closed_error(link_->attempt()));
    stream_ = *stream;
    reply_.clear();
    std::array<uint8_t, kLengthOctets> length;
    base::store_u16(length.data(), static_cast<uint16_t>(message.size()));
    link_->connection().send(stream_, length, false);
    link_->connection().send(stream_, message, true);
    return link_->flush();
  }

  base::Result<std::vector<uint8_t>, ExchangeError> receive() override {
    for (;;) {
      if (reply_.size() >= kLengthOctets && reply_.size() - kLengthOctets >= base::load_u16(reply_.data())) {
        const auto begin = reply_.begin() + kLengthOctets;
        const auto end = begin + base::load_u16(reply_.data());
        std::vector<uint8_t> message(begin, end);
        reply_.erase(reply_.begin(), end);
        return message;
      }
      if (is_over_) return std::unexpected(closed_error(link_->attempt()));
      quic::Events events;
      if (auto done = link_->wait(events); !done) return std::unexpected(std::move(done.error()));
      for (const quic::Event& event : events) take(event, events.octets_of(event));
    }
  }

 private:
  void take(const quic::Event& event, base::Bytes octets) {
    if (event.stream != stream_) return;
    if (event.kind == quic::Event::Kind::kStreamData) {
      reply_.insert(reply_.end(), octets.begin(), octets.end());
      link_->connection().consume(stream_, octets.size());
      is_over_ = event.fin;
    } else if (event.kind == quic::Event::Kind::kStreamReset) {
      is_over_ = true;
    }
  }

  std::unique_ptr<QuicLink> link_;
  quic::StreamId stream_ = -1;
  std::vector<uint8_t> reply_;
  bool is_over_ = false;
};

}  // namespace

OpenedChannel open_quic(const Attempt& attempt, TlsMaterial& material) {
  auto link = open_quic_link(attempt, material);
  if (!link) return std::unexpected(std::move(link.error()));
  return std::make_unique<QuicChannel>(std::move(*link));
}

}  // namespace atlas::app::atlasctl::query
