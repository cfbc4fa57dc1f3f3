#include "atlas/control/config/entry_text.h"

#include <cstdio>

#include "atlas/control/config/entry_keys.h"

namespace atlas::control::config {
namespace {

// A mapping in one line, with the keys that have a value.
class Entry {
 public:
  void add(std::string_view key, std::string_view value) {
    lines_.push_back(std::string(key).append(": ").append(value));
  }
  void add(Key key, std::string_view value) { add(key.name, value); }
  void add_text(Key key, std::string_view value) {
    if (!value.empty()) add(key, in_quotes(value));
  }
  void add_list(Key key, const std::vector<std::string>& value, bool even_empty = false) {
    if (!value.empty() || even_empty) add(key, quoted_list(value));
  }
  std::string take() {
    std::string text;
    for (const std::string& line : lines_) text += (text.empty() ? "" : ", ") + line;
    return "{" + text + "}";
  }
  std::vector<std::string> take_lines() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

std::string entry_text(const zones::MemberSettings& members) {
  Entry entry;
  entry.add_list(zone_keys::kPrimaries, members.primaries);
  entry.add_list(zone_keys::kSecondaries, members.secondaries);
  entry.add_list(zone_keys::kAllowTransfer, members.allow_transfer);
  return entry.take();
}

template <class T>
std::vector<std::string> texts_of(const std::vector<T>& values) {
  std::vector<std::string> texts;
  for (const T& value : values) texts.push_back(value.to_text());
  return texts;
}

Entry entry_of(const ZoneFile& zone, const ZoneDefaults& defaults) {
  const zones::ZoneSettings& settings = zone.settings;
  Entry entry;
  entry.add_text(zone_keys::kZone, dns::to_text(zone.apex));
  entry.add_text(zone_keys::kFile, zone.file.string());
  entry.add_list(zone_keys::kPrimaries, settings.primaries);
  entry.add_list(zone_keys::kSecondaries, settings.secondaries, !defaults.secondaries.empty());
  entry.add_list(zone_keys::kAllowTransfer, settings.allow_transfer, !defaults.allow_transfer.empty());
  entry.add_list(zone_keys::kAllowNotify, settings.allow_notify);
  entry.add_list(zone_keys::kForwardUpdates, settings.forward_updates);
  entry.add_list(zone_keys::kUpdatePolicy, settings.update_policy);
  if (settings.zonemd) entry.add(zone_keys::kZonemd, zone::to_text(*settings.zonemd));
  if (settings.catalog != zones::CatalogRole::kNone)
    entry.add(zone_keys::kCatalog, zones::to_text(settings.catalog));
  if (settings.member_of) entry.add_text(zone_keys::kMemberOf, dns::to_text(*settings.member_of));
  entry.add_text(zone_keys::kGroup, settings.group);
  if (settings.members != zones::MemberSettings())
    entry.add(zone_keys::kMembers, entry_text(settings.members));
  if (!settings.groups.empty()) {
    Entry groups;
    for (const auto& [name, members] : settings.groups) groups.add(in_quotes(name), entry_text(members));
    entry.add(zone_keys::kGroups, groups.take());
  }
  return entry;
}

}  // namespace

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string quoted_list(const std::vector<std::string>& texts) {
  std::string list;
  for (const std::string& text : texts) list += (list.empty() ? "" : ", ") + in_quotes(text);
  return "[" + list + "]";
}

std::string entry_text(const tls::CertificateFiles& files) {
  Entry entry;
  entry.add("chain-file", in_quotes(files.chain.string()));
  entry.add("key-file", in_quotes(files.key.string()));
  if (!files.ocsp_staple.empty()) entry.add("ocsp-staple-file", in_quotes(files.ocsp_staple.string()));
  return entry.take();
}

std::string entry_text(const RemoteSettings& remote) {
  Entry entry;
  entry.add_text(remote_keys::kName, remote.name);
  entry.add_list(remote_keys::kAddress, texts_of(remote.addresses));
  if (remote.transport != query::Transport::kTcp)
    entry.add(remote_keys::kTransport, query::kTransportNames[static_cast<size_t>(remote.transport)]);
  if (remote.key) entry.add_text(remote_keys::kKey, dns::to_text(*remote.key));
  entry.add_text(remote_keys::kTlsName, remote.tls_name);
  entry.add_list(remote_keys::kPins, remote.pins);
  entry.add_text(remote_keys::kAuthoritiesFile, remote.authorities_file.string());
  if (!remote.certificate.chain.empty()) entry.add(remote_keys::kCertificate, entry_text(remote.certificate));
  entry.add_list(remote_keys::kSource, texts_of(remote.sources));
  return entry.take();
}

std::string entry_text(const ZoneFile& zone, const ZoneDefaults& defaults) {
  return entry_of(zone, defaults).take();
}

std::vector<std::string> entry_lines(const ZoneFile& zone, const ZoneDefaults& defaults) {
  return entry_of(zone, defaults).take_lines();
}

}  // namespace atlas::control::config
