// GET /v1/changes/{id}/propagation: whether a change is to be seen at every secondary of its zone.
#pragma once

#include <functional>

#include "atlas/control/propagation/propagation.h"
#include "atlas/http/router.h"

namespace atlas::control::api {

// http::Server::answer_later().
using AnswerLater = std::function<void(uint64_t request, const http::Response& response)>;

// The answer is held until all serve it, or the time of the query's `wait` is over. Both must outlive the
// router.
void add_propagation_route(http::Router& router, propagation::Propagation& propagation, AnswerLater answer);

}  // namespace atlas::control::api
