#include "atlas/control/import/findings.h"

#include <numeric>

namespace atlas::control::import {
namespace {

struct GroupText {
  std::string_view title;
  std::string_view word;
};

constexpr std::array<GroupText, kGroupCount> kGroups = {{
    {"Zones that are not taken", "zones"},
    {"Views", "views"},
    {"Who may change zones", "updates"},
    {"Who may ask", "access"},
    {"Signing", "signing"},
    {"Transfers", "transfers"},
    {"Recursion", "recursion"},
    {"Records", "records"},
    {"Settings", "settings"},
    {"Unknown statements", "unknown"},
    {"The process", "process"},
}};

}  // namespace

std::string_view title(Group group) {
  return kGroups[static_cast<size_t>(group)].title;
}

std::string_view to_text(Group group) {
  return kGroups[static_cast<size_t>(group)].word;
}

void Findings::add(Finding finding) {
  ++(finding.is_loss ? losses_ : notes_)[static_cast<size_t>(finding.group)];
  if (all_.size() == kFindingsMax) {
    ++left_out_;
    return;
  }
  all_.push_back(std::move(finding));
}

void Findings::add(Group group, bool is_loss, Place place, std::string message, std::string hint) {
  add({group, is_loss, source_.path(place.file).string(), place.position, std::move(message),
       std::move(hint)});
}

size_t Findings::losses() const {
  return std::accumulate(losses_.begin(), losses_.end(), size_t{0});
}

}  // namespace atlas::control::import
