// The visitor that reads: values out of a tree, with a diagnostic for whatever is wrong.
#pragma once

#include <unordered_map>
#include <unordered_set>

#include "atlas/control/config/fields.h"

namespace atlas::control::config {

class ReadFields final : public Fields {
 public:
  ReadFields(const Node& root, const Sources& sources, base::Diagnostics& diagnostics);

  // Call once, behind visit().
  void finish();

  // read_fields.cc
  void open(Key key) override;
  void close() override;
  void boolean(Key key, bool& value) override;
  void integer(Key key, uint32_t& value, uint32_t least, uint32_t most) override;
  void count(Key key, uint64_t& value, uint64_t least, uint64_t most) override;
  void size(Key key, uint64_t& octets, uint64_t least, uint64_t most) override;
  void duration(Key key, milliseconds& value, milliseconds least, milliseconds most) override;
  void text(Key key, std::string& value, size_t octets_max) override;
  void path(Key key, std::filesystem::path& value) override;
  void path_pattern(Key key, std::string& value) override;
  void choice(Key key, uint8_t& value, std::span<const std::string_view> words) override;
  void mode(Key key, uint32_t& value) override;
  void prefixes(Key key, std::vector<net::Prefix>& value) override;
  void endpoints(Key key, std::vector<net::Endpoint>& value, uint16_t default_port) override;
  void texts(Key key, std::vector<std::string>& value, size_t octets_max) override;
  void includes(Key key) override;
  // read_lists.cc
  void listeners(Key key, std::vector<ListenAddress>& value) override;
  void certificates(Key key, std::vector<tls::CertificateFiles>& value) override;
  void keys(Key key, std::vector<KeySettings>& value) override;
  // read_remotes.cc
  void remotes(Key key, std::vector<RemoteSettings>& value) override;
  void servers(Key key, std::vector<std::string>& value) override;
  void transfer_rules(Key key, std::vector<std::string>& value) override;
  // read_zones.cc
  void zones(Key key, std::vector<ZoneFile>& value, const ZoneDefaults& defaults) override;

  // Where the key stands, or the start of the first file.
  void report_at(std::string_view section, std::string_view name, std::string message, std::string hint);
  // The first rule that goes by the name in a client's certificate, which nobody is asked for.
  void report_rule_with_tls();

 private:
  struct Frame {
    const Node* mapping;  // null: the section is absent
    std::vector<std::string_view> known;
  };
  struct ReadZone {
    const Node* node;
    size_t place;  // in the list of zones
  };
  using ReadZones = std::unordered_map<dns::NameView, ReadZone, dns::NameHash, dns::NameEqual>;
  // A zone that is to be listed by another.
  struct Membership {
    const Node* node;
    dns::Name catalog;
  };

  // read_fields.cc
  const Node* find(Key key);
  const Node* scalar(Key key);
  const Node* sequence(Key key);
  bool is_text(const Node& item, const char* what);
  std::filesystem::path resolve(uint16_t file, const std::string& text) const;
  std::optional<net::Endpoint> read_endpoint(const Node& item, uint16_t default_port);
  std::optional<dns::Name> read_name(const Node& node);
  void wrong(const Node& node, const std::string& what, std::string hint = {});
  bool full() const;
  void report(const Node& node, base::TextPosition position, std::string message, std::string hint = {});
  void warn(const Node& node, std::string message, std::string hint);
  // read_lists.cc
  void read_listener(const Node& item, std::vector<ListenAddress>& value);
  std::vector<query::Transport> read_transports(const Node& list);
  bool read_certificate(const Node& item, tls::CertificateFiles& files);
  bool read_key(const Node& item, KeySettings& key);
  // read_remotes.cc
  bool read_remote(const Node& item, RemoteSettings& remote);
  void read_addresses(const Node& list, RemoteSettings& remote);
  void read_sources(const Node& list, RemoteSettings& remote);
  void read_identity(RemoteSettings& remote);
  void check_remote(const Node& item, const RemoteSettings& remote);
  void check_key(const Node& node, const dns::Name& key);
  // read_zones.cc
  bool read_zone(const Node& item, ZoneFile& zone, const ZoneDefaults& defaults);
  void read_settings(const Node& item, ZoneFile& zone, const ZoneDefaults& defaults);
  void read_rules(zones::ZoneSettings& settings, dns::NameView apex);
  void read_catalog(zones::ZoneSettings& settings);
  void read_groups(zones::ZoneSettings& settings);
  void read_members(const Node& node, zones::MemberSettings& members);
  void check_source(const Node& item, const ZoneFile& zone);
  void check_memberships(const std::vector<ZoneFile>& zones, const ReadZones& read);

  const Node& root_;
  const Sources& sources_;
  base::Diagnostics& diagnostics_;
  base::Diagnostics warnings_;  // they stand behind the errors
  std::vector<Frame> frames_;
  std::unordered_set<std::string> remotes_;
  std::unordered_set<dns::Name, dns::NameHash, dns::NameEqual> keys_;
  std::vector<Membership> memberships_;
  const Node* rule_with_tls_ = nullptr;  // the first
};

// "did you mean ...?", or what is known.
std::string hint_for_unknown(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace atlas::control::config
