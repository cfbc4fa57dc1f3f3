// The zones of the store meet those of the configuration.
#include "atlas/control/changes/changes.h"
#include "atlas/control/changes/recovery.h"

namespace atlas::control::changes {
namespace {

using handoff::EventId;
using store::ZoneKind;

bool is_of_configuration(const store::ZoneRow& row) {
  return row.kind == ZoneKind::kFile || row.created_by.actor == kConfiguration;
}

}  // namespace

base::Result<void> Changes::attach() {
  auto rows = store_.zones();
  if (!rows) return std::unexpected(rows.error());
  dormant_.clear();
  for (const store::ZoneRow& row : *rows) {
    if (row.deleted) continue;
    if (auto attached = attach(row); !attached) return attached;
  }
  // Later on, one may have been written that no row names yet.
  if (!is_attached_) texts_.remove_others(*rows);
  is_attached_ = true;
  const auto expiry = store_.next_expiry();
  if (!expiry) return std::unexpected(expiry.error());
  has_leases_ = expiry->has_value();
  if (!pending()) return {};
  const auto written = commit();
  return written ? base::Result<void>{} : std::unexpected(written.error());
}

base::Result<void> Changes::attach(const store::ZoneRow& row) {
  const zones::ZoneState* const present = zones_.find(row.apex);
  if (is_of_configuration(row)) {
    if (present != nullptr && present->is_configured()) {
      attach_configured(*present, row);
    } else {
      dormant_.insert_or_assign(row.apex, row);
    }
    return {};
  }
  const std::string name = dns::to_text(row.apex.view());
  if (present != nullptr && present->is_configured()) {
    return base::fail("zone " + name + " is in the store, where " + row.created_by.actor +
                          " made it, and at " + present->configured_in.string() + ':' +
                          std::to_string(present->line),
                      "take it out of the configuration, or delete the other with atlasctl zone delete");
  }
  if (present != nullptr) return {};
  auto state = state_of(row, texts_);
  if (!state) return base::fail("zone " + name + ": " + state.error().message, state.error().hint);
  zones_.put(with_row(std::move(*state), row));
  return {};
}

void Changes::attach_configured(const zones::ZoneState& present, const store::ZoneRow& row) {
  if (present.kind != row.kind) {
    // It was another kind of zone. One that is here already has a row of its own.
    if (present.row == nullptr || present.row->id != row.id) dormant_.insert_or_assign(row.apex, row);
    give_up_name(row.apex);
    return;
  }
  if (present.row != nullptr) return;
  zones_.put(with_row(present, row));
}

// A zone without a text comes from the row itself; texts are loaded later.
zones::ZoneState Changes::with_row(zones::ZoneState state, const store::ZoneRow& row) {
  state.row = std::make_shared<const store::ZoneRow>(row);
  if (state.kind == ZoneKind::kFile) return state;
  state.refreshed = row.refreshed;
  state.last_change = row.basis.change;
  if (!row.basis.file.empty()) {
    state.file = texts_.path_of(row.basis);
    return state;
  }
  auto recovered = recover(store_, texts_, row);
  if (!recovered) {
    // Its primary has it still.
    events_.emit(EventId::kJournalDamaged,
                 {{"zone", dns::to_text(row.apex.view())}, {"damage", recovered.error().message}});
    state.failed = true;
    state.error = recovered.error().message;
    return state;
  }
  state.version = std::move(recovered->version);
  state.changes_behind_basis = recovered->changes;
  state.last_change = recovered->last;
  return state;
}

void Changes::give_up_name(dns::NameView apex) {
  const auto found = dormant_.find(apex);
  if (found == dormant_.end()) return;
  store::ZoneRow row = found->second;
  names_given_up_.push_back(found->first);
  row.deleted = base::wall_now();
  row.deleted_by = {.actor = std::string(kConfiguration), .source = {}, .reason = "the zone is another one"};
  batch_.zones.push_back(std::move(row));
}

}  // namespace atlas::control::changes
