// What catalogs do to zones.
#include "atlas/control/changes/changes.h"

namespace atlas::control::changes {

Outcome<void> Changes::set_catalog(dns::NameView zone, dns::NameView catalog, const std::string& label) {
  const zones::ZoneState* const state = find(zone);
  if (state == nullptr) {
    return std::unexpected(
        Refused{.kind = Refused::Kind::kUnknown, .message = "there is no zone " + dns::to_text(zone)});
  }
  if (state->is_configured()) {
    return std::unexpected(Refused{.kind = Refused::Kind::kReadOnly,
                                   .message = "zone " + dns::to_text(zone) + " is in the configuration"});
  }
  StagedZone& staged = stage(zone);
  store::ZoneRow row = row_of(*staged.state);
  row.catalog = catalog;
  row.catalog_label = label;
  put_row(*staged.state, std::move(row));
  return {};
}

}  // namespace atlas::control::changes
