#include "atlas/control/certificates/tls_contexts.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>

#include "atlas/base/file.h"
#include "atlas/http/http3_server.h"
#include "atlas/http/server_codec.h"
#include "atlas/tls/self_signed.h"

namespace atlas::control::certificates {
namespace {

using handoff::EventId;

constexpr std::chrono::seconds kLookEvery{2};
// A self-signed certificate is made anew so long before it expires.
constexpr std::chrono::hours kSelfSignedLeft{24 * 30};
// How often it is tried to.
constexpr std::chrono::minutes kRenewEvery{10};
constexpr uint64_t kTicketKeyFileOctetsMax = 4096;

std::vector<std::string> alpn_of(query::Transport transport) {
  switch (transport) {
    case query::Transport::kTls:
      return {"dot"};  // RFC 7858 and IANA's registry
    case query::Transport::kQuic:
      return {"doq"};  // RFC 9250 4.1.1
    case query::Transport::kHttp3:
      return {std::string(http::kAlpnHttp3)};
    default:
      return {std::string(http::kAlpnHttp2), std::string(http::kAlpnHttp1)};
  }
}

std::string date_of(base::WallTime time) {
  const std::time_t seconds =
      std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

std::string names_of(const tls::CertificateFacts& facts) {
  std::string names;
  const auto add = [&](const std::string& name) { names += (names.empty() ? "" : ", ") + name; };
  for (const std::string& name : facts.dns_names) add(name);
  for (const net::IpAddress& address : facts.addresses) add(address.to_text());
  return names.empty() ? facts.subject : names;
}

std::vector<std::string> host_names() {
  std::array<char, 256> name{};
  std::vector<std::string> names{"localhost"};
  if (::gethostname(name.data(), name.size() - 1) == 0 && name[0] != 0 && names[0] != name.data())
    names.emplace_back(name.data());
  return names;
}

}  // namespace

TlsContexts::TlsContexts(const config::Config& config, handoff::EventQueue& events)
    : events_(&events),
      settings_(config.tls),
      client_authorities_(config.transfers.client_authorities_file),
      state_folder_(config.paths.state),
      self_signed_(config.tls.certificates.empty()) {
  for (const config::ListenAddress& listener : config.listen) {
    if (!query::is_encrypted(listener.transport)) continue;
    if (std::ranges::find(transports_, listener.transport) == transports_.end())
      transports_.push_back(listener.transport);
    if (!listener.endpoint.address.is_unspecified()) addresses_.push_back(listener.endpoint.address);
  }
  if (self_signed_) {
    settings_.certificates = {
        {.chain = config.paths.state / "self-signed.pem", .key = config.paths.state / "self-signed.key"}};
  }
}

base::Result<TlsContexts> TlsContexts::load(const config::Config& config, const TlsContexts* before,
                                            handoff::EventQueue& events) {
  TlsContexts loaded(config, events);
  if (!loaded.is_used()) return loaded;
  if (auto read = loaded.read(before, base::wall_now()); !read) return std::unexpected(read.error());
  loaded.announce();
  return loaded;
}

base::Result<void> TlsContexts::read(const TlsContexts* before, base::WallTime wall_now) {
  auto prepared = self_signed_ ? prepare_self_signed(wall_now) : base::Result<void>{};
  // A file that changes while it is read has another look afterwards.
  read_stamps_ = last_stamps_ = look();
  if (!prepared) return prepared;
  tls::ServerPolicy policy;
  policy.certificates = settings_.certificates;
  auto certificates = tls::load_certificates(policy, wall_now);
  if (!certificates) return std::unexpected(certificates.error());
  auto keys = ticket_keys(before);
  if (!keys) return std::unexpected(keys.error());
  const auto secret = token_secret();
  if (!secret) return std::unexpected(secret.error());
  token_secret_ = *secret;
  std::swap(certificates_, *certificates);
  const auto old_keys =
      std::exchange(ticket_keys_, std::make_shared<const tls::TicketKeys>(std::move(*keys)));
  auto made = make_contexts();
  if (!made) {
    std::swap(certificates_, *certificates);
    ticket_keys_ = old_keys;
  }
  return made;
}

base::Result<void> TlsContexts::prepare_self_signed(base::WallTime wall_now) const {
  const tls::CertificateFiles& files = settings_.certificates.front();
  if (const auto present = tls::Certificate::load(files, wall_now);
      present && present->facts().not_after > wall_now + kSelfSignedLeft) {
    return {};
  }
  std::error_code error;
  std::filesystem::create_directories(files.chain.parent_path(), error);
  tls::SelfSignedRequest request{.dns_names = host_names(), .addresses = addresses_};
  request.addresses.push_back(net::IpAddress::v4(INADDR_LOOPBACK));
  request.addresses.push_back(*net::IpAddress::parse("::1"));
  std::ranges::sort(request.addresses);
  const auto repeated = std::ranges::unique(request.addresses);
  request.addresses.erase(repeated.begin(), repeated.end());
  if (auto made = tls::make_self_signed(request, files, wall_now); !made) return made;
  events_->emit(EventId::kSelfSignedMade, {{"path", files.chain.string()}});
  return {};
}

base::Result<tls::TicketKeys> TlsContexts::ticket_keys(const TlsContexts* before) const {
  if (settings_.ticket_key_file.empty()) {
    return before != nullptr && before->ticket_keys_ != nullptr ? *before->ticket_keys_
                                                                : tls::TicketKeys::random();
  }
  const auto content = base::read_file(settings_.ticket_key_file, kTicketKeyFileOctetsMax);
  if (!content) return std::unexpected(content.error());
  auto keys = tls::TicketKeys::from_octets(base::bytes_of(*content));
  if (!keys) {
    return base::fail(settings_.ticket_key_file.string() + ": " + keys.error().message, keys.error().hint);
  }
  return keys;
}

// Kept, so that a client whose connection went with the last run learns so at once (RFC 9000 10.3).
base::Result<quic::TokenSecret> TlsContexts::token_secret() const {
  quic::TokenSecret secret{};
  if (std::ranges::none_of(transports_, query::is_over_quic)) return secret;
  const std::filesystem::path path = state_folder_ / "quic-secret";
  if (const auto content = base::read_file(path, secret.octets.size());
      content && content->size() == secret.octets.size()) {
    std::ranges::copy(base::bytes_of(*content), secret.octets.begin());
    return secret;
  }
  secret = quic::TokenSecret::random();
  std::error_code error;
  std::filesystem::create_directories(state_folder_, error);
  const std::string_view text(reinterpret_cast<const char*>(secret.octets.data()), secret.octets.size());
  if (auto written = base::replace_file(path, text, 0600); !written) return std::unexpected(written.error());
  return secret;
}

tls::ServerPolicy TlsContexts::policy_of(query::Transport transport) const {
  tls::ServerPolicy policy;
  policy.tls.version_min = settings_.version_min;
  policy.tls.key_log_file = settings_.key_log_file;
  policy.tls.alpn = alpn_of(transport);
  policy.certificates = settings_.certificates;
  // Browsers would ask their users for one.
  const bool takes_zones = transport == query::Transport::kTls || transport == query::Transport::kQuic;
  if (takes_zones && !client_authorities_.empty()) {
    policy.client_certificates = {
        .mode = tls::ClientCertificateMode::kRequest, .authorities_file = client_authorities_, .names = {}};
  }
  return policy;
}

base::Result<void> TlsContexts::make_contexts() {
  Contexts made;
  for (const query::Transport transport : transports_) {
    const auto number = static_cast<size_t>(transport);
    const tls::ServerPolicy policy = policy_of(transport);
    if (query::is_over_quic(transport)) {
      auto context = quic::ServerContext::make(policy, certificates_, *ticket_keys_, token_secret_);
      if (!context) return std::unexpected(context.error());
      made.quic[number] = std::move(*context);
    } else {
      auto context = tls::ServerContext::make(policy, certificates_, *ticket_keys_);
      if (!context) return std::unexpected(context.error());
      made.tls[number] = std::move(*context);
    }
  }
  contexts_ = std::move(made);
  return {};
}

void TlsContexts::rotate_ticket_keys() {
  ticket_keys_ = std::make_shared<const tls::TicketKeys>(ticket_keys_->rotated());
  for (auto& context : contexts_.tls) {
    if (context != nullptr) context = context->with_ticket_keys(*ticket_keys_);
  }
  for (auto& context : contexts_.quic) {
    if (context == nullptr) continue;
    if (auto next = context->with_ticket_keys(*ticket_keys_)) context = std::move(*next);
  }
}

void TlsContexts::announce() const {
  for (const tls::Certificate& certificate : certificates_) {
    const tls::CertificateFacts& facts = certificate.facts();
    events_->emit(EventId::kCertificateLoaded, {{"file", certificate.files().chain.string()},
                                                {"names", names_of(facts)},
                                                {"not_after", date_of(facts.not_after)},
                                                {"pin", facts.pin}});
    for (const std::string& warning : certificate.warnings()) {
      events_->emit(EventId::kCertificateWarning,
                    {{"file", certificate.files().chain.string()}, {"warning", warning}});
    }
  }
}

base::WallTime TlsContexts::not_after() const {
  base::WallTime first{};
  for (const tls::Certificate& certificate : certificates_) {
    const base::WallTime end = certificate.facts().not_after;
    if (first == base::WallTime{} || end < first) first = end;
  }
  return first;
}

std::vector<zones::FileStamp> TlsContexts::look() const {
  std::vector<zones::FileStamp> stamps;
  for (const tls::CertificateFiles& files : settings_.certificates) {
    for (const auto& path : {files.chain, files.key, files.ocsp_staple}) {
      if (!path.empty()) stamps.push_back(zones::stamp_of(path));
    }
  }
  for (const auto& path : {settings_.ticket_key_file, client_authorities_}) {
    if (!path.empty()) stamps.push_back(zones::stamp_of(path));
  }
  return stamps;
}

bool TlsContexts::read_again(bool has_changed, base::WallTime wall_now) {
  if (const auto again = read(this, wall_now); !again) {
    const std::string& why = again.error().message;
    if (has_changed || why != reported_) events_->emit(EventId::kTlsNotReloaded, {{"error", why}});
    reported_ = why;
    return false;
  }
  reported_.clear();
  announce();
  return true;
}

bool TlsContexts::refresh(base::MonotonicTime now, base::WallTime wall_now) {
  if (!is_used()) return false;
  bool changed = false;
  if (now >= next_look_) {
    next_look_ = now + kLookEvery;
    auto stamps = look();
    const bool expires = self_signed_ && not_after() < wall_now + kSelfSignedLeft && now >= next_renewal_;
    // Chain and key are replaced one after the other: what still changes is left for the next look.
    const bool settled = stamps == last_stamps_;
    last_stamps_ = std::move(stamps);
    const bool has_changed = last_stamps_ != read_stamps_;
    if (settled && (has_changed || expires)) {
      if (expires) next_renewal_ = now + kRenewEvery;
      changed = read_again(has_changed, wall_now);
    }
  }
  if (next_rotation_ == base::MonotonicTime{}) next_rotation_ = now + settings_.ticket_rotation;
  if (settings_.ticket_key_file.empty() && now >= next_rotation_) {
    next_rotation_ = now + settings_.ticket_rotation;
    rotate_ticket_keys();
    changed = true;
  }
  return changed;
}

}  // namespace atlas::control::certificates
