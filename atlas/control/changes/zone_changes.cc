// Zones that are made, changed as a whole, deleted and brought back.
#include <algorithm>

#include "atlas/control/changes/changes.h"
#include "atlas/control/changes/recovery.h"

namespace atlas::control::changes {
namespace {

using store::ZoneKind;

std::unexpected<Refused> refuse(Refused::Kind kind, std::string message, std::string hint = {}) {
  return std::unexpected(Refused{kind, std::move(message), std::move(hint)});
}

std::string text_of(dns::NameView name) {
  return dns::to_text(name);
}

}  // namespace

Outcome<Made> Changes::create(const NewZone& zone) {
  const zones::ZoneState* const present = find(zone.apex);
  // One that the configuration names, and whose content comes from here.
  const bool is_awaited = present != nullptr && present->is_configured() &&
                          present->kind == ZoneKind::kPrimary && present->version == nullptr &&
                          present->row == nullptr && zone.content != nullptr;
  if (present != nullptr && !is_awaited) {
    return refuse(Refused::Kind::kExists, "there is a zone " + text_of(zone.apex) + " already",
                  present->is_configured() ? "the configuration has it: " + present->configured_in.string() +
                                                 ':' + std::to_string(present->line)
                                           : "");
  }
  if (const auto checked = zones::check(zone.settings, zone.apex); !checked)
    return refuse(Refused::Kind::kInvalid, checked.error().message, checked.error().hint);
  const bool is_secondary = !zone.settings.primaries.empty();
  if (is_secondary != (zone.content == nullptr)) {
    return refuse(Refused::Kind::kInvalid, is_secondary ? "a secondary's content comes from its primaries"
                                                        : "a zone without primaries needs its content");
  }
  store::ZoneRow row;
  if (is_awaited) {
    row = row_of(*present);
  } else {
    row.id = new_zone_id();
    row.kind = is_secondary ? ZoneKind::kSecondary : ZoneKind::kPrimary;
    row.apex = zone.apex;
    row.apex.make_lower();
    row.created_by = zone.origin;
    row.created = base::wall_now();
    row.settings = zones::to_json(zone.settings);
    row.catalog = zone.catalog;
    row.catalog_label = zone.catalog_label;
  }
  if (zone.content != nullptr) {
    auto basis = texts_.write(row.id, {}, *zone.content);
    if (!basis) return refuse(Refused::Kind::kStore, basis.error().message, basis.error().hint);
    row.basis = std::move(*basis);
  }
  give_up_name(row.apex);
  StagedZone& staged = stage(row.apex);
  if (!is_awaited) {
    zones::ZoneState& made = staged.state.emplace();
    made.apex = row.apex;
    made.kind = row.kind;
    zones::use_settings(made, zone.settings);
  }
  zones::ZoneState& state = *staged.state;
  if (zone.content != nullptr) {
    state.file = texts_.path_of(row.basis);
    state.stamps = {zones::stamp_of(state.file)};
    state.version = zone.content;
    state.is_digest_old = state.settings->zonemd.has_value();
  }
  put_row(state, std::move(row));
  if (zone.content == nullptr) return Made{.zone = state.row->id};
  return Made{.serial = zone.content->serial(), .records_added = zone.content->record_count()};
}

Outcome<void> Changes::set_settings(dns::NameView zone, const zones::ZoneSettings& settings) {
  const zones::ZoneState* state = find(zone);
  if (state == nullptr) return refuse(Refused::Kind::kUnknown, "there is no zone " + text_of(zone));
  if (state->is_configured()) {
    return refuse(Refused::Kind::kReadOnly,
                  "the settings of zone " + text_of(zone) + " are in the configuration",
                  state->configured_in.string() + ':' + std::to_string(state->line));
  }
  if (const auto checked = zones::check(settings, zone); !checked)
    return refuse(Refused::Kind::kInvalid, checked.error().message, checked.error().hint);
  const ZoneKind kind = settings.primaries.empty() ? ZoneKind::kPrimary : ZoneKind::kSecondary;
  if (kind == ZoneKind::kPrimary && state->version == nullptr) {
    return refuse(Refused::Kind::kConflict, "zone " + text_of(zone) + " has no content so far",
                  "it can do without primaries once one of them has given it");
  }
  StagedZone& staged = stage(zone);
  if (kind != staged.state->kind) {
    // What is there is kept: a secondary goes on from it as a primary, and the other way round.
    staged.state->kind = kind;
    staged.state->is_expired = false;
    staged.state->expires_unix_seconds = 0;
  }
  zones::use_settings(*staged.state, settings);
  store::ZoneRow row = row_of(*staged.state);
  row.kind = kind;
  row.settings = zones::to_json(settings);
  put_row(*staged.state, std::move(row));
  staged.state->is_digest_old = settings.zonemd.has_value();
  return {};
}

Outcome<void> Changes::remove(dns::NameView zone, const store::Origin& origin) {
  const zones::ZoneState* state = find(zone);
  if (state == nullptr) return refuse(Refused::Kind::kUnknown, "there is no zone " + text_of(zone));
  if (state->is_configured()) {
    return refuse(Refused::Kind::kReadOnly, "zone " + text_of(zone) + " is in the configuration",
                  "take it out of " + state->configured_in.string() + ':' + std::to_string(state->line) +
                      " and reload");
  }
  StagedZone& staged = stage(zone);
  store::ZoneRow row = row_of(*staged.state);
  row.deleted = base::wall_now();
  row.deleted_by = origin;
  put_row(*staged.state, std::move(row));
  staged.state.reset();
  return {};
}

Outcome<store::ZoneRow> Changes::find_deleted(store::ZoneId zone) const {
  const auto rows = store_.zones();
  if (!rows) return refuse(Refused::Kind::kStore, rows.error().message, rows.error().hint);
  const auto found = std::ranges::find(*rows, zone, &store::ZoneRow::id);
  if (found == rows->end() || !found->deleted) {
    return refuse(Refused::Kind::kUnknown,
                  "no deleted zone has the number " + std::to_string(static_cast<int64_t>(zone)),
                  "atlasctl zone deleted lists them");
  }
  return *found;
}

Outcome<Made> Changes::restore(store::ZoneId zone, const store::Origin&) {
  auto row = find_deleted(zone);
  if (!row) return std::unexpected(row.error());
  if (find(row->apex) != nullptr)
    return refuse(Refused::Kind::kExists, "there is another zone " + text_of(row->apex) + " by now");
  auto recovered = recover(store_, texts_, *row);
  if (!recovered) return refuse(Refused::Kind::kStore, recovered.error().message, recovered.error().hint);
  row->deleted.reset();
  auto state = state_of(*row, texts_);
  if (!state) return refuse(Refused::Kind::kInvalid, state.error().message, state.error().hint);
  give_up_name(row->apex);
  StagedZone& staged = stage(row->apex);
  state->version = std::move(recovered->version);
  state->changes_behind_basis = recovered->changes;
  state->last_change = recovered->last;
  put_row(*state, *row);
  staged.state = std::move(*state);
  const auto& version = staged.state->version;
  if (version == nullptr) return Made{.zone = row->id};
  return Made{.serial = version->serial(), .records_added = version->record_count()};
}

Outcome<void> Changes::purge(store::ZoneId zone) {
  const auto row = find_deleted(zone);
  if (!row) return std::unexpected(row.error());
  batch_.purged.push_back(zone);
  texts_gone_.push_back(row->basis);
  return {};
}

}  // namespace atlas::control::changes
