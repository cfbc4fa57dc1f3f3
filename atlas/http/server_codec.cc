#include "atlas/http/server_codec.h"

#include <algorithm>

#include "atlas/http/http1_server.h"
#include "atlas/http/http2_server.h"
#include "atlas/http/http3_connection.h"

namespace atlas::http {

std::optional<Version> version_of(base::Bytes first_octets) {
  // RFC 9113 3.4: "PRI * HTTP/2.0". No method of HTTP/1.1 begins so.
  constexpr std::string_view kPreface = "PRI ";
  const std::string_view text =
      base::text_of(first_octets.first(std::min(first_octets.size(), kPreface.size())));
  if (!kPreface.starts_with(text)) return Version::kHttp1;
  if (text.size() < kPreface.size()) return {};
  return Version::kHttp2;
}

struct ServerCodecs::Shared {
  explicit Shared(ServerSettings with) : settings(std::move(with)), http2(settings, outcomes) {}

  ServerSettings settings;
  OutcomeCounts outcomes{};
  Http2Servers http2;
  Http3Shared http3;
};

ServerCodecs::ServerCodecs(ServerSettings settings)
    : shared_(std::make_unique<Shared>(std::move(settings))) {}
ServerCodecs::~ServerCodecs() = default;

std::unique_ptr<ServerCodec> ServerCodecs::make(Version version) {
  return version == Version::kHttp2 ? shared_->http2.make()
                                    : make_http1_server(shared_->settings, shared_->outcomes);
}

std::unique_ptr<Http3Server> ServerCodecs::make_http3() {
  return std::make_unique<Http3Connection>(shared_->settings, shared_->outcomes, shared_->http3);
}

const OutcomeCounts& ServerCodecs::outcomes() const {
  return shared_->outcomes;
}

}  // namespace atlas::http
