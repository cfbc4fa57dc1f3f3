// What the tests of every kind of source share.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "atlas/control/import/findings.h"
#include "atlas/control/import/memory_files.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import {

class ReadingTest : public testing::Test {
 protected:
  // "NAME FILE".
  std::vector<std::string> zones() const {
    std::vector<std::string> names;
    for (const SourceZone& zone : setup_.zones) {
      names.push_back(dns::to_text(zone.apex) + ' ' + zone.file.string());
    }
    return names;
  }
  // "LINE:COLUMN message" of the losses of a group.
  std::vector<std::string> losses(Group group) const { return found(group, true); }
  std::vector<std::string> notes(Group group) const { return found(group, false); }
  std::vector<std::string> found(Group group, bool is_loss) const {
    std::vector<std::string> texts;
    for (const Finding& finding : findings_.all()) {
      if (finding.group != group || finding.is_loss != is_loss) continue;
      texts.push_back(std::to_string(finding.position.line) + ':' + std::to_string(finding.position.column) +
                      ' ' + finding.message);
    }
    return texts;
  }
  std::vector<std::string> listeners() const {
    std::vector<std::string> texts;
    for (const Listener& listener : setup_.settings.listen) {
      std::string text = listener.endpoint.to_text();
      for (const auto transport : listener.transports) {
        text += std::string(" ") + query::kTransportNames[static_cast<size_t>(transport)];
      }
      texts.push_back(std::move(text));
    }
    return texts;
  }
  static std::vector<std::string> prefixes(const Clients& clients) {
    std::vector<std::string> texts;
    for (const net::Prefix& prefix : clients.value_or(std::vector<net::Prefix>())) {
      texts.push_back(prefix.to_text());
    }
    return texts;
  }

  MemoryFiles files_;
  Source source_{files_};
  Findings findings_{source_};
  atlas::control::import::Setup setup_;  // testing::Test has another
  std::string error_;
};

}  // namespace atlas::control::import
