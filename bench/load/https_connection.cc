// HTTP/2 is written here by hand, since a library's client costs as much as the servers that are measured. It
// asks as a browser does: fields that stay the same come once and are named by an octet each from then on
// (RFC 7541). Of an answer's fields it reads the status, which comes first.
#include "bench/load/https_connection.h"

#include <poll.h>

#include <deque>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/load/tls_socket.h"

namespace atlas::bench {
namespace {

enum FrameType : uint8_t {
  kData = 0,
  kHeaders = 1,
  kResetStream = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8
};
enum FrameFlag : uint8_t { kAck = 1, kEndStream = 1, kEndHeaders = 4, kPadded = 8, kPriority = 32 };
enum Setting : uint16_t { kHeaderTableSize = 1, kEnablePush = 2, kStreamsMax = 3, kInitialWindow = 4 };

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr size_t kFrameHeaderOctets = 9;
constexpr size_t kSettingOctets = 6;
constexpr uint32_t kWindowOctets = 65535;  // of a connection to begin with
constexpr uint32_t kReceiveWindowOctets = 1u << 30;
constexpr uint32_t kReceivedOctetsPerUpdate = 1u << 20;
// What the fields of kFirstFields take of the server's table: 32 octets each beside their text (RFC
// 7541 4.1).
constexpr uint32_t kFieldTableOctetsMin = 512;
constexpr uint32_t kQueryOctetsMax = 512;
constexpr int kSettingsMsMax = 10'000;

// ":method POST" and ":scheme https" stand in the static table; the others become 65 down to 62.
constexpr std::string_view kFirstFields =
    "\x83\x87"
    "\x44\x0a/dns-query"
    "\x41\x0a"
    "bench.test"
    "\x53\x17"
    "application/dns-message"
    "\x5f\x17"
    "application/dns-message";
constexpr std::string_view kLaterFields = "\x83\x87\xc1\xc0\xbf\xbe";
constexpr std::string_view kContentLength = "\x0f\x0d";  // a literal, not kept
constexpr uint8_t kStatus200 = 0x88;

base::Bytes octets_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

uint32_t load_u24(const uint8_t* at) {
  return static_cast<uint32_t>(at[0] << 16 | at[1] << 8 | at[2]);
}

class HttpsConnection : public StreamConnection {
 public:
  explicit HttpsConnection(std::unique_ptr<TlsSocket> socket) : socket_(std::move(socket)) {
    append(octets_of(kPreface));
    append_frame(kSettings, 0, 0, kSettingOctets);
    append_u16(kEnablePush);
    append_u32(0);
    append_window_update(kReceiveWindowOctets - kWindowOctets);
  }

  // Waits for the server's settings. False if there are none, or none that these queries can live with.
  bool begin() {
    while (!settings_came_) {
      if (!flush()) return false;
      pollfd news{socket_->descriptor(), POLLIN, 0};
      if (::poll(&news, 1, kSettingsMsMax) <= 0 || !receive([](base::Bytes) {})) return false;
    }
    return flush();
  }

  int descriptor() const override { return socket_->descriptor(); }

  void ask(uint16_t id, base::Bytes query) override { waiting_.emplace_back(id, query); }

  bool flush() override {
    while (!waiting_.empty() && streams_ < streams_max_ && window_ >= waiting_.front().second.size()) {
      request(waiting_.front().first, waiting_.front().second);
      waiting_.pop_front();
    }
    if (!output_.empty() && !socket_->send(output_)) return false;
    output_.clear();
    return socket_->flush();
  }

  bool receive(const std::function<void(base::Bytes answer)>& take) override {
    bool good = true;
    const bool alive = socket_->receive([&](base::Bytes octets) {
      size_t at = 0;
      while (good && octets.size() - at >= kFrameHeaderOctets) {
        const uint32_t size = load_u24(&octets[at]);
        if (octets.size() - at - kFrameHeaderOctets < size) break;
        good = read_frame(octets.subspan(at, kFrameHeaderOctets + size), take);
        at += kFrameHeaderOctets + size;
      }
      return at;
    });
    return alive && good;
  }

 private:
  using Take = std::function<void(base::Bytes answer)>;

  void append(base::Bytes octets) { output_.insert(output_.end(), octets.begin(), octets.end()); }
  void append_u16(uint16_t value) {
    output_.resize(output_.size() + 2);
    base::store_u16(&output_[output_.size() - 2], value);
  }
  void append_u32(uint32_t value) {
    append_u16(static_cast<uint16_t>(value >> 16));
    append_u16(static_cast<uint16_t>(value));
  }
  void append_frame(FrameType type, uint8_t flags, uint32_t stream, size_t size) {
    output_.push_back(static_cast<uint8_t>(size >> 16));
    append_u16(static_cast<uint16_t>(size));
    output_.push_back(type);
    output_.push_back(flags);
    append_u32(stream);
  }
  void append_window_update(uint32_t octets) {
    append_frame(kWindowUpdate, 0, 0, 4);
    append_u32(octets);
  }

  void request(uint16_t id, base::Bytes query) {
    const std::string_view fields = next_stream_ == 1 ? kFirstFields : kLaterFields;
    const std::string length = std::to_string(query.size());
    append_frame(kHeaders, kEndHeaders, next_stream_,
                 fields.size() + kContentLength.size() + 1 + length.size());
    append(octets_of(fields));
    append(octets_of(kContentLength));
    output_.push_back(static_cast<uint8_t>(length.size()));
    append(octets_of(length));
    append_frame(kData, kEndStream, next_stream_, query.size());
    // Its own id and not 0: only caches of HTTP would care, and answers say by it what they answer.
    append_u16(id);
    append(query.subspan(2));
    window_ -= query.size();
    next_stream_ += 2;
    ++streams_;
  }

  // False if it ends the connection or takes a request back, or if an answer is not 200.
  bool read_frame(base::Bytes frame, const Take& take) {
    const uint8_t flags = frame[4];
    const uint32_t stream = base::load_u32(&frame[5]) & 0x7fffffff;
    base::Bytes content = frame.subspan(kFrameHeaderOctets);
    switch (frame[3]) {
      case kData:
        return read_data(stream, flags, content, take);
      case kHeaders: {
        const size_t before = (flags & kPadded ? 1 : 0) + (flags & kPriority ? 5 : 0);
        return content.size() > before && content[before] == kStatus200;
      }
      case kSettings:
        return flags & kAck || read_settings(content);
      case kPing:
        if (flags & kAck) return true;
        append_frame(kPing, kAck, 0, content.size());
        append(content);
        return true;
      case kWindowUpdate:
        if (stream == 0 && content.size() == 4) window_ += base::load_u32(content.data());
        return true;
      case kResetStream:
      case kGoAway:
        return false;
      default:
        return true;
    }
  }

  bool read_data(uint32_t stream, uint8_t flags, base::Bytes content, const Take& take) {
    received_ += static_cast<uint32_t>(content.size());
    if (received_ >= kReceivedOctetsPerUpdate) {
      append_window_update(received_);
      received_ = 0;
    }
    if (flags & kPadded) {
      if (content.empty() || content[0] >= content.size()) return false;
      content = content.subspan(1, content.size() - 1 - content[0]);
    }
    const auto begun = bodies_.find(stream);
    if (begun == bodies_.end() && flags & kEndStream) {
      --streams_;
      take(content);
      return true;
    }
    std::vector<uint8_t>& body = begun != bodies_.end() ? begun->second : bodies_[stream];
    body.insert(body.end(), content.begin(), content.end());
    if (flags & kEndStream) {
      --streams_;
      take(body);
      bodies_.erase(stream);
    }
    return true;
  }

  bool read_settings(base::Bytes content) {
    for (; content.size() >= kSettingOctets; content = content.subspan(kSettingOctets)) {
      const uint32_t value = base::load_u32(&content[2]);
      switch (base::load_u16(content.data())) {
        case kHeaderTableSize:
          if (value < kFieldTableOctetsMin) return false;
          break;
        case kStreamsMax:
          streams_max_ = value;
          break;
        case kInitialWindow:
          if (value < kQueryOctetsMax) return false;
          break;
        default:
          break;
      }
    }
    settings_came_ = true;
    append_frame(kSettings, kAck, 0, 0);
    return true;
  }

  std::unique_ptr<TlsSocket> socket_;
  std::deque<std::pair<uint16_t, base::Bytes>> waiting_;       // for the server's leave; queries outlive them
  std::vector<uint8_t> output_;                                // not sealed yet
  std::unordered_map<uint32_t, std::vector<uint8_t>> bodies_;  // of answers in several frames, by stream
  uint64_t window_ = kWindowOctets;                            // what may be sent
  uint32_t received_ = 0;                                      // since the last update
  uint32_t next_stream_ = 1;
  uint32_t streams_ = 0;  // that wait for answers
  uint32_t streams_max_ = UINT32_MAX;
  bool settings_came_ = false;
};

}  // namespace

std::unique_ptr<StreamConnection> connect_https(const net::Endpoint& server) {
  static const auto context = make_client_context("h2");
  auto socket = TlsSocket::connect(server, context);
  if (socket == nullptr || !socket->shake_hands() || socket->session().handshake().alpn != "h2")
    return nullptr;
  auto connection = std::make_unique<HttpsConnection>(std::move(socket));
  if (!connection->begin()) return nullptr;
  return connection;
}

}  // namespace atlas::bench
