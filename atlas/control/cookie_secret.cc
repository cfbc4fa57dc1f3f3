#include "atlas/control/cookie_secret.h"

#include <sys/random.h>
#include <sys/stat.h>

#include "atlas/base/clock.h"
#include "atlas/base/file.h"

namespace atlas::control {
namespace {

using policy::cookies::Secret;
using policy::cookies::Secrets;

constexpr uint64_t kSecretFileOctetsMax = 4096;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Secret> parse_secret(std::string_view line) {
  Secret secret{};
  if (line.size() != 2 * secret.size()) return {};
  for (size_t i = 0; i < line.size(); ++i) {
    const int value = hex_value(line[i]);
    if (value < 0) return {};
    secret[i / 2] = static_cast<uint8_t>(secret[i / 2] << 4 | value);
  }
  return secret;
}

std::string hex(const Secret& secret) {
  std::string text;
  for (const uint8_t octet : secret) {
    text += "0123456789abcdef"[octet >> 4];
    text += "0123456789abcdef"[octet & 15];
  }
  return text;
}

base::Result<Secrets> parse_file(const std::filesystem::path& path, std::string_view content) {
  Secrets secrets;
  size_t count = 0;
  while (!content.empty()) {
    const size_t end = std::min(content.find('\n'), content.size());
    const auto secret = parse_secret(content.substr(0, end));
    if (!secret || count == 2) {
      return base::fail(path.string() + ": is not a file of cookie secrets",
                        "it holds one or two lines of 32 hexadecimal digits");
    }
    if (count++ == 0) {
      secrets.current = *secret;
    } else {
      secrets.previous = *secret;
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  if (count == 0) return base::fail(path.string() + ": is empty");
  return secrets;
}

bool is_older(const std::filesystem::path& path, config::milliseconds age) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return true;
  const auto modified = base::WallTime(std::chrono::seconds(status.st_mtim.tv_sec));
  return base::wall_now() - modified > age;
}

}  // namespace

base::Result<Secrets> load_cookie_secrets(const config::CookieSettings& settings,
                                          const std::filesystem::path& state_folder,
                                          handoff::EventQueue& events) {
  if (!settings.enabled) {
    Secrets none;
    none.enabled = false;
    return none;
  }
  if (!settings.secret_file.empty()) {
    const auto content = base::read_file(settings.secret_file, kSecretFileOctetsMax);
    if (!content) return std::unexpected(content.error());
    return parse_file(settings.secret_file, *content);
  }

  const std::filesystem::path path = state_folder / "cookie-secret";
  Secrets secrets;
  if (const auto content = base::read_file(path, kSecretFileOctetsMax)) {
    const auto kept = parse_file(path, *content);
    if (!kept) return kept;
    if (settings.rollover.count() == 0 || !is_older(path, settings.rollover)) return kept;
    secrets.previous = kept->current;
  }
  if (::getrandom(secrets.current.data(), secrets.current.size(), 0) != ssize_t{sizeof secrets.current}) {
    return base::fail("the kernel has no random numbers for a cookie secret");
  }
  std::string content = hex(secrets.current) + '\n';
  if (secrets.previous) content += hex(*secrets.previous) + '\n';
  std::error_code error;
  std::filesystem::create_directories(state_folder, error);
  if (const auto written = base::replace_file(path, content, 0600)) {
    events.emit(handoff::EventId::kCookieSecretMade, {{"path", path.string()}});
  } else {
    events.emit(handoff::EventId::kCookieSecretFailed, {{"error", written.error().message}});
  }
  return secrets;
}

}  // namespace atlas::control
