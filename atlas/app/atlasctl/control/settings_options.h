// Options that say what a zone has beside its records.
#pragma once

#include "atlas/app/atlasctl/words.h"

namespace boost::json {
class object;
}  // namespace boost::json

namespace atlas::app::atlasctl::control {

inline constexpr Option kSecondaryOption = {"--secondary", true,
                                            "who is told of new versions, like --primary; more than once"};
inline constexpr Option kAllowTransferOption = {
    "--allow-transfer", true, "who may take it, as in '192.0.2.0/24 key xfr.example.'; more than once"};
inline constexpr Option kAllowNotifyOption = {"--allow-notify", true,
                                              "who may notify of it beside its primaries; more than once"};
inline constexpr Option kForwardUpdatesOption = {
    "--forward-updates", true, "whose updates are passed on to its primaries; more than once"};
inline constexpr Option kCatalogOption = {
    "--catalog", true, "produce: a catalog of zones here; consume: its members become secondaries here"};
inline constexpr Option kMemberOfOption = {"--member-of", true, "the catalog here that lists it"};
inline constexpr Option kGroupOption = {"--group", true, "its group in that catalog"};
inline constexpr Option kMembersOption = {
    "--members", true, "what members of a consumed catalog get, as in '{\"allow_transfer\":[\"any\"]}'"};
inline constexpr Option kGroupsOption = {"--groups", true,
                                         "the same by group, as in '{\"fast\":{\"secondaries\":[\"ns2\"]}}'"};

// Whether any of the options is there.
bool has_settings(const Words& words);
// Changes the settings that the options name: lists become what is given, and "none" or "off" alone takes one
// away. False, with a message, if one is wrong.
bool change_settings(const Words& words, boost::json::object& settings);

}  // namespace atlas::app::atlasctl::control
