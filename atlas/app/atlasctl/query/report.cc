#include "atlas/app/atlasctl/query/report.h"

#include <cstdio>
#include <ctime>

#include <algorithm>

#include "atlas/app/atlasctl/query/record_text.h"

namespace atlas::app::atlasctl::query {
namespace {

constexpr size_t kHexDumpOctetsMax = 512;

std::string utc(base::WallTime when) {
  const std::time_t seconds = base::WallTime::clock::to_time_t(when);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[sizeof "2026-01-01 00:00:00"];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts)) + " UTC";
}

std::string milliseconds_text(std::chrono::microseconds elapsed) {
  char text[32];
  const double milliseconds = static_cast<double>(elapsed.count()) / 1000;
  std::snprintf(text, sizeof text, milliseconds < 10 ? "%.2f ms" : "%.0f ms", milliseconds);
  return text;
}

Style rcode_style(dns::Rcode rcode) {
  switch (rcode) {
    case dns::Rcode::NOERROR:
      return Style::kGood;
    case dns::Rcode::NXDOMAIN:
      return Style::kWarning;
    default:
      return Style::kBad;
  }
}

std::string flag_words(const dns::Header& header) {
  static constexpr struct {
    uint16_t flag;
    std::string_view words;
  } kFlags[] = {{dns::kFlagAA, "authoritative answer (aa)"}, {dns::kFlagTC, "truncated (tc)"},
                {dns::kFlagRD, "recursion desired (rd)"},    {dns::kFlagRA, "recursion available (ra)"},
                {dns::kFlagAD, "authentic data (ad)"},       {dns::kFlagCD, "checking disabled (cd)"}};
  std::string text;
  for (const auto& [flag, words] : kFlags) {
    if ((header.flags & flag) != 0) text.append(text.empty() ? "" : ", ").append(words);
  }
  const bool is_reply = (header.flags & dns::kFlagQR) != 0;
  if (is_reply && (header.flags & dns::kFlagRD) != 0 && (header.flags & dns::kFlagRA) == 0) {
    text += text.ends_with("(rd)") ? " but not available" : ", recursion not available";
  }
  return text;
}

// ";; label     text"
std::string comment_line(const Paint& paint, std::string_view label, std::string_view text) {
  std::string padded(label);
  padded.resize(10, ' ');
  return paint(Style::kDim, ";; ") + paint(Style::kHeading, padded).append(text) + '\n';
}

std::string question_text(const dns::Question& question) {
  return dns::to_text(question.name) + display_suffix(question.name) + ' ' + dns::to_text(question.rr_class) +
         ' ' + dns::to_text(question.type);
}

// An option in words: what the library says, and what a person would work out from it.
std::string option_words_of(const dns::Option& option, const dns::Message* query) {
  std::string text = printable(dns::to_text(option));
  if (const auto* expire = std::get_if<dns::ExpireOption>(&option); expire && expire->seconds) {
    text += " (" + human_duration(*expire->seconds) + ')';
  }
  if (const auto* cookie = std::get_if<dns::CookieOption>(&option);
      cookie && query != nullptr && query->edns) {
    const auto* ours = query->edns->find<dns::CookieOption>();
    if (ours != nullptr && ours->client != cookie->client)
      text += " (the client part is not the one that was sent)";
  }
  return text;
}

// `query` is null for a message that is itself the query.
std::string edns_lines(const dns::Edns& edns, const dns::Message* query, const Paint& paint) {
  std::string text = "version " + std::to_string(edns.version) + ", UDP up to " +
                     std::to_string(edns.udp_payload_size) + " octets";
  if (edns.dnssec_ok) text += ", DNSSEC OK (do)";
  if (edns.compact_answers_ok) text += ", compact answers OK (co)";
  std::string out = comment_line(paint, "edns", text);
  for (const dns::Option& option : edns.options) {
    // Extended errors stand beside the status.
    if (std::holds_alternative<dns::ExtendedErrorOption>(option)) continue;
    out += comment_line(paint, "", option_words_of(option, query));
  }
  return out;
}

std::string section(std::string_view title, std::span<const dns::Record> records, bool shown,
                    const Options& options, const Paint& paint, uint64_t now) {
  if (!shown || records.empty()) return {};
  std::string out;
  if (options.sections.comments) {
    out += '\n' + paint(Style::kDim, ";; ") + paint(Style::kHeading, title) +
           paint(Style::kDim, ", " + counted(records.size(), "record")) + '\n';
  }
  return out + render_records(records, options, paint, now);
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

// Who the server says that it is, and whether that is known to be so.
std::string certificate_lines(const TlsFacts& tls, const Paint& paint) {
  const std::string trust = !tls.rejection.empty()    ? paint(Style::kBad, "rejected: " + tls.rejection)
                            : tls.verified_by.empty() ? paint(Style::kWarning, "not verified")
                                                      : paint(Style::kGood, "verified by " + tls.verified_by);
  if (!tls.certificate) return comment_line(paint, "server", trust);
  const tls::CertificateFacts& certificate = *tls.certificate;
  std::vector<std::string> names = certificate.dns_names;
  for (const net::IpAddress& address : certificate.addresses) names.push_back(address.to_text());
  std::string out = comment_line(paint, "server", printable(certificate.subject) + ", " + trust);
  if (!names.empty()) out += comment_line(paint, "", "names " + printable(joined(names)));
  out += comment_line(paint, "", "issued by " + printable(certificate.issuer));
  out += comment_line(paint, "", "valid until " + utc(certificate.not_after));
  return out + comment_line(paint, "", "pin " + certificate.pin);
}

// What lies between the server and us.
std::string circumstance_lines(const Circumstances& circumstances, const Paint& paint) {
  std::string out;
  if (const auto& tls = circumstances.tls) {
    std::vector<std::string> words{tls->version, tls->cipher_suite};
    if (!tls->group.empty()) words.push_back(tls->group);
    if (!tls->alpn.empty()) words.push_back("ALPN " + printable(tls->alpn));
    if (tls->resumed) words.push_back("resumed");
    out += comment_line(paint, "tls", joined(words)) + certificate_lines(*tls, paint);
  }
  if (const auto& http = circumstances.http) {
    std::vector<std::string> words{http->version, http->method + ' ' + http->path,
                                   std::to_string(http->status)};
    if (!http->cache_control.empty()) words.push_back(printable(http->cache_control));
    out += comment_line(paint, "http", joined(words));
  }
  if (const auto& signature = circumstances.signature) {
    const std::string verdict = signature->problem.empty()
                                    ? paint(Style::kGood, "verified")
                                    : paint(Style::kBad, "not verified: " + printable(signature->problem));
    out += comment_line(paint, "signature",
                        verdict + ", key " + signature->key + " (" + signature->algorithm + ')');
  }
  return out;
}

std::string timing_line(const Circumstances& circumstances, const Paint& paint) {
  if (circumstances.transport == Transport::kUdp) return {};
  const Timings& timings = circumstances.timings;
  // QUIC connects and shakes hands at once.
  const bool is_quic = is_over_quic(circumstances.transport);
  std::vector<std::string> words;
  if (!is_quic) words.push_back("connect " + milliseconds_text(timings.connect));
  if (circumstances.tls) {
    words.push_back((is_quic ? "handshake " : "TLS handshake ") + milliseconds_text(timings.tls_handshake));
  }
  words.push_back("answer " + milliseconds_text(timings.answer));
  return paint(Style::kDim, ";; " + joined(words)) + '\n';
}

bool lacks_edns(const dns::Message& query, const dns::Message& reply) {
  return query.edns.has_value() && !reply.edns.has_value();
}

// RFC 8945 5.2: NOTAUTH then has another meaning.
bool refuses_signature(const dns::Message& reply) {
  if (reply.additionals.empty() || reply.additionals.back().type != dns::RRType::TSIG) return false;
  const std::vector<uint8_t>& rdata = reply.additionals.back().rdata;
  base::ByteReader reader(rdata);
  if (!dns::skip_name(reader)) return false;
  reader.skip(8);  // time and fudge
  reader.skip(reader.u16());
  reader.skip(2);  // original id
  return reader.u16() != 0 && reader.ok();
}

std::string comments(const dns::Message& query, const dns::Message& reply, const Options& options,
                     const Paint& paint) {
  std::string out;
  const dns::Rcode rcode = reply.rcode();
  std::string status = paint(rcode_style(rcode), dns::to_text(rcode));
  if (const std::string words = meaning(query, reply); !words.empty()) status += ": " + words;
  if (reply.header.opcode != dns::Opcode::QUERY)
    status += " (opcode " + dns::to_text(reply.header.opcode) + ')';
  out += comment_line(paint, "status", status);
  if (reply.edns) {
    for (const dns::Option& option : reply.edns->options) {
      if (!std::holds_alternative<dns::ExtendedErrorOption>(option)) continue;
      out += comment_line(paint, "error", paint(Style::kBad, printable(dns::to_text(option))));
    }
  }
  if (options.sections.question && !reply.questions.empty()) {
    out += comment_line(paint, "question", question_text(reply.questions[0]));
  }
  const std::string flags = flag_words(reply.header);
  out += comment_line(paint, "flags", flags.empty() ? "none" : flags);
  if (reply.edns) {
    out += edns_lines(*reply.edns, &query, paint);
  } else if (lacks_edns(query, reply)) {
    out += comment_line(paint, "edns", paint(Style::kWarning, "none in the reply, though the query had it"));
  }
  return out;
}

}  // namespace

std::string meaning(const dns::Message& query, const dns::Message& reply) {
  if (query.questions.empty() || query.header.opcode != dns::Opcode::QUERY) return {};
  const dns::Question& question = query.questions[0];
  // Where the aliases of the answer lead.
  dns::Name name = question.name;
  bool answered = false;
  for (const dns::Record& record : reply.answers) {
    if (record.type == question.type || question.type == dns::RRType::ANY) answered = true;
    if (record.type != dns::RRType::CNAME || record.owner != name.view()) continue;
    if (const auto target = dns::view_name(record.rdata)) name = *target;
  }
  const std::string shown = dns::to_text(name) + display_suffix(name);
  const auto is_type = [](dns::RRType type) {
    return [type](const dns::Record& record) { return record.type == type; };
  };
  switch (reply.rcode()) {
    case dns::Rcode::NOERROR: {
      if (answered) return {};
      if ((reply.header.flags & dns::kFlagTC) != 0) return "truncated, ask over TCP for the whole answer";
      const bool has_soa = std::ranges::any_of(reply.authorities, is_type(dns::RRType::SOA));
      const auto ns = std::ranges::find_if(reply.authorities, is_type(dns::RRType::NS));
      if (!has_soa && ns != reply.authorities.end() && (reply.header.flags & dns::kFlagAA) == 0) {
        return "a referral to the name servers of " + dns::to_text(ns->owner) + display_suffix(ns->owner);
      }
      if (!reply.answers.empty() && !has_soa) return "an alias, and this server does not hold " + shown;
      return shown + " has no " + dns::to_text(question.type) + " records (NODATA)";
    }
    case dns::Rcode::NXDOMAIN:
      return shown + " does not exist";
    case dns::Rcode::FORMERR:
      return lacks_edns(query, reply) ? "the server does not understand the query; +noedns asks without EDNS"
                                      : "the server does not understand the query";
    case dns::Rcode::SERVFAIL:
      return "the server failed to find the answer";
    case dns::Rcode::NOTIMP:
      return "the server does not implement this kind of query";
    case dns::Rcode::REFUSED:
      return "the server will not answer this: not its zone, or you are not allowed to ask";
    case dns::Rcode::NOTAUTH:
      if (refuses_signature(reply)) return "the server does not accept the query's signature";
      return "the server is not authoritative for this zone";
    case dns::Rcode::BADVERS:
      return "the server does not know EDNS version " + std::to_string(query.edns ? query.edns->version : 0);
    case dns::Rcode::BADCOOKIE:
      return "the server wants a good cookie before it answers";
    default:
      return {};
  }
}

std::string render_text(const Exchange& exchange, const Options& options, const Paint& paint) {
  const dns::Message& reply = exchange.reply;
  const auto now = static_cast<uint64_t>(base::WallTime::clock::to_time_t(exchange.when));
  std::string out;
  if (options.sections.comments) {
    for (const std::string& note : exchange.notes)
      out += comment_line(paint, "note", paint(Style::kWarning, printable(note)));
    out +=
        comments(exchange.query, reply, options, paint) + circumstance_lines(exchange.circumstances, paint);
  }
  out += section("answer", reply.answers, options.sections.answer, options, paint, now);
  out += section("authority", reply.authorities, options.sections.authority, options, paint, now);
  out += section("additional", reply.additionals, options.sections.additional, options, paint, now);
  if (options.sections.statistics) {
    if (!out.empty()) out += '\n';
    out += timing_line(exchange.circumstances, paint);
    out += paint(Style::kDim,
                 ";; " + counted(exchange.octets, "octet") +
                     (exchange.messages == 1 ? "" : " in " + counted(exchange.messages, "message")) +
                     " from " + exchange.server.to_text() + " over " +
                     std::string(to_text(exchange.circumstances.transport)) + " in " +
                     milliseconds_text(exchange.elapsed) + ", " + utc(exchange.when)) +
           '\n';
  }
  return out;
}

std::string render_short(const dns::Message& reply, const Options& options) {
  std::string out;
  for (const dns::Record& record : reply.answers) out += rdata_text(record, options) + '\n';
  return out;
}

std::string render_query(const dns::Message& query, const Options& options, const Paint& paint) {
  const auto octets = dns::encode(query);
  std::string out = comment_line(
      paint, "query", query.questions.empty() ? "without a question" : question_text(query.questions[0]));
  const std::string flags = flag_words(query.header);
  out += comment_line(paint, "flags", flags.empty() ? "none" : flags);
  if (query.header.opcode != dns::Opcode::QUERY)
    out += comment_line(paint, "opcode", dns::to_text(query.header.opcode));
  if (query.edns) out += edns_lines(*query.edns, nullptr, paint);
  if (options.key) {
    out += comment_line(paint, "signature",
                        "key " + dns::to_text(options.key->name) + " (" +
                            std::string(tsig::to_text(options.key->algorithm)) + ')');
  }
  if (octets && options.sections.statistics) {
    out += paint(Style::kDim,
                 ";; " + counted(octets->size(), "octet") + ", id " + std::to_string(query.header.id)) +
           '\n';
  }
  return out + '\n';
}

std::string render_error(const ExchangeError& error, const Paint& paint) {
  std::string out;
  for (const std::string& note : error.notes)
    out += comment_line(paint, "note", paint(Style::kWarning, printable(note)));
  out += "atlasctl: " + paint(Style::kBad, "error: ") + printable(error.message) + '\n';
  if (!error.hint.empty()) out += "hint: " + printable(error.hint) + '\n';
  if (error.tls) out += certificate_lines(*error.tls, paint);
  const size_t shown = std::min(error.wire.size(), kHexDumpOctetsMax);
  for (size_t at = 0; at < shown; at += 16) {
    char line[16 * 3 + 8];
    int length = std::snprintf(line, sizeof line, "%04zx", at);
    for (size_t i = at; i < std::min(at + 16, shown); ++i) {
      length +=
          std::snprintf(line + length, sizeof line - static_cast<size_t>(length), " %02x", error.wire[i]);
    }
    out += paint(Style::kDim, std::string_view(line, static_cast<size_t>(length))) + '\n';
  }
  if (shown < error.wire.size())
    out += paint(Style::kDim, "and " + counted(error.wire.size() - shown, "octet") + " more") + '\n';
  return out;
}

}  // namespace atlas::app::atlasctl::query
