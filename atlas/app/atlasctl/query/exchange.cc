#include "atlas/app/atlasctl/query/exchange.h"

#include <sys/random.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "atlas/app/atlasctl/query/channel.h"
#include "atlas/app/atlasctl/query/socket.h"
#include "atlas/app/atlasctl/query/tls_material.h"
#include "atlas/app/atlasctl/query/transfer_end.h"
#include "atlas/tsig/tsig.h"

namespace atlas::app::atlasctl::query {
namespace {

using base::MonotonicTime;
using std::chrono::microseconds;

void fill_random(void* at, size_t octets) {
  // Cannot fail for so few octets once the system is up.
  [[maybe_unused]] const ssize_t filled = ::getrandom(at, octets, 0);
}

// Parses and compares; `note` says why a packet is none of ours.
enum class Verdict : uint8_t { kReply, kStray, kMalformed };
Verdict judge(const dns::Message& query, base::Bytes wire, dns::Message& reply, std::string& note) {
  base::ByteReader reader(wire);
  const auto header = dns::read_header(reader);
  if (!header || header->id != query.header.id || (header->flags & dns::kFlagQR) == 0) {
    note = !header ? "is shorter than a header"
           : (header->flags & dns::kFlagQR) == 0
               ? "is a query"
               : "has id " + std::to_string(header->id) + " instead of " + std::to_string(query.header.id);
    return Verdict::kStray;
  }
  auto parsed = dns::parse_message(wire);
  if (!parsed) {
    note = parsed.error().message;
    return Verdict::kMalformed;
  }
  if (!is_reply_to(query, *parsed, note)) return Verdict::kStray;
  reply = std::move(*parsed);
  return Verdict::kReply;
}

// What is known of the signatures of a reply, message by message.
class SignatureCheck {
 public:
  SignatureCheck(const tsig::Key& key, const tsig::Mac& request)
      : verifier_(key, request),
        facts_{.key = dns::to_text(key.name), .algorithm = std::string(tsig::to_text(key.algorithm))} {}

  void take(base::Bytes message) {
    if (!facts_.problem.empty()) return;
    const auto taken = verifier_.take(message, base::wall_now());
    if (!taken) facts_.problem = taken.error().message;
  }
  SignatureFacts finish() {
    if (facts_.problem.empty() && !verifier_.is_complete()) facts_.problem = "the last message is not signed";
    return std::move(facts_);
  }

 private:
  tsig::ResponseVerifier verifier_;
  SignatureFacts facts_;
};

class Conversation {
 public:
  Conversation(const Options& options, const std::function<void(const dns::Message&)>& sent)
      : options_(options), sent_(sent), query_(build_query(options)) {}

  base::Result<Exchange, ExchangeError> run(const std::vector<net::Endpoint>& servers) {
    if (is_encrypted(options_.transport)) {
      auto material = make_tls_material(options_);
      if (!material) {
        return std::unexpected(ExchangeError{.failure = Failure::kInternal,
                                             .message = material.error().message,
                                             .hint = material.error().hint});
      }
      tls_ = std::move(*material);
    }
    ExchangeError last;
    const bool is_udp = options_.transport == Transport::kUdp;
    const unsigned tries = is_udp ? options_.tries : 1;
    for (unsigned attempt = 0; attempt < tries; ++attempt) {
      for (const net::Endpoint& server : servers) {
        auto result = ask(server);
        if (result) {
          result->notes = std::move(notes_);
          return result;
        }
        last = std::move(result.error());
        if (last.failure != Failure::kNoReply) break;
        // Refused stays refused: asking the only server again tells nothing new.
        const bool is_final = !last.hint.empty() && servers.size() == 1;
        const bool is_last = is_final || (attempt + 1 == tries && &server == &servers.back());
        if (!is_last) notes_.push_back(last.message);
      }
      if (last.failure != Failure::kNoReply || (!last.hint.empty() && servers.size() == 1)) break;
    }
    last.notes = std::move(notes_);
    if (last.hint.empty() && last.failure == Failure::kNoReply) {
      last.hint = is_udp ? "is the server up and the way there open? +tcp asks over TCP"
                         : "is " + std::string(to_text(options_.transport)) + " allowed on the way there?";
    }
    return std::unexpected(std::move(last));
  }

 private:
  base::Result<Exchange, ExchangeError> ask(const net::Endpoint& server) {
    auto result = ask_over(options_.transport, server);
    if (!result) return result;
    if (result->reply.rcode() == dns::Rcode::BADCOOKIE && options_.retry_bad_cookie &&
        take_server_cookie(*result)) {
      notes_.push_back("BADCOOKIE: asked again with the server's cookie");
      result = ask_over(options_.transport, server);
      if (!result) return result;
    }
    const bool is_truncated = (result->reply.header.flags & dns::kFlagTC) != 0;
    if (options_.transport == Transport::kUdp && is_truncated && options_.retry_truncated) {
      notes_.push_back("the reply over UDP was truncated: asked again over TCP");
      return ask_over(Transport::kTcp, server);
    }
    return result;
  }

  // RFC 7873 5.3: the server's cookie joins ours.
  bool take_server_cookie(const Exchange& exchange) {
    const auto* theirs = exchange.reply.edns ? exchange.reply.edns->find<dns::CookieOption>() : nullptr;
    if (theirs == nullptr || !query_.edns) return false;
    for (dns::Option& option : query_.edns->options) {
      auto* ours = std::get_if<dns::CookieOption>(&option);
      if (ours == nullptr || ours->client != theirs->client || theirs->server.empty()) continue;
      ours->server = theirs->server;
      return true;
    }
    return false;
  }

  base::Result<std::vector<uint8_t>, ExchangeError> encode_query(Transport transport) {
    // RFC 8484 4.1: the same query has the same octets, so that caches of HTTP can be of use. RFC 9250 4.2.1:
    // the stream tells queries apart.
    query_.header.id = 0;
    const bool is_told_apart = transport == Transport::kHttps || is_over_quic(transport);
    if (!is_told_apart) fill_random(&query_.header.id, sizeof query_.header.id);
    if (options_.padding == Padding::kBlocks ||
        (options_.padding == Padding::kWhereEncrypted && is_encrypted(transport))) {
      pad(query_, options_.key ? tsig::record_octets(*options_.key) : 0);
    }
    auto wire = dns::encode(query_);
    if (!wire) {
      return std::unexpected(ExchangeError{.failure = Failure::kInternal, .message = wire.error().message});
    }
    sent_(query_);
    return std::move(*wire);
  }

  OpenedChannel open(const Attempt& attempt) {
    switch (attempt.circumstances.transport) {
      case Transport::kUdp:
        return open_udp(attempt);
      case Transport::kTcp:
        return open_tcp(attempt);
      case Transport::kTls:
        return open_tls(attempt, tls_);
      case Transport::kHttps:
        return open_https(attempt, tls_);
      case Transport::kQuic:
        return open_quic(attempt, tls_);
      case Transport::kHttp3:
        return open_http3(attempt, tls_);
    }
    std::unreachable();
  }

  base::Result<Exchange, ExchangeError> ask_over(Transport transport, const net::Endpoint& server) {
    Circumstances circumstances{.transport = transport};
    const MonotonicTime begun = base::monotonic_now();
    MonotonicTime deadline = begun + options_.timeout;
    const Attempt attempt{options_, server, deadline, circumstances, notes_};
    const auto channel = open(attempt);
    if (!channel) return std::unexpected(std::move(channel.error()));
    auto wire = encode_query(transport);
    if (!wire) return std::unexpected(wire.error());
    tsig::Mac mac;
    if (options_.key) {
      mac = tsig::sign_request(*wire, *options_.key, base::wall_now());
      if (mac.size == 0) {
        return std::unexpected(ExchangeError{.failure = Failure::kInternal,
                                             .message = "the query has no room for its signature"});
      }
    }
    std::optional<SignatureCheck> signature;
    if (options_.key) signature.emplace(*options_.key, mac);
    const MonotonicTime asked = base::monotonic_now();
    if (auto done = (*channel)->send(*wire); !done) return std::unexpected(std::move(done.error()));
    for (size_t strays = 0; strays < kStraysMax; ++strays) {
      auto received = (*channel)->receive();
      if (!received) return std::unexpected(std::move(received.error()));
      const MonotonicTime now = base::monotonic_now();
      std::string note;
      dns::Message reply;
      switch (judge(query_, *received, reply, note)) {
        case Verdict::kReply: {
          circumstances.timings.answer = std::chrono::duration_cast<microseconds>(now - asked);
          if (signature) signature->take(*received);
          Exchange result{.query = query_,
                          .reply = std::move(reply),
                          .reply_wire = std::move(*received),
                          .server = server,
                          .circumstances = {},
                          .when = base::wall_now(),
                          .notes = {}};
          result.octets = result.reply_wire.size();
          if (is_transfer(options_) && transport != Transport::kUdp) {
            if (auto done = receive_rest(**channel, attempt, deadline, signature, result); !done)
              return std::unexpected(std::move(done.error()));
          }
          if (signature) circumstances.signature = signature->finish();
          result.circumstances = std::move(circumstances);
          result.elapsed = std::chrono::duration_cast<microseconds>(base::monotonic_now() - begun);
          return result;
        }
        case Verdict::kStray:
          notes_.push_back("ignored a message from " + server.to_text() + ": it " + note);
          break;
        case Verdict::kMalformed:
          return std::unexpected(
              ExchangeError{.failure = Failure::kMalformed,
                            .message = "the reply of " + server.to_text() + " is no DNS message: " + note,
                            .wire = std::move(*received)});
      }
    }
    return std::unexpected(timeout_error(attempt));
  }

  // The further messages of a transfer, until the SOA that ends it.
  base::Result<void, ExchangeError> receive_rest(Channel& channel, const Attempt& attempt,
                                                 MonotonicTime& deadline,
                                                 std::optional<SignatureCheck>& signature, Exchange& into) {
    TransferEnd end(options_.question.type, options_.ixfr_serial);
    for (bool is_over = end.take(into.reply); !is_over;) {
      deadline = base::monotonic_now() + options_.timeout;
      const auto received = channel.receive();
      if (!received) {
        ExchangeError error = received.error();
        error.message += ", behind " + counted(into.messages, "message") + " of the transfer";
        return std::unexpected(std::move(error));
      }
      into.octets += received->size();
      auto message = dns::parse_message(*received);
      if (into.octets > kTransferOctetsMax || !message || message->header.id != query_.header.id ||
          message->rcode() != dns::Rcode::NOERROR) {
        const std::string why = into.octets > kTransferOctetsMax ? "it is too long to be shown"
                                : !message                       ? message.error().message
                                : message->header.id != query_.header.id
                                    ? "a message has id " + std::to_string(message->header.id)
                                    : dns::to_text(message->rcode());
        return std::unexpected(ExchangeError{.failure = Failure::kMalformed,
                                             .message = "the transfer from " + attempt.server.to_text() +
                                                        " broke off behind " +
                                                        counted(into.messages, "message") + ": " + why});
      }
      if (signature) signature->take(*received);
      ++into.messages;
      is_over = end.take(*message);
      std::ranges::move(message->answers, std::back_inserter(into.reply.answers));
    }
    return {};
  }

  const Options& options_;
  const std::function<void(const dns::Message&)>& sent_;
  dns::Message query_;
  TlsMaterial tls_;
  std::vector<std::string> notes_;
};

// RFC 1995 3: the SOA of the version that is there, of which only the serial counts.
dns::Record version_of(const Options& options) {
  constexpr size_t kSoaOctets = 2 + 5 * 4;  // with two names of the root
  dns::Record soa;
  soa.owner = options.question.name;
  soa.type = dns::RRType::SOA;
  soa.rdata.resize(kSoaOctets);
  base::store_u32(&soa.rdata[2], options.ixfr_serial);
  return soa;
}

}  // namespace

dns::Message build_query(const Options& options) {
  dns::Message query;
  query.header.flags = options.flags;
  query.header.opcode = options.opcode;
  if (!options.header_only) query.questions.push_back(options.question);
  if (!options.header_only && options.question.type == dns::RRType::IXFR)
    query.authorities.push_back(version_of(options));
  if (options.edns_enabled) {
    query.edns = options.edns;
    if (options.random_cookie) {
      dns::CookieOption cookie;
      fill_random(cookie.client.data(), cookie.client.size());
      query.edns->options.insert(query.edns->options.begin(), cookie);
    }
  }
  return query;
}

void pad(dns::Message& query, size_t octets_behind) {
  if (!query.edns) return;
  auto& options = query.edns->options;
  std::erase_if(options,
                [](const dns::Option& option) { return std::holds_alternative<dns::PaddingOption>(option); });
  options.push_back(dns::PaddingOption{});
  const auto wire = dns::encode(query);
  if (!wire) return;
  const size_t over = (wire->size() + octets_behind) % kPaddingBlockOctets;
  options.back() = dns::PaddingOption{static_cast<uint16_t>(over == 0 ? 0 : kPaddingBlockOctets - over)};
}

bool is_reply_to(const dns::Message& query, const dns::Message& reply, std::string& why) {
  if (reply.header.opcode != query.header.opcode) {
    why = "has opcode " + dns::to_text(reply.header.opcode);
    return false;
  }
  if (reply.questions == query.questions) return true;
  if (reply.questions.empty() && reply.header.rcode != 0) return true;
  why = reply.questions.empty() ? "has no question"
                                : "answers another question: " + dns::to_text(reply.questions[0].name) + " " +
                                      dns::to_text(reply.questions[0].type);
  return false;
}

base::Result<Exchange, ExchangeError> exchange(const Options& options,
                                               const std::vector<net::Endpoint>& servers,
                                               const std::function<void(const dns::Message&)>& sent) {
  return Conversation(options, sent).run(servers);
}

}  // namespace atlas::app::atlasctl::query
