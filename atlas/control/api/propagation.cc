#include "atlas/control/api/propagation.h"

#include <boost/json.hpp>

#include "atlas/base/quantity.h"
#include "atlas/base/time_text.h"
#include "atlas/control/api/members.h"
#include "atlas/control/api/replies.h"

namespace atlas::control::api {
namespace {

namespace json = boost::json;
using propagation::PropagationReport;
using propagation::SecondarySerial;

json::object describe(const SecondarySerial& secondary) {
  json::object object{{"name", secondary.name}, {"serves", secondary.serves}};
  // One that is not known has no address.
  if (secondary.endpoint.port != 0) object["address"] = secondary.endpoint.to_text();
  if (secondary.serial) {
    object["serial"] = *secondary.serial;
    object["by_zone_version"] = secondary.by_zone_version;
  }
  if (secondary.since) object["since"] = base::rfc3339_text(*secondary.since);
  if (!secondary.error.empty()) object["error"] = secondary.error;
  return object;
}

json::object describe(const PropagationReport& report) {
  json::array secondaries;
  for (const SecondarySerial& secondary : report.secondaries) secondaries.push_back(describe(secondary));
  return {{"change", number_of(report.change)},
          {"zone", dns::to_text(report.zone.view())},
          {"serial", report.serial},
          {"served_here", report.is_served_here},
          {"in_sync", report.in_sync},
          {"secondaries", std::move(secondaries)}};
}

http::Response wait_for_change(propagation::Propagation& propagation, const http::Request& request,
                               const AnswerLater& answer) {
  const auto id = parse_number(request.parameter("id"), INT64_MAX);
  if (!id) return http::problem(400, "a change is named by its id, a whole number");
  std::chrono::milliseconds wait{0};
  if (const std::string_view text = request.query_value("wait"); !text.empty()) {
    const auto duration = base::parse_duration(text);
    if (!duration || *duration > propagation::kWaitMax) {
      return http::problem(
          400, "wait is a time of at most " + base::duration_text(propagation::kWaitMax) + ", as in 30s");
    }
    wait = *duration;
  }
  const auto watched = propagation.watch(static_cast<store::ChangeId>(*id), wait, base::monotonic_now(),
                                         [answer, number = request.id](const PropagationReport& report) {
                                           answer(number, reply(describe(report)));
                                         });
  if (!watched) return refusal(watched.error());
  return http::later();
}

}  // namespace

void add_propagation_route(http::Router& router, propagation::Propagation& propagation, AnswerLater answer) {
  router.add("GET", "/v1/changes/{id}/propagation",
             [&propagation, answer = std::move(answer)](const http::Request& request) {
               return wait_for_change(propagation, request, answer);
             });
}

}  // namespace atlas::control::api
