#include "atlas/app/atlasctl/query/json_report.h"

#include <boost/json.hpp>

#include "atlas/app/atlasctl/json.h"
#include "atlas/dns/rdata.h"

namespace atlas::app::atlasctl::query {
namespace {

namespace json = boost::json;

std::string hex(base::Bytes octets) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const uint8_t octet : octets) text += {kDigits[octet >> 4], kDigits[octet & 15]};
  return text;
}

json::object record_json(const dns::Record& record) {
  json::object object;
  object["NAME"] = dns::to_text(record.owner);
  object["TYPE"] = static_cast<uint16_t>(record.type);
  object["TYPEname"] = dns::to_text(record.type);
  object["CLASS"] = static_cast<uint16_t>(record.rr_class);
  object["CLASSname"] = dns::to_text(record.rr_class);
  object["TTL"] = record.ttl;
  if (!record.rdata.empty()) {
    object["rdata" + dns::to_text(record.type)] = dns::rdata_to_text(record.type, record.rdata);
  }
  object["RDLENGTH"] = record.rdata.size();
  object["RDATAHEX"] = hex(record.rdata);
  return object;
}

json::array records_json(const std::vector<dns::Record>& records) {
  json::array array;
  for (const dns::Record& record : records) array.push_back(record_json(record));
  return array;
}

json::object edns_json(const dns::Edns& edns) {
  json::object object;
  object["version"] = edns.version;
  object["udpPayloadSize"] = edns.udp_payload_size;
  object["DO"] = edns.dnssec_ok;
  object["CO"] = edns.compact_answers_ok;
  json::array options;
  for (const dns::Option& option : edns.options) {
    std::vector<uint8_t> octets;
    dns::append_option(option, octets);
    constexpr size_t kCodeAndLengthOctets = 4;
    const std::string name = dns::to_text(dns::option_code(option));
    const std::string words = dns::to_text(option);
    json::object shown{{"code", static_cast<uint16_t>(dns::option_code(option))}, {"name", name}};
    if (words.starts_with(name + ": ")) shown["text"] = words.substr(name.size() + 2);
    shown["dataHEX"] = hex(base::Bytes(octets).subspan(kCodeAndLengthOctets));
    options.push_back(std::move(shown));
  }
  object["options"] = std::move(options);
  return object;
}

json::object message_json(const dns::Message& message) {
  const dns::Header& header = message.header;
  json::object object;
  object["ID"] = header.id;
  object["QR"] = (header.flags & dns::kFlagQR) != 0;
  object["Opcode"] = static_cast<uint8_t>(header.opcode);
  object["AA"] = (header.flags & dns::kFlagAA) != 0;
  object["TC"] = (header.flags & dns::kFlagTC) != 0;
  object["RD"] = (header.flags & dns::kFlagRD) != 0;
  object["RA"] = (header.flags & dns::kFlagRA) != 0;
  object["AD"] = (header.flags & dns::kFlagAD) != 0;
  object["CD"] = (header.flags & dns::kFlagCD) != 0;
  object["RCODE"] = static_cast<uint16_t>(message.rcode());
  object["RCODEname"] = dns::to_text(message.rcode());
  object["QDCOUNT"] = message.questions.size();
  object["ANCOUNT"] = message.answers.size();
  object["NSCOUNT"] = message.authorities.size();
  object["ARCOUNT"] = message.additionals.size() + (message.edns ? 1 : 0);
  if (!message.questions.empty()) {
    const dns::Question& question = message.questions[0];
    object["QNAME"] = dns::to_text(question.name);
    object["QTYPE"] = static_cast<uint16_t>(question.type);
    object["QTYPEname"] = dns::to_text(question.type);
    object["QCLASS"] = static_cast<uint16_t>(question.rr_class);
    object["QCLASSname"] = dns::to_text(question.rr_class);
  }
  object["answerRRs"] = records_json(message.answers);
  object["authorityRRs"] = records_json(message.authorities);
  object["additionalRRs"] = records_json(message.additionals);
  if (message.edns) object["EDNS"] = edns_json(*message.edns);
  return object;
}

json::array notes_json(const std::vector<std::string>& notes) {
  json::array array;
  for (const std::string& note : notes) array.emplace_back(note);
  return array;
}

json::object certificate_json(const tls::CertificateFacts& certificate) {
  json::array names;
  for (const std::string& name : certificate.dns_names) names.emplace_back(name);
  for (const net::IpAddress& address : certificate.addresses) names.emplace_back(address.to_text());
  return {{"subject", certificate.subject},
          {"issuer", certificate.issuer},
          {"names", std::move(names)},
          {"notBeforeSeconds", base::WallTime::clock::to_time_t(certificate.not_before)},
          {"notAfterSeconds", base::WallTime::clock::to_time_t(certificate.not_after)},
          {"pin", certificate.pin}};
}

json::object tls_json(const TlsFacts& tls) {
  json::object object;
  if (!tls.version.empty()) {
    object["version"] = tls.version;
    object["cipherSuite"] = tls.cipher_suite;
    object["resumed"] = tls.resumed;
  }
  if (!tls.group.empty()) object["group"] = tls.group;
  if (!tls.alpn.empty()) object["alpn"] = tls.alpn;
  object["verified"] = !tls.verified_by.empty();
  if (!tls.verified_by.empty()) object["verifiedBy"] = tls.verified_by;
  if (!tls.rejection.empty()) object["rejection"] = tls.rejection;
  if (tls.certificate) object["certificate"] = certificate_json(*tls.certificate);
  return object;
}

json::object http_json(const HttpFacts& http) {
  json::object object{
      {"version", http.version}, {"method", http.method}, {"path", http.path}, {"status", http.status}};
  if (!http.cache_control.empty()) object["cacheControl"] = http.cache_control;
  return object;
}

json::object signature_json(const SignatureFacts& signature) {
  json::object object{
      {"key", signature.key}, {"algorithm", signature.algorithm}, {"verified", signature.problem.empty()}};
  if (!signature.problem.empty()) object["problem"] = signature.problem;
  return object;
}

json::object timings_json(const Circumstances& circumstances) {
  const Timings& timings = circumstances.timings;
  json::object object;
  const bool connects = circumstances.transport != Transport::kUdp && !is_over_quic(circumstances.transport);
  if (connects) object["connect"] = timings.connect.count();
  if (circumstances.tls) object["tlsHandshake"] = timings.tls_handshake.count();
  object["answer"] = timings.answer.count();
  return object;
}

}  // namespace

std::string render_json(const Exchange& exchange, const Options& options) {
  json::object object;
  if (options.show_query) object["queryMessage"] = message_json(exchange.query);
  object["responseMessage"] = message_json(exchange.reply);
  object["octets"] = exchange.octets;
  if (exchange.messages != 1) object["messages"] = exchange.messages;
  object["server"] = exchange.server.to_text();
  const Circumstances& circumstances = exchange.circumstances;
  object["transport"] = to_text(circumstances.transport);
  if (circumstances.tls) object["tls"] = tls_json(*circumstances.tls);
  if (circumstances.http) object["http"] = http_json(*circumstances.http);
  if (circumstances.signature) object["signature"] = signature_json(*circumstances.signature);
  object["timingsMicroseconds"] = timings_json(circumstances);
  object["elapsedMicroseconds"] = exchange.elapsed.count();
  object["dateSeconds"] = base::WallTime::clock::to_time_t(exchange.when);
  object["notes"] = notes_json(exchange.notes);
  return pretty(object);
}

std::string render_json(const ExchangeError& error) {
  json::object object{{"message", error.message}};
  if (!error.hint.empty()) object["hint"] = error.hint;
  if (error.tls) object["tls"] = tls_json(*error.tls);
  if (!error.wire.empty()) object["replyOctetsHEX"] = hex(error.wire);
  object["notes"] = notes_json(error.notes);
  return pretty(json::object{{"error", std::move(object)}});
}

}  // namespace atlas::app::atlasctl::query
