// How a store is opened, with what tests want otherwise.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/base/secret.h"
#include "atlas/control/store/connection.h"
#include "atlas/control/store/schema.h"
#include "atlas/control/store/store.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::control::store {

struct OpenOptions {
  std::filesystem::path folder;
  std::filesystem::path key_file{};  // empty: FOLDER/store.key
  const char* vfs = nullptr;
  std::span<const char* const> steps = schema_steps();
  // A start looks for damage for this long; what it has not come to is verified when it is read.
  std::chrono::milliseconds check_time{250};
};

// A database that was verified and has the newest schema, and what goes with it.
struct OpenedStore {
  net::FileDescriptor lock;
  std::filesystem::path folder;
  base::Secret key;
  const char* vfs = nullptr;
  Connection connection;
  std::vector<Repair> repairs;
};

base::Result<OpenedStore> open_database(const OpenOptions& options);
base::Result<std::unique_ptr<Store>> open_store(const OpenOptions& options);

// Names of files in the folder.
std::filesystem::path database_path(const std::filesystem::path& folder);
// It is there after a read has found damage: the next start looks at everything.
std::filesystem::path suspect_path(const std::filesystem::path& folder);

// Whether the connection is to a database that can be read, and that nobody else uses; then in the modes that
// the store works in.
base::Result<void> settle(Connection& connection);

}  // namespace atlas::control::store
