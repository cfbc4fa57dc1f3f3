// One row a type: what its RDATA consists of. A type that has no row is known by its mnemonic only and is
// written in RFC 3597's generic form: NULL, OPT, the reserved UINFO, UID, GID and UNSPEC, and the query
// types.
#include <algorithm>
#include <iterator>

#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr TypeRow kRows[] = {
    {RRType::A, "address", {&kIpv4}},
    {RRType::NS, "name", {&kNameCompressed}},
    {RRType::MD, "name", {&kNameCompressed}},
    {RRType::MF, "name", {&kNameCompressed}},
    {RRType::CNAME, "name", {&kNameCompressed}},
    {RRType::SOA,
     "mname rname serial refresh retry expire minimum",
     {&kNameCompressed, &kNameCompressed, &kU32, &kTtl, &kTtl, &kTtl, &kTtl}},
    {RRType::MB, "name", {&kNameCompressed}},
    {RRType::MG, "name", {&kNameCompressed}},
    {RRType::MR, "name", {&kNameCompressed}},
    {RRType::WKS, "address protocol port...", {&kIpv4, &kWksServices}},
    {RRType::PTR, "name", {&kNameCompressed}},
    {RRType::HINFO, "cpu os", {&kString, &kString}},
    {RRType::MINFO, "rmailbx emailbx", {&kNameCompressed, &kNameCompressed}},
    {RRType::MX, "preference exchange", {&kU16, &kNameCompressed}},
    {RRType::TXT, "string...", {&kStrings}},
    {RRType::RP, "mailbox txt-name", {&kNameCompressed, &kNameCompressed}},
    {RRType::AFSDB, "subtype hostname", {&kU16, &kNameCompressed}},
    {RRType::X25, "psdn-address", {&kDigits}},
    {RRType::ISDN, "isdn-address [subaddress]", {&kString, &kStringOptional}},
    {RRType::RT, "preference host", {&kU16, &kNameCompressed}},
    {RRType::NSAP, "0xhex", {&kNsap}},
    {RRType::NSAP_PTR, "name", {&kName}},
    {RRType::SIG,
     "type algorithm labels ttl expiration inception key-tag signer signature",
     {&kRRType, &kAlgorithm, &kU8, &kTtl, &kTime, &kTime, &kU16, &kNameCompressed, &kBase64}},
    {RRType::KEY, "flags protocol algorithm [key]", {&kU16, &kU8, &kAlgorithm, &kBase64Maybe}},
    {RRType::PX, "preference map822 mapx400", {&kU16, &kNameCompressed, &kNameCompressed}},
    {RRType::GPOS, "longitude latitude altitude", {&kDecimal, &kDecimal, &kDecimal}},
    {RRType::AAAA, "address", {&kIpv6}},
    {RRType::LOC, "d [m [s]] N|S d [m [s]] E|W altitude [size [horizontal [vertical]]]", {&kLoc}},
    {RRType::NXT, "next-name type...", {&kNameCompressed, &kNxtBitmap}},
    {RRType::EID, "hex", {&kHex}},
    {RRType::NIMLOC, "hex", {&kHex}},
    {RRType::SRV, "priority weight port target", {&kU16, &kU16, &kU16, &kNameCompressed}},
    {RRType::ATMA, "hex | +digits", {&kAtma}},
    {RRType::NAPTR,
     "order preference flags services regexp replacement",
     {&kU16, &kU16, &kString, &kString, &kString, &kNameCompressed}},
    {RRType::KX, "preference exchanger", {&kU16, &kNameLower}},
    {RRType::CERT, "type key-tag algorithm certificate", {&kCertType, &kU16, &kAlgorithm, &kBase64}},
    {RRType::A6, "prefix-length [suffix] [prefix-name]", {&kA6Suffix, &kA6PrefixName}},
    {RRType::DNAME, "name", {&kNameLower}},
    {RRType::SINK, "meaning coding subcoding [data]", {&kU8, &kU8, &kU8, &kBase64Maybe}},
    {RRType::APL, "[!]family:address/prefix...", {&kApl}},
    {RRType::DS, "key-tag algorithm digest-type digest", {&kU16, &kAlgorithm, &kU8, &kDsDigest}},
    {RRType::SSHFP, "algorithm fingerprint-type fingerprint", {&kU8, &kU8, &kHex}},
    {RRType::IPSECKEY,
     "precedence gateway-type algorithm gateway [key]",
     {&kU8, &kU8, &kU8, &kIpsecGateway, &kBase64Maybe}},
    {RRType::RRSIG,
     "type algorithm labels ttl expiration inception key-tag signer signature",
     {&kRRType, &kAlgorithm, &kU8, &kTtl, &kTime, &kTime, &kU16, &kNameLower, &kBase64}},
    {RRType::NSEC, "next-name type...", {&kName, &kTypeBitmap}},
    {RRType::DNSKEY, "flags protocol algorithm key", {&kU16, &kU8, &kAlgorithm, &kBase64}},
    {RRType::DHCID, "base64", {&kBase64}},
    {RRType::NSEC3,
     "hash-algorithm flags iterations salt next-hashed type...",
     {&kU8, &kU8, &kU16, &kSalt, &kNextHashed, &kTypeBitmap}},
    {RRType::NSEC3PARAM, "hash-algorithm flags iterations salt", {&kU8, &kU8, &kU16, &kSalt}},
    {RRType::TLSA, "usage selector matching-type data", {&kU8, &kU8, &kU8, &kHex}},
    {RRType::SMIMEA, "usage selector matching-type data", {&kU8, &kU8, &kU8, &kHex}},
    {RRType::HIP, "pk-algorithm hit public-key [rendezvous-server...]", {&kHipKeys, &kNames}},
    {RRType::NINFO, "string...", {&kStrings}},
    {RRType::RKEY, "flags protocol algorithm key", {&kU16, &kU8, &kAlgorithm, &kBase64}},
    {RRType::TALINK, "previous next", {&kName, &kName}},
    {RRType::CDS, "key-tag algorithm digest-type digest", {&kU16, &kAlgorithm, &kU8, &kDsDigest}},
    {RRType::CDNSKEY, "flags protocol algorithm key", {&kU16, &kU8, &kAlgorithm, &kBase64}},
    {RRType::OPENPGPKEY, "base64", {&kBase64}},
    {RRType::CSYNC, "serial flags type...", {&kU32, &kU16, &kTypeBitmap}},
    {RRType::ZONEMD, "serial scheme hash-algorithm digest", {&kU32, &kU8, &kU8, &kZonemdDigest}},
    {RRType::SVCB, "priority target [key=value...]", {&kU16, &kName, &kSvcParams}},
    {RRType::HTTPS, "priority target [key=value...]", {&kU16, &kName, &kSvcParams}},
    {RRType::DSYNC, "type scheme port target", {&kRRType, &kDsyncScheme, &kU16, &kName}},
    {RRType::HHIT, "base64", {&kBase64}},
    {RRType::BRID, "base64", {&kBase64}},
    {RRType::SPF, "string...", {&kStrings}},
    {RRType::NID, "preference node-id", {&kU16, &kLocator64}},
    {RRType::L32, "preference locator", {&kU16, &kIpv4}},
    {RRType::L64, "preference locator", {&kU16, &kLocator64}},
    {RRType::LP, "preference name", {&kU16, &kName}},
    {RRType::EUI48, "xx-xx-xx-xx-xx-xx", {&kEui48}},
    {RRType::EUI64, "xx-xx-xx-xx-xx-xx-xx-xx", {&kEui64}},
    {RRType::NXNAME, "nothing", {&kNothing}},
    {RRType::TKEY,
     "algorithm inception expiration mode error key-size [key] other-size [other]",
     {&kName, &kTime, &kTime, &kU16, &kError, &kSizedBase64, &kSizedBase64}},
    {RRType::TSIG,
     "algorithm time-signed fudge mac-size [mac] original-id error other-size [other]",
     {&kName, &kU48, &kU16, &kSizedBase64, &kU16, &kError, &kSizedBase64}},
    {RRType::URI, "priority weight \"target\"", {&kU16, &kU16, &kText}},
    {RRType::CAA, "flags tag \"value\"", {&kU8, &kCaaTag, &kTextOrEmpty}},
    {RRType::AVC, "string...", {&kStrings}},
    {RRType::DOA, "enterprise type location media-type data", {&kU32, &kU32, &kU8, &kString, &kDoaData}},
    {RRType::AMTRELAY, "precedence discovery-optional relay-type relay", {&kU8, &kAmtDiscovery, &kAmtRelay}},
    {RRType::RESINFO, "string...", {&kStrings}},
    {RRType::WALLET, "string...", {&kStrings}},
    {RRType::CLA, "string...", {&kStrings}},
    {RRType::IPN, "node-number", {&kU64}},
    {RRType::TA, "key-tag algorithm digest-type digest", {&kU16, &kAlgorithm, &kU8, &kDsDigest}},
    {RRType::DLV, "key-tag algorithm digest-type digest", {&kU16, &kAlgorithm, &kU8, &kDsDigest}},
};

static_assert(std::ranges::is_sorted(kRows, {}, &TypeRow::type), "rows in the order of type numbers");
static_assert(std::size(kRows) < 255, "the index below holds rows in octets");

// Row number + 1 by type number; the few types above are searched.
constexpr size_t kIndexedTypes = 265;
constexpr auto kIndex = [] {
  std::array<uint8_t, kIndexedTypes> index{};
  for (size_t row = 0; row < std::size(kRows); ++row) {
    const auto number = static_cast<size_t>(kRows[row].type);
    if (number < kIndexedTypes) index[number] = static_cast<uint8_t>(row + 1);
  }
  return index;
}();

}  // namespace

const TypeRow* find_row(RRType type) {
  const auto number = static_cast<size_t>(type);
  if (number < kIndexedTypes) return kIndex[number] == 0 ? nullptr : &kRows[kIndex[number] - 1];
  const TypeRow* row = std::ranges::lower_bound(kRows, type, {}, &TypeRow::type);
  return row != std::end(kRows) && row->type == type ? row : nullptr;
}

}  // namespace atlas::dns::rdata
