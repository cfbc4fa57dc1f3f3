// The keys of the entries of lists: for the visitors that read them and that write the schema.
#pragma once

#include <string_view>

namespace atlas::control::config {

struct Key {
  std::string_view name;
  std::string_view about;  // one or two sentences for the schema and the documentation
};

namespace remote_keys {

inline constexpr Key kName{"name", "What zones call it. Must be there."};
inline constexpr Key kAddress{"address",
                              "Its address, or a list of addresses in order of preference, with or without a "
                              "port: 53 if none is given, "
                              "853 with transport tls or quic. Must be there."};
inline constexpr Key kTransport{"transport",
                                "tcp (small questions go over UDP first), tls (RFC 9103) or quic (RFC 9250): "
                                "all that is asked of it, and "
                                "told to it, goes that way."};
inline constexpr Key kKey{"key", "The key that signs what is asked of it, and its answers (RFC 8945)."};
inline constexpr Key kTlsName{
    "tls-name", "The DNS name that its certificate must have. Neither tls-name nor pins: whoever answers."};
inline constexpr Key kPins{
    "pins", "SHA-256 digests of public keys in base64, one of which must be its own, whoever issued it."};
inline constexpr Key kAuthoritiesFile{"authorities-file",
                                      "Who may issue its certificate, PEM. Empty: whom the system trusts."};
inline constexpr Key kCertificate{
    "certificate", "What is shown to it: a mapping of chain-file and key-file (PEM). None: nothing."};
inline constexpr Key kSource{
    "source", "The address here that questions come from; a list of two has one of each family."};

}  // namespace remote_keys

namespace zone_keys {

inline constexpr Key kZone{"zone", "The zone's name. Must be there."};
inline constexpr Key kFile{
    "file",
    "Path of the zone file. Without it and without primaries: zone-defaults.file. A secondary has none."};
inline constexpr Key kPrimaries{"primaries",
                                "Where the zone comes from, in order of preference: names of remotes, or "
                                "addresses as in \"192.0.2.9:5353 "
                                "key xfr.example.\". It is a secondary then."};
inline constexpr Key kSecondaries{"secondaries",
                                  "Who is told of new versions (RFC 1996), written like primaries."};
inline constexpr Key kAllowTransfer{
    "allow-transfer",
    "Who may take the zone (AXFR, IXFR): rules \"[deny] [ADDRESS, PREFIX or any] [key NAME] [tls NAME]\", of "
    "which the first that fits decides. None: nobody."};
inline constexpr Key kAllowNotify{
    "allow-notify", "Of a secondary: who may notify of it beside its primaries, in the same words."};
inline constexpr Key kForwardUpdates{
    "forward-updates",
    "Of a secondary: whose dynamic updates are passed on to its primaries, in the same words."};
inline constexpr Key kUpdatePolicy{
    "update-policy",
    "Who may change what by dynamic update: a list of rules in the words of BIND's update-policy, as in "
    "\"grant ddns-key subdomain home.example.org. A AAAA\"."};
inline constexpr Key kZonemd{"zonemd", "A ZONEMD record that follows every change by update (RFC 8976)."};
inline constexpr Key kCatalog{
    "catalog",
    "produce: a catalog zone (RFC 9432) that is made here, of the zones whose member-of it is. consume: "
    "one whose members become secondaries here."};
inline constexpr Key kMemberOf{"member-of", "The catalog here that lists the zone."};
inline constexpr Key kGroup{"group", "The zone's group in it."};
inline constexpr Key kMembers{
    "members",
    "What members of a catalog to consume get: a mapping of primaries (the catalog's own without), "
    "secondaries and allow-transfer."};
inline constexpr Key kGroups{
    "groups",
    "The same by group: a mapping of the group's name to such a mapping, which stands in place of "
    "members."};

}  // namespace zone_keys

}  // namespace atlas::control::config
