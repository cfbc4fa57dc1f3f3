#include "atlas/control/import/pdns/pdns.h"

#include <cstdlib>

#include "atlas/control/import/named/named.h"
#include "atlas/control/import/pdns/arguments.h"
#include "atlas/control/import/pdns/domains.h"
#include "atlas/control/import/pdns/settings.h"

namespace atlas::control::import::pdns {
namespace {

constexpr const char* kOtherBackendHint =
    "write each zone to a file, and import the folder: for ZONE in $(pdnsutil list-all-zones); do "
    "pdnsutil list-zone $ZONE > zones/$ZONE.zone; done; atlasctl import zones --from pdns --to FOLDER";

// "gsqlite3:second" has settings "gsqlite3-second-database".
std::string setting_of(const std::string& backend, std::string_view setting) {
  const size_t colon = backend.find(':');
  std::string name = backend.substr(0, colon) + '-';
  if (colon != std::string::npos) name += backend.substr(colon + 1) + '-';
  return name.append(setting);
}

class Reader {
 public:
  Reader(Source& source, const OpenDatabase& open_database, Setup& setup, Findings& findings)
      : source_(source), open_database_(open_database), setup_(setup), findings_(findings) {}

  Parsed<void> read(const Arguments& arguments) {
    take_settings(arguments, setup_.settings, findings_);
    defaults_.updates =
        is_yes(value_of(arguments, "dnsupdate")) || is_yes(value_of(arguments, "experimental-dnsupdate"));
    defaults_.update_addresses = split(value_of(arguments, "allow-dnsupdate-from", "127.0.0.0/8, ::1"));
    if (const std::string ttl = value_of(arguments, "default-ttl"); !ttl.empty()) {
      defaults_.ttl = static_cast<uint32_t>(std::strtoul(ttl.c_str(), nullptr, 10));
    }
    defaults_.transfers.disabled = is_yes(value_of(arguments, "disable-axfr"));
    defaults_.transfers.allowed = split(value_of(arguments, "allow-axfr-ips"));
    defaults_.transfers.also_notified = split(value_of(arguments, "also-notify"));
    const auto launch = arguments.find("launch");
    if (launch == arguments.end()) {
      return std::unexpected(
          source_.error({0, {}}, "no backend is launched: there are no zones",
                        "pdns.conf names its backends as in launch=bind, or in a file of include-dir"));
    }
    for (const std::string& backend : split(launch->second.value)) {
      const std::string kind = backend.substr(0, backend.find(':'));
      Parsed<void> done;
      if (kind == "bind") {
        done = read_bind(arguments, backend, launch->second.place);
      } else if (kind == "gsqlite3") {
        done = read_database(arguments, backend, launch->second.place);
      } else {
        findings_.lose(Group::kZones, launch->second.place,
                       "the zones of the backend " + backend + " are in no file that is read here",
                       kOtherBackendHint);
      }
      if (!done) return done;
    }
    return {};
  }

 private:
  Parsed<void> read_bind(const Arguments& arguments, const std::string& backend, Place place) {
    const auto config = arguments.find(setting_of(backend, "config"));
    if (config == arguments.end() || config->second.value.empty()) {
      findings_.lose(Group::kZones, place, "backend " + backend + " has no configuration",
                     "name it: " + setting_of(backend, "config") + "=/etc/powerdns/named.conf");
      return {};
    }
    const std::filesystem::path path =
        source_.path(config->second.place.file).parent_path() / config->second.value;
    if (!source_.files().exists(path)) {
      return std::unexpected(
          source_.error(config->second.place, "there is no file \"" + path.string() + '"'));
    }
    const auto database = arguments.find(setting_of(backend, "dnssec-db"));
    if (database != arguments.end() && !database->second.value.empty()) {
      findings_.lose(Group::kSigning, database->second.place,
                     database->first + ": keys and metadata of zones are not read",
                     "take the DS records of signed zones out of their parent zones first");
    }
    return named::read(source_, path, true, setup_, findings_);
  }

  Parsed<void> read_database(const Arguments& arguments, const std::string& backend, Place place) {
    const auto setting = arguments.find(setting_of(backend, "database"));
    if (setting == arguments.end() || setting->second.value.empty()) {
      findings_.lose(Group::kZones, place, "backend " + backend + " has no database",
                     "name it: " + setting_of(backend, "database") + "=/var/lib/powerdns/pdns.sqlite3");
      return {};
    }
    const std::filesystem::path path =
        source_.path(setting->second.place.file).parent_path() / setting->second.value;
    const auto fail = [&](const base::Error& error) {
      return std::unexpected(source_.error(setting->second.place, error.message, error.hint));
    };
    const auto database = open_database_(path);
    if (!database) return fail(database.error());
    const Place in_database{source_.add(path), {}};
    take_keys(*database, in_database, setup_, findings_);
    const auto done = database->for_each_domain(
        [&](Domain& domain) { take_domain(domain, in_database, defaults_, setup_, findings_); });
    if (!done) return fail(done.error());
    return {};
  }

  Source& source_;
  const OpenDatabase& open_database_;
  Setup& setup_;
  Findings& findings_;
  DomainDefaults defaults_;
};

}  // namespace

Parsed<void> read(Source& source, const std::filesystem::path& path, const OpenDatabase& open_database,
                  Setup& setup, Findings& findings) {
  const auto file = source.open(path);
  if (!file) return std::unexpected(file.error());
  const auto arguments = read_arguments(source, *file);
  if (!arguments) return std::unexpected(arguments.error());
  return Reader(source, open_database, setup, findings).read(*arguments);
}

Parsed<void> read_folder(Source& source, const std::filesystem::path& folder, Setup& setup,
                         Findings& findings) {
  const Place place{source.add(folder), {}};
  const auto paths = source.files().match(folder / "*");
  if (!paths) return std::unexpected(source.error(place, paths.error().message, paths.error().hint));
  for (const std::filesystem::path& path : *paths) {
    // Numbers of files end somewhere; the folder stands for the others.
    const Place here = source.file_count() < kFilesMax ? Place{source.add(path), {}} : place;
    std::string name = path.filename().string();
    for (const std::string_view suffix : {".zone", ".txt", ".db"}) {
      if (name.size() > suffix.size() && name.ends_with(suffix)) {
        name.resize(name.size() - suffix.size());
        break;
      }
    }
    auto apex = dns::parse_name(name == "root" ? "." : name);
    if (!apex || source.files().is_folder(path)) {
      findings.lose(Group::kZones, here, "this is no file that is named as a zone is",
                    "as in example.com.zone");
      continue;
    }
    apex->make_lower();
    SourceZone zone;
    zone.apex = *apex;
    zone.place = here;
    zone.file = path;
    setup.zones.push_back(std::move(zone));
  }
  return {};
}

}  // namespace atlas::control::import::pdns
