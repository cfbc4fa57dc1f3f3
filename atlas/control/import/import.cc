#include "atlas/control/import/import.h"

#include <algorithm>
#include <unordered_set>

#include "atlas/base/file.h"
#include "atlas/control/config/config.h"
#include "atlas/control/import/atlas_yaml.h"
#include "atlas/control/import/folder.h"
#include "atlas/control/import/knot/knot.h"
#include "atlas/control/import/named/named.h"
#include "atlas/control/import/nsd/nsd.h"
#include "atlas/control/import/pdns/pdns.h"
#include "atlas/control/import/settle.h"
#include "atlas/control/import/zone_text.h"

namespace atlas::control::import {
namespace {

// Names of files end at 255 octets.
constexpr size_t kFileNameOctetsMax = 200;

base::Diagnostic failure(const base::Error& error) {
  return {base::Severity::kError, {}, {}, error.message, error.hint, {}};
}

// Of a name, different for different names.
class FileNames {
 public:
  std::string add(dns::NameView name, std::string_view suffix) {
    std::string text = name.is_root() ? "root" : dns::to_text(name);
    if (!name.is_root()) text.pop_back();
    for (char& c : text) {
      if (c == '/') c = '_';  // RFC 2317 names hold a slash
    }
    if (text.size() > kFileNameOctetsMax) text.resize(kFileNameOctetsMax);
    if (text.starts_with('.')) text.insert(0, "_");
    std::string file = text + std::string(suffix);
    for (size_t number = 2; !used_.insert(file).second; ++number) {
      file = text + '-' + std::to_string(number) + std::string(suffix);
    }
    return file;
  }

 private:
  std::unordered_set<std::string> used_;
};

class Run {
 public:
  explicit Run(const Request& request) : request_(request), source_(disk_), findings_(source_) {}

  Parsed<Imported> run() {
    if (auto done = read(); !done) return std::unexpected(std::move(done.error()));
    settle(setup_, findings_);
    make_absolute();
    auto folder = NewFolder::make(request_.folder, request_.dry_run, request_.force);
    if (!folder) return std::unexpected(failure(folder.error()));
    if (auto done = write(folder->path()); !done) return std::unexpected(std::move(done.error()));
    if (!request_.dry_run) {
      if (const auto done = folder->commit(); !done) return std::unexpected(failure(done.error()));
    }
    finish();
    return std::move(imported_);
  }

 private:
  Parsed<void> read() {
    const std::filesystem::path& path = request_.source;
    const bool is_folder = disk_.is_folder(path);
    std::string content;
    if (!is_folder) {
      auto text = disk_.read(path, kFileOctetsMax);
      if (!text) return std::unexpected(failure(text.error()));
      content = std::move(*text);
    }
    const auto kind = request_.kind ? request_.kind : is_folder ? Kind::kPdns : guess_kind(path, content);
    if (!kind) {
      return std::unexpected(failure(
          {"\"" + path.string() + "\" may be of any server", "say which: --from named, nsd, knot or pdns"}));
    }
    if (is_folder && *kind != Kind::kPdns) {
      return std::unexpected(failure(
          {"\"" + path.string() + "\" is a folder", "name the configuration, as in /etc/bind/named.conf"}));
    }
    imported_.kind = *kind;
    std::error_code ignored;
    const std::filesystem::path whole = std::filesystem::absolute(path, ignored).lexically_normal();
    switch (*kind) {
      case Kind::kNamed:
        return named::read(source_, whole, false, setup_, findings_);
      case Kind::kNsd:
        return nsd::read(source_, whole, setup_, findings_);
      case Kind::kKnot:
        return knot::read(source_, whole, setup_, findings_);
      case Kind::kPdns:
        return is_folder ? pdns::read_folder(source_, whole, setup_, findings_)
                         : pdns::read(source_, whole, pdns::open_database, setup_, findings_);
    }
    return {};
  }

  // Relative names would count from the configuration that is written.
  void make_absolute() {
    for (tls::CertificateFiles& files : setup_.settings.certificates) make_absolute(files);
    for (config::RemoteSettings& remote : setup_.remotes) {
      make_absolute(remote.certificate);
      make_absolute(remote.authorities_file);
    }
  }
  void make_absolute(tls::CertificateFiles& files) const {
    for (std::filesystem::path* const path : {&files.chain, &files.key, &files.ocsp_staple})
      make_absolute(*path);
  }
  void make_absolute(std::filesystem::path& path) const {
    if (!path.empty()) path = (source_.path(0).parent_path() / path).lexically_normal();
  }

  Parsed<void> write(const std::filesystem::path& folder) {
    std::error_code error;
    std::filesystem::create_directory(folder / "zones", error);
    if (!error && !setup_.keys.empty()) std::filesystem::create_directory(folder / "keys", error);
    if (error)
      return std::unexpected(failure({"cannot write \"" + folder.string() + "\": " + error.message(), ""}));
    if (!setup_.keys.empty()) {
      std::filesystem::permissions(folder / "keys", std::filesystem::perms::owner_all, error);
    }
    std::vector<WrittenZone> zones;
    if (auto done = write_zones(folder, zones); !done) return done;
    std::vector<WrittenKey> keys;
    if (auto done = write_keys(folder, keys); !done) return done;
    const std::string yaml = to_yaml(request_.source, setup_.settings, keys, setup_.remotes, zones);
    if (const auto done = base::replace_file(folder / "atlas.yaml", yaml); !done) {
      return std::unexpected(failure(done.error()));
    }
    // As atlasctl check-config does.
    config::Loaded loaded = config::load(folder / "atlas.yaml");
    if (loaded.config && loaded.config->zones.size() == zones.size()) return {};
    if (loaded.diagnostics.empty()) {
      return std::unexpected(failure({"the configuration has not the zones that were read", ""}));
    }
    return std::unexpected(std::move(loaded.diagnostics.front()));
  }

  Parsed<void> write_zones(const std::filesystem::path& folder, std::vector<WrittenZone>& zones) {
    FileNames names;
    for (const SourceZone& zone : setup_.zones) {
      if (zone.is_secondary() || zone.is_made_here()) {
        zones.push_back({&zone, ""});
        imported_.zones.push_back(
            {dns::to_text(zone.apex), "", 0, zone.update_rules.size(), zone.is_secondary()});
        imported_.secondaries += zone.is_secondary() ? 1 : 0;
        imported_.update_rules += zone.update_rules.size();
        continue;
      }
      const std::string file = "zones/" + names.add(zone.apex, ".zone");
      std::optional<base::Error> error;
      const auto records = write_zone_text(zone, source_.path(zone.place.file), folder / file,
                                           request_.threads, findings_, error);
      if (error) return std::unexpected(failure(*error));
      if (!records) continue;
      zones.push_back({&zone, file});
      imported_.zones.push_back({dns::to_text(zone.apex), file, *records, zone.update_rules.size(), false});
      imported_.records += *records;
      imported_.update_rules += zone.update_rules.size();
    }
    return {};
  }

  Parsed<void> write_keys(const std::filesystem::path& folder, std::vector<WrittenKey>& keys) {
    FileNames names;
    for (const Key& key : setup_.keys) {
      const std::string file = "keys/" + names.add(key.name, ".key");
      const std::array<std::string_view, 2> pieces{key.secret.reveal(), "\n"};
      const auto done = base::replace_file(folder / file, pieces, 0600, base::Durability::kCache);
      if (!done) return std::unexpected(failure(done.error()));
      keys.push_back({&key, file});
      imported_.keys.push_back(dns::to_text(key.name));
    }
    return {};
  }

  void finish() {
    imported_.files = source_.file_count();
    for (const Listener& listener : setup_.settings.listen) {
      std::string text = listener.endpoint.to_text();
      for (const query::Transport transport : listener.transports) {
        text += std::string(" ") + query::kTransportNames[static_cast<size_t>(transport)];
      }
      imported_.listeners.push_back(std::move(text));
    }
    if (setup_.settings.allow_query) {
      imported_.clients.emplace();
      for (const net::Prefix& prefix : *setup_.settings.allow_query) {
        imported_.clients->push_back(prefix.to_text());
      }
    }
    for (size_t i = 0; i < kGroupCount; ++i) {
      const auto group = static_cast<Group>(i);
      imported_.counts[i] = {findings_.losses(group), findings_.notes(group)};
    }
    imported_.findings = findings_.all();
    imported_.findings_left_out = findings_.left_out();
    // What is found in one place stays in the order in which it was found.
    std::ranges::stable_sort(imported_.findings, {}, [](const Finding& finding) { return finding.group; });
  }

  const Request& request_;
  Disk disk_;
  Source source_;
  Findings findings_;
  Setup setup_;
  Imported imported_;
};

}  // namespace

std::string_view to_text(Kind kind) {
  constexpr std::array<std::string_view, 4> kNames = {"named", "nsd", "knot", "pdns"};
  return kNames[static_cast<size_t>(kind)];
}

std::optional<Kind> parse_kind(std::string_view text) {
  for (const Kind kind : {Kind::kNamed, Kind::kNsd, Kind::kKnot, Kind::kPdns}) {
    if (text == to_text(kind)) return kind;
  }
  return {};
}

size_t Imported::losses() const {
  size_t sum = 0;
  for (const GroupCount& count : counts) sum += count.losses;
  return sum;
}

std::optional<Kind> guess_kind(const std::filesystem::path& path, std::string_view content) {
  const std::string name = path.filename().string();
  for (const Kind kind : {Kind::kNamed, Kind::kNsd, Kind::kKnot, Kind::kPdns}) {
    if (name.find(to_text(kind)) != std::string::npos) return kind;
  }
  std::string_view rest = content;
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest = line.size() == rest.size() ? std::string_view() : rest.substr(line.size() + 1);
    const size_t begin = line.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    line = line.substr(begin);
    const auto begins = [&](std::string_view with) { return line.starts_with(with); };
    if (begins("//") || begins("/*") || line.find('{') != std::string_view::npos) return Kind::kNamed;
    // Items of lists are Knot's; NSD's clauses have none.
    if (begins("- ") || begins("listen:") || begins("rundir:")) return Kind::kKnot;
    if (begins("ip-address:") || begins("name:") || begins("zonesdir:") || begins("zonefile:"))
      return Kind::kNsd;
    const size_t equals = line.find('=');
    if (equals != std::string_view::npos &&
        line.substr(0, equals).find_first_of(" \t:;\"") == std::string_view::npos) {
      return Kind::kPdns;
    }
  }
  return {};
}

Parsed<Imported> run(const Request& request) {
  return Run(request).run();
}

}  // namespace atlas::control::import
