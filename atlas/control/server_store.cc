// What the server remembers, and what changes it.
#include "atlas/control/changes/adoption.h"
#include "atlas/control/server.h"
#include "atlas/control/store/sqlite_store.h"
#include "atlas/control/store/unavailable_store.h"

namespace atlas::control {

using handoff::EventId;

base::Result<void> Server::open_store() {
  const std::filesystem::path folder =
      config_.store.folder.empty() ? config_.paths.state / "store" : config_.store.folder;
  auto opened = store::open_sqlite_store(folder, config_.store.key_file);
  if (opened) {
    store_ = std::move(*opened);
  } else if (store::has_sqlite_store(folder)) {
    // What is served without it would not be what was served before.
    return base::fail("the store cannot be opened: " + opened.error().message, opened.error().hint);
  } else {
    events_.emit(EventId::kChangesNotWritten, {{"error", opened.error().message}});
    store_ = store::make_unavailable_store(opened.error());
  }
  for (const store::Repair& repair : store_->repairs())
    events_.emit(EventId::kStoreRepaired, {{"damage", repair.what}});
  changes_ = std::make_unique<changes::Changes>(*store_, store::texts_folder(folder), zones_, events_);
  zones_.use_adopt([this](zones::ZoneState& zone, const zones::LoadedZone& loaded) {
    return changes::adopt(*changes_, events_, zone, loaded);
  });
  update_desk_ = std::make_unique<updates::UpdateDesk>(requests_, *changes_, events_);
  update_desk_->use_settings(config_.updates);
  housekeeping_ = std::make_unique<changes::Housekeeping>(*changes_, events_);
  housekeeping_->use_settings(config_.history);
  auto keys = read_keys(config_);
  if (!keys) return std::unexpected(keys.error());
  use_keys(std::move(*keys));
  return {};
}

// Those of the configuration and those of the store.
base::Result<Server::KeyTablePtr> Server::read_keys(const config::Config& config) const {
  auto keys = config::read_keys(config.keys);
  if (!keys) return std::unexpected(keys.error());
  const auto rows = store_->keys();
  if (!rows) return std::unexpected(rows.error());
  for (const store::KeyRow& row : *rows) {
    const bool is_there =
        std::ranges::any_of(*keys, [&](const tsig::Key& key) { return key.name == row.name; });
    if (is_there) {
      return base::fail("key " + dns::to_text(row.name.view()) + " is in the configuration and in the store",
                        "take it out of the configuration, or delete the other with atlasctl key delete");
    }
    const auto algorithm = tsig::parse_algorithm(row.algorithm);
    if (algorithm) keys->push_back({.name = row.name, .algorithm = *algorithm, .secret = row.secret});
  }
  return std::make_shared<const tsig::KeyTable>(std::move(*keys));
}

void Server::use_keys(KeyTablePtr keys) {
  keys_ = std::move(keys);
  update_desk_->use_keys(keys_);
}

// Once those of the store have changed.
void Server::refresh_keys() {
  auto keys = read_keys(config_);
  if (keys) {
    if (auto used = remotes_.configure(config_.remotes, *keys); !used) keys = std::unexpected(used.error());
  }
  if (!keys) {
    events_.emit(EventId::kKeysNotRead, {{"error", keys.error().message}});
    return;
  }
  use_keys(std::move(*keys));
  use_transfer_settings();
  secondaries_->reconsider();
}

void Server::serve_updates() {
  more_updates_ = update_desk_->serve([this] { publish_zones(); }) == updates::kGroupMax;
}

}  // namespace atlas::control
