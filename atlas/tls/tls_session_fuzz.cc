// A server's session under octets that nobody should send. The first octet of the input says when they come:
//   even: from the beginning, so that the rest is what a client sends first
//   odd:  on the way of a real client, whose octets are changed: pairs of the input are an offset and what is
//         added to the octet there, in the handshake and in the records behind it
// The second says in which pieces they come.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "atlas/base/assert.h"
#include "atlas/tls/client_session.h"
#include "atlas/tls/self_signed.h"
#include "atlas/tls/server_session.h"

namespace {

using namespace atlas;
using namespace atlas::tls;

struct Contexts {
  std::shared_ptr<const ServerContext> server;
  std::shared_ptr<const ClientContext> client;
};

const Contexts& contexts() {
  static const Contexts made = [] {
    std::string folder = (std::filesystem::temp_directory_path() / "atlas_tls_XXXXXX").string();
    ATLAS_ASSERT(::mkdtemp(folder.data()) != nullptr);
    ServerPolicy server;
    server.certificates = {{.chain = folder + "/chain.pem", .key = folder + "/key.pem"}};
    server.client_certificates = {.mode = ClientCertificateMode::kRequest,
                                  .authorities_file = server.certificates[0].chain,
                                  .names = {}};
    server.tls.alpn = {"dot"};
    ATLAS_ASSERT(make_self_signed({.dns_names = {"fuzz.test"}}, server.certificates[0]).has_value());
    ClientPolicy client;
    client.verification = ServerVerification::kNone;
    client.certificate = server.certificates[0];
    client.tls.alpn = {"dot"};
    const Contexts both{
        ServerContext::make(server, load_certificates(server).value(), TicketKeys::random()).value(),
        ClientContext::make(client).value()};
    std::filesystem::remove_all(folder);
    return both;
  }();
  return made;
}

// Changes the octets of a client as the input says, from where the last call has left off.
class Changer {
 public:
  explicit Changer(base::Bytes changes) : changes_(changes) {}

  std::vector<uint8_t> changed(base::Bytes wire) {
    std::vector<uint8_t> octets(wire.begin(), wire.end());
    while (changes_.size() >= 3) {
      const size_t offset = base::load_u16(changes_.data());
      if (offset >= seen_ + octets.size()) break;
      if (offset >= seen_)
        octets[offset - seen_] = static_cast<uint8_t>(octets[offset - seen_] + changes_[2]);
      changes_ = changes_.subspan(3);
    }
    seen_ += octets.size();
    return octets;
  }

 private:
  base::Bytes changes_;
  size_t seen_ = 0;
};

void receive(Session& session, base::Bytes wire, size_t piece, base::OctetBuffer& answer) {
  base::OctetBuffer plain;
  for (size_t at = 0; at < wire.size();) {
    const base::Bytes part = wire.subspan(at, std::min(piece, wire.size() - at));
    const uint64_t before = session.octets_received();
    session.receive(part, plain, answer);
    ATLAS_ASSERT(session.state() == SessionState::kFailed || session.state() == SessionState::kPeerClosed ||
                 session.octets_received() == before + part.size());
    ATLAS_ASSERT((session.state() == SessionState::kFailed) == (session.failure() != Failure::kNone));
    ATLAS_ASSERT(session.failure_text().empty() == (session.failure() == Failure::kNone));
    at += part.size();
  }
  ATLAS_ASSERT(plain.size() <= wire.size() + kRecordOctetsMax);
}

void attack_a_connection(base::Bytes input, size_t piece) {
  ServerSession server(contexts().server);
  ClientSession client(contexts().client, {.name = "fuzz.test"});
  Changer changer(input);
  base::OctetBuffer to_server, to_client, plain;
  client.start(to_server);
  for (int turn = 0; turn < 8 && !to_server.empty(); ++turn) {
    receive(server, changer.changed(to_server.bytes()), piece, to_client);
    to_server.clear();
    client.receive(to_client.bytes(), plain, to_server);
    to_client.clear();
    if (!client.is_open()) continue;
    const uint8_t question[64] = {};
    client.send(question, to_server);
  }
  server.send(input, to_client);
  server.close(to_client);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const base::Bytes input = base::Bytes(data, size).subspan(2);
  const size_t piece = data[1] == 0 ? input.size() + 1 : data[1];
  if (data[0] % 2 == 1) {
    attack_a_connection(input, piece);
    return 0;
  }
  ServerSession server(contexts().server);
  base::OctetBuffer answer;
  receive(server, input, piece, answer);
  server.receive_end();
  return 0;
}
