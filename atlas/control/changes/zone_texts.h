// The texts of the zones that the store owns, in a folder beside it: where a start begins. They are zone
// files like any other, in canonical form; whoever lost all else can still read them. Small secondaries have
// none: they lie in the store as a whole.
#pragma once

#include <filesystem>
#include <optional>

#include "atlas/base/result.h"
#include "atlas/control/store/store.h"
#include "atlas/zone/zone.h"

namespace atlas::control::changes {

// A zone whose text is shorter may lie in the store as a whole: ten thousand of them are no files, and one
// transaction.
inline constexpr size_t kSmallTextOctets = 64 << 10;
// The basis of such a zone, whose overlay is all of it; nothing for a larger one. Any thread.
std::optional<store::Basis> small_basis(const zone::Zone& version);

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
