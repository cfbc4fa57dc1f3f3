// The texts of the zones that the store owns, in a folder beside it: where a start begins. They are zone
// files like any other, in canonical form; whoever lost all else can still read them.
#pragma once

#include <filesystem>

#include "atlas/base/result.h"
#include "atlas/control/store/store.h"
#include "atlas/zone/zone.h"

namespace atlas::control::changes {

class ZoneTexts {
 public:
  explicit ZoneTexts(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }
  // Any thread. Writes a version, on the disk when it returns. `change` is the last one that it holds.
  base::Result<store::Basis> write(store::ZoneId id, store::ChangeId change, const zone::Zone& version) const;
  std::filesystem::path path_of(const store::Basis& basis) const { return folder_ / basis.file; }
  // Whether the text is what was written.
  base::Result<void> verify(const store::Basis& basis) const;
  void remove(const store::Basis& basis) const;
  // Of all texts but those that some basis names.
  void remove_others(const std::vector<store::ZoneRow>& rows) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace atlas::control::changes
