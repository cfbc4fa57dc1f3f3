// For tests: the remotes that zones have as secondaries.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "atlas/base/result.h"
#include "atlas/control/remotes/remote.h"

namespace atlas::control::propagation {

// ns2 has one address, ns3 two; nobody else is known. Each is the same remote whenever it is looked for.
class TestRemotes {
 public:
  base::Result<remotes::RemotePtr> find(std::string_view reference) {
    if (const auto found = remotes_.find(std::string(reference)); found != remotes_.end())
      return found->second;
    auto remote = std::make_shared<remotes::Remote>();
    remote->name = reference;
    if (reference == "ns2") {
      remote->endpoints = {*net::Endpoint::parse("192.0.2.2:53", 53)};
    } else if (reference == "ns3") {
      remote->endpoints = {*net::Endpoint::parse("192.0.2.3:53", 53),
                           *net::Endpoint::parse("192.0.2.4:53", 53)};
    } else {
      return base::fail("there is no remote " + std::string(reference));
    }
    return remotes_[remote->name] = remote;
  }

 private:
  std::map<std::string, remotes::RemotePtr> remotes_;
};

}  // namespace atlas::control::propagation
