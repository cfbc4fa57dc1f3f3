// The store in one file, by SQLite with SQLCipher's encryption: pages are authenticated, so that damage is
// noticed.
#pragma once

#include <filesystem>
#include <memory>

#include "atlas/base/result.h"
#include "atlas/control/store/store.h"

namespace atlas::control::store {

// Opens FOLDER/atlas.db with the key in FOLDER/store.key (or another file), or makes both. An older schema is
// migrated after a copy was kept beside it; a newer one is refused. A damaged file is put aside, named, and
// what is good of it is taken over: see Store::repairs().
base::Result<std::unique_ptr<Store>> open_sqlite_store(const std::filesystem::path& folder,
                                                       const std::filesystem::path& key_file = {});
// Where the texts of its zones are, which Basis::file names.
std::filesystem::path texts_folder(const std::filesystem::path& folder);
// Whether there is one, good or not.
bool has_sqlite_store(const std::filesystem::path& folder);

}  // namespace atlas::control::store
