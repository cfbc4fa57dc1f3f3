// Requests into the handler of DNS over HTTPS: the first octet chooses method and fields, then come the
// target and the body, apart by a line feed.
#include <string_view>

#include "atlas/base/assert.h"
#include "atlas/data/transport/doh/freshness.h"
#include "atlas/data/transport/doh/handler.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/http/target.h"
#include "atlas/zone/record_list.h"

namespace {

using namespace atlas;

handoff::ServingSnapshot make_snapshot() {
  const dns::Name apex = dns::parse_name("example.").value();
  zone::RecordList records;
  const auto add = [&](const char* owner, dns::RRType type, const char* rdata) {
    records.add(dns::parse_name(owner, apex).value(), type, 300, dns::parse_rdata(type, rdata, apex).value());
  };
  add("@", dns::RRType::SOA, "ns admin 1 3600 600 86400 60");
  add("@", dns::RRType::NS, "ns");
  add("ns", dns::RRType::A, "192.0.2.1");
  add("*.w", dns::RRType::TXT, "\"a \\\" and \\255\" b");
  add("alias", dns::RRType::CNAME, "x.w");
  add("sub", dns::RRType::NS, "ns.sub");
  records.sort();
  handoff::ServingSnapshot snapshot;
  snapshot.zones = handoff::ZoneDirectory({{apex, zone::Zone::build(apex, records)}});
  snapshot.allow_query = policy::access::AccessList::everybody();
  return snapshot;
}

struct Server {
  handoff::ServingSnapshot snapshot = make_snapshot();
  handoff::WorkerCounters counters;
  data::Pipeline pipeline{snapshot.rate_limit, counters, nullptr};
  data::transport::doh::Handler handler{{}, pipeline};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Server server;
  if (size == 0) return 0;
  constexpr std::string_view kFields[] = {"", "application/dns-message", "application/dns-json",
                                          "text/html, */*;q=0.1"};
  const uint8_t choice = data[0];
  const std::string_view rest = base::text_of({data + 1, size - 1});
  const size_t end = std::min(rest.find('\n'), rest.size());
  http::RequestView request{.method = static_cast<http::Method>(choice % 5),
                            .content_type = kFields[choice >> 4 & 3],
                            .accept = kFields[choice >> 6],
                            .body = base::bytes_of(rest.substr(std::min(end + 1, rest.size())))};
  // A field of the fuzzer's own choice, where there is none to choose.
  if (choice >> 6 == 0) request.accept = base::text_of(request.body);
  if (!http::split_target(rest.substr(0, end), request)) return 0;
  const data::Batch batch{server.snapshot, {}, 1000, 1'700'000'000};
  query::Client client;
  client.transport = query::Transport::kTcp;
  const http::ResponseView response = server.handler.answer(request, client, batch).value();

  ATLAS_ASSERT(response.status >= 200 && response.status < 600);
  ATLAS_ASSERT(response.body.size() <= 2 << 20);
  if (response.content_type == "application/dns-message") {
    const auto message = dns::parse_message(response.body);
    ATLAS_ASSERT(response.status == 200 && message);
    const auto seconds = data::transport::doh::freshness(response.body);
    for (const dns::Record& record : message->answers) ATLAS_ASSERT(!seconds || *seconds <= record.ttl);
  } else if (response.status == 200) {
    ATLAS_ASSERT(response.body.front() == '{' && response.body.back() == '\n');
  }
  return 0;
}
