// For tests: a certificate, and a client that speaks TLS.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "atlas/data/served_zone.h"
#include "atlas/quic/server_context.h"
#include "atlas/tls/client_session.h"
#include "atlas/tls/self_signed.h"

namespace atlas::data {

// A certificate for localhost, made once for all tests.
class TestCertificate {
 public:
  TestCertificate() {
    std::string pattern = std::filesystem::temp_directory_path() / "atlas-stream-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    policy_.certificates = {{.chain = folder_ / "chain.pem", .key = folder_ / "key.pem"}};
    EXPECT_TRUE(tls::make_self_signed({.dns_names = {"localhost"}}, policy_.certificates[0]));
  }
  ~TestCertificate() { std::filesystem::remove_all(folder_); }

  // With authorities, clients are asked for certificates of theirs.
  std::shared_ptr<const tls::ServerContext> server_context(std::vector<std::string> alpn,
                                                           const std::filesystem::path& authorities = {}) {
    set(std::move(alpn), authorities);
    auto certificates = tls::load_certificates(policy_);
    EXPECT_TRUE(certificates) << certificates.error().message;
    return tls::ServerContext::make(policy_, std::move(*certificates), keys_).value();
  }

  std::shared_ptr<const quic::ServerContext> quic_context(std::string alpn,
                                                          const std::filesystem::path& authorities = {}) {
    set({std::move(alpn)}, authorities);
    auto certificates = tls::load_certificates(policy_);
    EXPECT_TRUE(certificates) << certificates.error().message;
    return quic::ServerContext::make(policy_, std::move(*certificates), keys_, token_secret_).value();
  }

 private:
  void set(std::vector<std::string> alpn, const std::filesystem::path& authorities) {
    using Mode = tls::ClientCertificateMode;
    policy_.tls.alpn = std::move(alpn);
    policy_.client_certificates = {.mode = authorities.empty() ? Mode::kNone : Mode::kRequest,
                                   .authorities_file = authorities,
                                   .names = {}};
  }

  std::filesystem::path folder_;
  tls::ServerPolicy policy_;
  tls::TicketKeys keys_ = tls::TicketKeys::random();
  quic::TokenSecret token_secret_ = quic::TokenSecret::random();
};

inline TestCertificate& test_certificate() {
  static TestCertificate certificate;
  return certificate;
}

// One that verifies nothing: what is tested is the server.
struct TlsClient {
  TlsClient(net::FileDescriptor socket, std::vector<std::string> alpn)
      : TlsClient(std::move(socket), context_of(std::move(alpn))) {}
  TlsClient(net::FileDescriptor socket, std::shared_ptr<const tls::ClientContext> context,
            const tls::ResumptionTicket* ticket = nullptr)
      : fd(std::move(socket)), session(std::move(context), {.name = "localhost"}, ticket) {
    session.start(to_server);
  }

  static std::shared_ptr<const tls::ClientContext> context_of(std::vector<std::string> alpn) {
    tls::ClientPolicy policy;
    policy.verification = tls::ServerVerification::kNone;
    policy.tls.alpn = std::move(alpn);
    return tls::ClientContext::make(policy).value();
  }

  // Sends what there is and takes what has come.
  void exchange() {
    flush();
    while (readable_within(fd.get(), 0)) {
      const std::vector<uint8_t> wire = receive_some(fd.get());
      is_closed = wire.empty();
      if (is_closed) return;
      records += count_records(wire);
      session.receive(wire, got, to_server);
    }
    flush();
  }
  void flush(size_t octets = SIZE_MAX) {
    const base::Bytes all = to_server.bytes().first(std::min(octets, to_server.size()));
    if (!all.empty()) send_all(fd.get(), {all.begin(), all.end()});
    to_server.clear();
  }
  void send(const std::vector<uint8_t>& plain) { EXPECT_TRUE(session.send(plain, to_server)); }

  // Of whole ones, as they come in one piece here.
  static size_t count_records(base::Bytes wire) {
    size_t count = 0;
    for (; wire.size() >= 5; ++count)
      wire = wire.subspan(std::min<size_t>(wire.size(), 5 + base::load_u16(&wire[3])));
    return count;
  }

  std::vector<dns::Message> take_messages() {
    std::vector<uint8_t> octets(got.bytes().begin(), got.bytes().end());
    got.clear();
    std::vector<dns::Message> messages;
    while (auto message = take_message(octets)) messages.push_back(std::move(*message));
    EXPECT_TRUE(octets.empty());
    return messages;
  }

  net::FileDescriptor fd;
  tls::ClientSession session;
  base::OctetBuffer to_server;
  base::OctetBuffer got;
  size_t records = 0;
  bool is_closed = false;
};

}  // namespace atlas::data
