// What the commands that ask a running atlasd have in common: options, requests, errors, pieces of answers.
#pragma once

#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/app/atlasctl/control/client.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/app/atlasctl/words.h"
#include "atlas/base/clock.h"
#include "atlas/dns/name.h"

namespace boost::json {
class array;
class object;
class value;
}  // namespace boost::json

namespace atlas::app::atlasctl::control {

// The exit status of all of these commands.
inline constexpr int kExitDone = 0;
inline constexpr int kExitRefused = 1;   // wrong words, or the server said no
inline constexpr int kExitConflict = 4;  // the zone is not any more what the command takes it for
inline constexpr int kExitNoServer = 9;

inline constexpr Option kSocketOption = {"--socket", true,
                                         "the control socket (or ATLAS_SOCKET; /run/atlas/control.sock)"};
inline constexpr Option kJsonOption = {"--json", false, "print the server's JSON as it is"};
inline constexpr Option kReasonOption = {"--reason", true, "why, for the history"};
inline constexpr Option kDryRunOption = {"--dry-run", false, "show what would change, and change nothing"};
inline constexpr Option kIfSerialOption = {"--if-serial", true, "only if the zone still has this serial"};
inline constexpr Option kYesOption = {"--yes", false, "do not ask"};
inline constexpr Option kZoneOption = {"--zone", true, "the zone (else the longest that the name ends in)"};

template <class T = std::string>
using Asked = std::expected<T, int>;  // the exit status with which it failed; errors are printed

void print(std::FILE* stream, std::string_view text);
int fail(const base::Error& error);

// One request. What the server refuses is in the reply.
Asked<Reply> reply_to(const Words& words, const std::string& method, const std::string& target,
                      const std::string& body = {});
// Says what a reply refuses, and returns the exit status.
int print_problem(const Reply& reply, std::string_view source = {});
// One request that is to succeed; `source` names the text that findings are about.
Asked<> ask(const Words& words, const std::string& method, const std::string& target,
            const std::string& body = {}, std::string_view source = {});
Asked<boost::json::object> ask_object(const Words& words, const std::string& method,
                                      const std::string& target, const std::string& body = {},
                                      std::string_view source = {});
// The JSON object of an answer; empty, with a message, where it is none.
std::optional<boost::json::object> parse_object(const std::string& body);

uint64_t number(const boost::json::object& object, std::string_view key);
// Printable.
std::string text(const boost::json::object& object, std::string_view key);
bool flag(const boost::json::object& object, std::string_view key);
// Null if it is absent.
const boost::json::array* list(const boost::json::object& object, std::string_view key);
const boost::json::object* object_in(const boost::json::object& object, std::string_view key);

// "www.example.org/2" as one segment of a path or one value of a query.
std::string encoded(std::string_view text);
// "/v1/zones/example.org." of a zone as it was typed; an error is printed.
Asked<> zone_target(std::string_view typed);
// "&name=value", or "?" in front of the first.
void add_query(std::string& target, std::string_view name, std::string_view value);
// The longest zone that the name ends in.
Asked<> zone_holding(const Words& words, const dns::Name& name);
Asked<dns::Name> typed_name(std::string_view typed);

// --reason, --dry-run and --if-serial, for a request's body. False, with a message, if they are wrong.
bool add_terms(const Words& words, boost::json::object& body);
// The same for a query.
bool add_terms(const Words& words, std::string& target);

// "1h30m" ago, or a local time: "2026-11-25T10:00", "2026-11-25". As the API has it; an error is printed.
Asked<> parse_past(std::string_view text, base::WallTime now);
// In local time, without what no person looks at: "2026-11-25 10:00:03".
std::string local_time(std::string_view rfc3339);

// True without a terminal or with --yes. On a terminal, asks.
bool confirmed(const Words& words, const std::string& question);

// A whole file, "-" being the standard input; an error is printed.
Asked<> read_input(std::string_view path);

}  // namespace atlas::app::atlasctl::control
