#include "atlas/app/atlasctl/import/report.h"

#include <algorithm>
#include <boost/json.hpp>

#include "atlas/app/atlasctl/json.h"

namespace atlas::app::atlasctl::import {
namespace {

namespace json = boost::json;
using control::import::Finding;
using control::import::Group;
using control::import::Imported;
using control::import::kGroupCount;
using control::import::Request;

// Lists in a line end here.
constexpr size_t kNamesShownMax = 6;

std::string joined(const std::vector<std::string>& texts) {
  std::string line;
  for (size_t i = 0; i < std::min(texts.size(), kNamesShownMax); ++i) {
    line += (i == 0 ? "" : ", ") + printable(texts[i]);
  }
  if (texts.size() > kNamesShownMax) line += ", ...";
  return line;
}

std::string place_of(const Finding& finding) {
  std::string text = printable(finding.file);
  if (finding.position.line != 0) text += ':' + std::to_string(finding.position.line);
  if (finding.position.line != 0 && finding.position.column != 0) {
    text += ':' + std::to_string(finding.position.column);
  }
  return text;
}

std::string taken(const Request& request, const Imported& imported, const Paint& paint) {
  std::string text = paint(Style::kHeading, printable(request.source.string())) + " (" +
                     std::string(to_text(imported.kind)) + ", " + counted(imported.files, "file") + ")\n\n" +
                     paint(Style::kHeading, "Taken") + '\n';
  Table table;
  const auto row = [&](const char* what, const std::string& value) {
    table.add({{what, Style::kName}, {value}});
  };
  row("zones",
      grouped(imported.zones.size()) + ", " + counted(imported.records, "record") +
          (imported.secondaries == 0 ? "" : ", " + grouped(imported.secondaries) + " of them secondary"));
  row("keys",
      std::to_string(imported.keys.size()) + (imported.keys.empty() ? "" : ": ") + joined(imported.keys));
  row("update rules", std::to_string(imported.update_rules));
  row("listeners", imported.listeners.empty() ? "Atlas' own" : joined(imported.listeners));
  row("clients", !imported.clients           ? "everybody"
                 : imported.clients->empty() ? "nobody"
                                             : joined(*imported.clients));
  return text + table.render(paint, "  ");
}

void append_findings(const std::vector<Finding>& findings, Group group, bool losses, const Paint& paint,
                     std::string& text) {
  const size_t shown_max = losses ? kLossesShownMax : kNotesShownMax;
  size_t seen = 0;
  for (const Finding& finding : findings) {
    if (finding.group != group || finding.is_loss != losses) continue;
    if (++seen > shown_max) continue;
    const std::string word = losses ? paint(Style::kBad, "lost: ") : paint(Style::kDim, "note: ");
    text += "  " + place_of(finding) + ": " + word + printable(finding.message) + '\n';
    if (!finding.hint.empty()) text += "    hint: " + printable(finding.hint) + '\n';
  }
  if (seen > shown_max) text += "  ... and " + std::to_string(seen - shown_max) + " more; --json has all\n";
}

// Without what no JSON text may hold.
std::string ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return out;
}

json::array texts(const std::vector<std::string>& all) {
  json::array array;
  for (const std::string& text : all) array.push_back(json::value(ascii(text)));
  return array;
}

}  // namespace

std::string report_text(const Request& request, const Imported& imported, const Paint& paint) {
  std::string text = taken(request, imported, paint);
  for (size_t i = 0; i < kGroupCount; ++i) {
    const auto group = static_cast<Group>(i);
    const auto [losses, notes] = imported.counts[i];
    if (losses == 0 && notes == 0) continue;
    text += '\n' + paint(Style::kHeading, title(group)) + ": ";
    if (losses != 0) text += std::to_string(losses) + " lost";
    if (notes != 0) text += (losses != 0 ? ", " : "") + counted(notes, "note");
    text += '\n';
    append_findings(imported.findings, group, true, paint, text);
    append_findings(imported.findings, group, false, paint, text);
  }
  const std::string folder = printable(request.folder.string());
  const size_t lost = imported.losses();
  text += '\n' + (request.dry_run ? std::string("Nothing was written (--dry-run)")
                                  : folder + "/atlas.yaml and its zones are written and checked");
  text += "; " +
          (lost == 0 ? paint(Style::kGood, "all was taken")
                     : paint(Style::kWarning,
                             counted(lost, "thing") + (lost == 1 ? " was" : " were") + " not taken")) +
          '\n';
  return text;
}

std::string report_json(const Request& request, const Imported& imported) {
  json::array zones;
  for (const auto& zone : imported.zones) {
    zones.push_back(json::object{{"zone", ascii(zone.name)},
                                 {"file", ascii(zone.file)},
                                 {"records", zone.records},
                                 {"secondary", zone.is_secondary},
                                 {"update_rules", zone.update_rules}});
  }
  json::object taken{{"zones", std::move(zones)},
                     {"keys", texts(imported.keys)},
                     {"listeners", texts(imported.listeners)},
                     {"records", imported.records},
                     {"update_rules", imported.update_rules}};
  if (imported.clients) {
    taken["clients"] = texts(*imported.clients);
  } else {
    taken["clients"] = nullptr;
  }
  json::array groups;
  for (size_t i = 0; i < kGroupCount; ++i) {
    const auto group = static_cast<Group>(i);
    groups.push_back(json::object{{"group", to_text(group)},
                                  {"title", title(group)},
                                  {"losses", imported.counts[i].losses},
                                  {"notes", imported.counts[i].notes}});
  }
  json::array findings;
  for (const Finding& finding : imported.findings) {
    json::object object{{"group", to_text(finding.group)},   {"loss", finding.is_loss},
                        {"file", ascii(finding.file)},       {"line", finding.position.line},
                        {"column", finding.position.column}, {"message", ascii(finding.message)}};
    if (!finding.hint.empty()) object["hint"] = ascii(finding.hint);
    findings.push_back(std::move(object));
  }
  return pretty(json::object{{"source", ascii(request.source.string())},
                             {"kind", to_text(imported.kind)},
                             {"files", imported.files},
                             {"folder", ascii(request.folder.string())},
                             {"written", !request.dry_run},
                             {"taken", std::move(taken)},
                             {"losses", imported.losses()},
                             {"groups", std::move(groups)},
                             {"findings", std::move(findings)},
                             {"findings_left_out", imported.findings_left_out}});
}

}  // namespace atlas::app::atlasctl::import
