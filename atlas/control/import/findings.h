// What an import has to say about a source, in groups.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/control/import/source.h"

namespace atlas::control::import {

// More nobody reads; what comes behind is counted.
inline constexpr size_t kFindingsMax = 20'000;

enum class Group : uint8_t {
  kZones,      // that are not taken
  kViews,      // or parts of zones that depend on the client
  kUpdates,    // who may change zones
  kAccess,     // who may ask
  kSigning,    // DNSSEC
  kTransfers,  // to and from other servers
  kRecursion,
  kRecords,   // of zones that are taken
  kSettings,  // of the server
  kUnknown,   // statements
  kProcess,   // how it runs on its machine: nothing that answers depend on
};
inline constexpr size_t kGroupCount = 11;

// For people, and for programs.
std::string_view title(Group group);
std::string_view to_text(Group group);

struct Finding {
  Group group = Group::kSettings;
  bool is_loss = true;  // the source did something that Atlas will not do; else it is only said
  std::string file;
  base::TextPosition position;
  std::string message;
  std::string hint;
};

class Findings {
 public:
  explicit Findings(const Source& source) : source_(source) {}

  void lose(Group group, Place place, std::string message, std::string hint = {}) {
    add(group, true, place, std::move(message), std::move(hint));
  }
  void note(Group group, Place place, std::string message, std::string hint = {}) {
    add(group, false, place, std::move(message), std::move(hint));
  }
  void add(Finding finding);

  const std::vector<Finding>& all() const { return all_; }
  size_t losses(Group group) const { return losses_[static_cast<size_t>(group)]; }
  size_t notes(Group group) const { return notes_[static_cast<size_t>(group)]; }
  size_t losses() const;
  size_t left_out() const { return left_out_; }

 private:
  void add(Group group, bool is_loss, Place place, std::string message, std::string hint);

  const Source& source_;
  std::vector<Finding> all_;
  std::array<size_t, kGroupCount> losses_{};
  std::array<size_t, kGroupCount> notes_{};
  size_t left_out_ = 0;
};

}  // namespace atlas::control::import
