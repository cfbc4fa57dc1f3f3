#include "atlas/app/atlasctl/control/rrset_commands.h"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>

#include "atlas/app/atlasctl/control/made_report.h"
#include "atlas/app/atlasctl/control/session.h"
#include "atlas/dns/ttl.h"
#include "atlas/dns/types.h"

namespace atlas::app::atlasctl::control {
namespace {

namespace json = boost::json;

// RFC 1035 3.3.
constexpr size_t kTextOctetsMax = 255;
constexpr size_t kRecordsMax = 10'000;

constexpr Option kTtlOption = {"--ttl", true, "the RRset's TTL: 300, 5m, 1h (else as it was, or 3600)"};
constexpr Option kListOptions[] = {kSocketOption,
                                   kJsonOption,
                                   kZoneOption,
                                   {"--only", false, "of a zone's own name, not of the whole zone"}};
constexpr Option kSetOptions[] = {kSocketOption, kJsonOption,   kZoneOption,    kTtlOption,
                                  kReasonOption, kDryRunOption, kIfSerialOption};
constexpr Option kRemoveOptions[] = {kSocketOption, kJsonOption,   kZoneOption,
                                     kReasonOption, kDryRunOption, kIfSerialOption};

constexpr Usage kList = {
    "rrset list",
    "NAME [TYPE]",
    "Lists the RRsets of a name, all or of one type. The name of a zone stands for the whole zone.",
    1,
    2,
    kListOptions};
constexpr Usage kSet = {"rrset set",
                        "NAME TYPE DATA...",
                        "Makes an RRset exactly these records, whatever it was.\n"
                        "\n"
                        "  atlasctl rrset set www.example.org A 192.0.2.1 192.0.2.2 --ttl 300\n"
                        "  atlasctl rrset set example.org MX '10 mail.example.org'\n"
                        "  atlasctl rrset set example.org TXT 'v=spf1 mx -all'\n"
                        "\n"
                        "Each DATA is a record in presentation format; names in it are absolute, and @ is "
                        "the zone. Of TXT, data\n"
                        "without quotes is one text. Behind -- nothing is an option.",
                        3,
                        kRecordsMax,
                        kSetOptions};
constexpr Usage kAdd = {"rrset add",
                        "NAME TYPE DATA...",
                        "Adds records to an RRset, which need not be there yet. What is there already stays.",
                        3,
                        kRecordsMax,
                        kSetOptions};
constexpr Usage kRemove = {
    "rrset remove", "NAME TYPE [DATA...]", "Removes records from an RRset or, without DATA, all of it.", 2,
    kRecordsMax,    kRemoveOptions};
constexpr Usage kUndo = {
    "rrset undo",
    "NAME TYPE",
    "Makes an RRset what it was before the change that touched it last. Asked for again, it takes that back.",
    2,
    2,
    kRemoveOptions};

// What the first two operands name, and the zone that it is in.
struct Subject {
  std::string target;  // of the zone
  std::string name;
  std::string type;
};

Asked<std::string> parse_type(std::string_view typed) {
  const auto type = dns::parse_rrtype(typed);
  if (type) return dns::to_text(*type);
  return std::unexpected(fail({"there is no RR type " + printable(typed), "as in A, MX, TXT or TYPE65280"}));
}

Asked<Subject> read_subject(const Words& words) {
  const auto name = typed_name(words.operands[0]);
  if (!name) return std::unexpected(name.error());
  Subject subject{{}, dns::to_text(name->view()), {}};
  if (words.operands.size() > 1) {
    const auto type = parse_type(words.operands[1]);
    if (!type) return std::unexpected(type.error());
    subject.type = *type;
  }
  const auto zone = zone_holding(words, *name);
  if (!zone) return std::unexpected(zone.error());
  subject.target = "/v1/zones/" + encoded(*zone);
  return subject;
}

// False, with a message, if there is one that is none.
bool add_ttl(const Words& words, json::object& object) {
  const auto given = words.value("--ttl");
  if (!given) return true;
  const auto ttl = dns::parse_ttl(*given);
  if (ttl && *ttl <= dns::kTtlMax) {
    object["ttl"] = *ttl;
    return true;
  }
  fail({"--ttl needs seconds, at most 2147483647, or a time as in 5m or 1h30m", ""});
  return false;
}

std::vector<std::string> data_of(const Words& words, const std::string& type) {
  std::vector<std::string> data;
  for (size_t i = 2; i < words.operands.size(); ++i) data.push_back(typed_data(type, words.operands[i]));
  return data;
}

// A change of single records: `list` is "add" or "remove".
int change_records(const Words& words, const Subject& subject, std::string_view list) {
  json::array records;
  for (const std::string& data : data_of(words, subject.type)) {
    json::object record{{"name", subject.name}, {"type", subject.type}, {"data", data}};
    if (!add_ttl(words, record)) return kExitRefused;
    records.push_back(std::move(record));
  }
  json::object body{{list, std::move(records)}};
  if (!add_terms(words, body)) return kExitRefused;
  return change_zone(words, "PATCH", subject.target + "/rrsets", body);
}

int set_rrset(const Words& words, const Subject& subject) {
  json::array records;
  for (const std::string& data : data_of(words, subject.type)) records.emplace_back(data);
  json::object rrset{{"name", subject.name}, {"type", subject.type}, {"records", std::move(records)}};
  if (!add_ttl(words, rrset)) return kExitRefused;
  json::object body{{"rrsets", json::array{std::move(rrset)}}};
  if (!add_terms(words, body)) return kExitRefused;
  return change_zone(words, "PATCH", subject.target + "/rrsets", body);
}

void add_rrset(const json::object& rrset, Table& table) {
  const json::array* records = list(rrset, "records");
  if (records == nullptr) return;
  for (const json::value& record : *records) {
    table.add({{text(rrset, "name"), Style::kName},
               {std::to_string(number(rrset, "ttl")), Style::kDim, true},
               {text(rrset, "type"), Style::kType},
               {record.is_string() ? printable(record.get_string()) : ""}});
  }
}

int list_rrsets(std::span<const std::string_view> given) {
  const auto words = parse_words(kList, given);
  if (!words) return fail(words.error());
  const auto subject = read_subject(*words);
  if (!subject) return subject.error();
  std::string target = subject->target + "/records?limit=1000";
  std::string apex = subject->target;
  const bool is_apex = apex == "/v1/zones/" + encoded(subject->name);
  if (!is_apex || words->has("--only")) add_query(target, "name", subject->name);
  if (!subject->type.empty()) add_query(target, "type", subject->type);
  std::string next;
  bool is_empty = true;
  do {
    std::string page_target = target;
    if (!next.empty()) add_query(page_target, "from", next);
    const auto body = ask(*words, "GET", page_target);
    if (!body) return body.error();
    const auto page = parse_object(*body);
    if (!page) return kExitRefused;
    if (words->has("--json")) print(stdout, *body);
    Table table;
    if (const json::array* rrsets = list(*page, "rrsets")) {
      for (const json::value& rrset : *rrsets) {
        if (rrset.is_object()) add_rrset(rrset.get_object(), table);
      }
    }
    is_empty = is_empty && table.empty();
    if (!words->has("--json")) print(stdout, table.render(Paint(ColorMode::kAuto, STDOUT_FILENO)));
    const json::value* more = page->if_contains("next");
    next = more != nullptr && more->is_string() ? std::string(more->get_string()) : std::string();
  } while (!next.empty());
  if (is_empty && !words->has("--json")) print(stderr, "no records\n");
  return kExitDone;
}

int set(std::span<const std::string_view> given) {
  const auto words = parse_words(kSet, given);
  if (!words) return fail(words.error());
  const auto subject = read_subject(*words);
  return subject ? set_rrset(*words, *subject) : subject.error();
}

int add(std::span<const std::string_view> given) {
  const auto words = parse_words(kAdd, given);
  if (!words) return fail(words.error());
  const auto subject = read_subject(*words);
  return subject ? change_records(*words, *subject, "add") : subject.error();
}

int remove(std::span<const std::string_view> given) {
  const auto words = parse_words(kRemove, given);
  if (!words) return fail(words.error());
  const auto subject = read_subject(*words);
  if (!subject) return subject.error();
  return words->operands.size() == 2 ? set_rrset(*words, *subject)
                                     : change_records(*words, *subject, "remove");
}

int undo(std::span<const std::string_view> given) {
  const auto words = parse_words(kUndo, given);
  if (!words) return fail(words.error());
  const auto subject = read_subject(*words);
  if (!subject) return subject.error();
  json::object body{{"name", subject->name}, {"type", subject->type}};
  if (!add_terms(*words, body)) return kExitRefused;
  return change_zone(*words, "POST", subject->target + "/undo", body);
}

constexpr Command kRRsetCommands[] = {
    {"list", "list those of a name or a zone", list_rrsets, &kList},
    {"set", "make one what it is to be", set, &kSet},
    {"add", "add records to one", add, &kAdd},
    {"remove", "remove records from one, or all of it", remove, &kRemove},
    {"undo", "make one what it was before its last change", undo, &kUndo},
};

}  // namespace

std::span<const Command> rrset_commands() {
  return kRRsetCommands;
}

std::string typed_data(std::string_view type, std::string_view data) {
  if ((type != "TXT" && type != "SPF") || data.starts_with('"')) return std::string(data);
  std::string out;
  size_t begin = 0;
  do {
    out += out.empty() ? "\"" : " \"";
    for (const char c : data.substr(begin, kTextOctetsMax)) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
    begin += kTextOctetsMax;
  } while (begin < data.size());
  return out;
}

}  // namespace atlas::app::atlasctl::control
