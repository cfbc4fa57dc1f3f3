#include "atlas/telemetry/log/log_writer.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <syslog.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>

#include "atlas/base/clock.h"
#include "atlas/http/message.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::telemetry::log {
namespace {

using handoff::Event;
using handoff::EventId;
using handoff::EventSeverity;
using handoff::LogDestination;
using handoff::LogFormat;

// Lines of one kind written in a window of one second; the others are counted and told at its end.
constexpr uint32_t kLinesPerSecondMax = 50;

std::string timestamp(base::WallTime when) {
  const auto since_epoch =
      std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(since_epoch / 1000);
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[40];
  const size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(since_epoch % 1000));
  return text;
}

int priority_of(EventSeverity severity) {
  switch (severity) {
    case EventSeverity::kDebug:
      return LOG_DEBUG;
    case EventSeverity::kInfo:
      return LOG_INFO;
    case EventSeverity::kWarning:
      return LOG_WARNING;
    case EventSeverity::kError:
      return LOG_ERR;
  }
  return LOG_ERR;
}

// Where lines go.
class Output {
 public:
  // Empty, or why it writes to stderr instead.
  std::string open(const handoff::LogSettings& settings) {
    settings_ = settings;
    return reopen();
  }

  std::string reopen() {
    file_.close();
    if (settings_.destination != LogDestination::kFile) return {};
    file_ =
        net::FileDescriptor(::open(settings_.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
    if (file_) return {};
    settings_.destination = LogDestination::kStderr;
    return std::strerror(errno);
  }

  const handoff::LogSettings& settings() const { return settings_; }

  void write(const Event& event) {
    const int priority = priority_of(kind_of(event.id).severity);
    switch (settings_.destination) {
      case LogDestination::kSyslog:
        ::syslog(LOG_DAEMON | priority, "%s", line_of(event).c_str());
        return;
      case LogDestination::kJournal:
        ::sd_journal_send("PRIORITY=%d", priority, "MESSAGE=%s", message_of(event).c_str(), "ATLAS_EVENT=%s",
                          std::string(kind_of(event.id).id).c_str(), nullptr);
        return;
      default:
        write_line(line_of(event) + '\n');
    }
  }

 private:
  std::string line_of(const Event& event) const {
    return settings_.format == LogFormat::kJson ? json_line(event) : text_line(event);
  }

  // A line that cannot be written is lost: there is nowhere to say so.
  void write_line(std::string_view line) const {
    const int fd = file_ ? file_.get() : STDERR_FILENO;
    while (!line.empty()) {
      const ssize_t count = ::write(fd, line.data(), line.size());
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return;
      line.remove_prefix(static_cast<size_t>(count));
    }
  }

  handoff::LogSettings settings_;
  net::FileDescriptor file_;
};

// Bounds the lines of each kind of event.
class Throttle {
 public:
  bool allows(const Event& event) {
    Window& window = windows_[static_cast<size_t>(event.id)];
    const auto second = std::chrono::time_point_cast<std::chrono::seconds>(event.when);
    if (window.second != second) {
      window.second = second;
      window.lines = 0;
    }
    if (window.lines++ < kLinesPerSecondMax) return true;
    ++window.suppressed;
    return false;
  }

  // Visits every kind with suppressed lines, and forgets them.
  void take_suppressed(const auto& visit) {
    for (size_t i = 0; i < windows_.size(); ++i) {
      if (const uint64_t count = std::exchange(windows_[i].suppressed, 0))
        visit(static_cast<EventId>(i), count);
    }
  }

 private:
  struct Window {
    std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds> second;
    uint32_t lines = 0;
    uint64_t suppressed = 0;
  };
  std::array<Window, 256> windows_;
};

Event event_now(EventId id, std::vector<handoff::EventField> fields) {
  return {id, base::wall_now(), std::move(fields)};
}

}  // namespace

std::string text_line(const Event& event) {
  const handoff::EventKind& kind = kind_of(event.id);
  std::string level(handoff::to_text(kind.severity));
  for (char& c : level) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  level.resize(8, ' ');
  std::string line = timestamp(event.when) + ' ' + level + std::string(kind.id) + ' ';
  for (const char c : message_of(event)) line += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  return line;
}

std::string json_line(const Event& event) {
  const handoff::EventKind& kind = kind_of(event.id);
  std::string line = "{\"time\":" + http::json_string(timestamp(event.when)) +
                     ",\"level\":" + http::json_string(handoff::to_text(kind.severity)) +
                     ",\"event\":" + http::json_string(kind.id) +
                     ",\"message\":" + http::json_string(message_of(event));
  for (const handoff::EventField& field : event.fields) {
    line += ',' + http::json_string(field.name) + ':';
    const bool is_text =
        std::holds_alternative<std::string>(field.value) || std::holds_alternative<base::Secret>(field.value);
    const std::string value = handoff::to_text(field.value);
    line += is_text ? http::json_string(value) : value;
  }
  return line + '}';
}

LogWriter::LogWriter(handoff::EventQueue& queue) : queue_(queue) {
  // Signals are the main thread's.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

LogWriter::~LogWriter() {
  queue_.close();
  thread_.join();
}

void LogWriter::run() {
  Output output;
  Throttle throttle;
  const auto report_failure = [&output](const std::string& error) {
    if (error.empty()) return;
    output.write(
        event_now(EventId::kLogFailed, {{"destination", output.settings().file.string()}, {"error", error}}));
  };
  for (;;) {
    const handoff::EventQueue::Batch batch = queue_.take();
    if (batch.settings) report_failure(output.open(*batch.settings));
    if (batch.reopen) report_failure(output.reopen());
    for (const Event& event : batch.events) {
      if (throttle.allows(event)) output.write(event);
    }
    throttle.take_suppressed([&](EventId id, uint64_t count) {
      output.write(event_now(EventId::kEventsSuppressed, {{"count", count}, {"id", kind_of(id).id}}));
    });
    if (batch.dropped != 0) output.write(event_now(EventId::kEventsDropped, {{"count", batch.dropped}}));
    if (batch.closed) return;
  }
}

}  // namespace atlas::telemetry::log
