#include "atlas/telemetry/log/log_writer.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>

#include "atlas/base/file.h"

namespace atlas::telemetry::log {
namespace {

using handoff::Event;
using handoff::EventId;

const Event kRemoved{EventId::kZoneRemoved,
                     base::WallTime(std::chrono::milliseconds(1'700'000'000'123)),
                     {{"zone", "a\n\"b\".test."}}};

TEST(LogLine, TextIsOneLineWhateverTheFieldsHold) {
  EXPECT_EQ(text_line(kRemoved),
            "2023-11-14T22:13:20.123Z INFO    ATLAS-ZONE-REMOVED zone a?\"b\".test. removed");
}

TEST(LogLine, JsonHasEveryFieldAndHidesSecrets) {
  EXPECT_EQ(json_line(kRemoved),
            R"({"time":"2023-11-14T22:13:20.123Z","level":"info","event":"ATLAS-ZONE-REMOVED",)"
            R"("message":"zone a\n\"b\".test. removed","zone":"a\n\"b\".test."})");
}

TEST(LogWriter, WritesToAFileAndBoundsARepeatedEvent) {
  std::string pattern = (std::filesystem::temp_directory_path() / "atlas-log-XXXXXX").string();
  const std::filesystem::path folder = ::mkdtemp(pattern.data());
  const auto file = folder / "log";
  {
    handoff::EventQueue queue;
    queue.configure({handoff::LogFormat::kText, handoff::LogDestination::kFile, file});
    LogWriter writer(queue);
    for (int i = 0; i < 1000; ++i) queue.emit(EventId::kZoneRemoved, {{"zone", "x."}});
    queue.emit(EventId::kServerStopped);
  }
  const std::string content = base::read_file(file, 1 << 20).value();
  const auto lines = std::count(content.begin(), content.end(), '\n');
  EXPECT_GE(lines, 51);
  // The clock may have ticked over meanwhile.
  EXPECT_LE(lines, 300);
  EXPECT_NE(content.find("more events ATLAS-ZONE-REMOVED"), std::string::npos);
  EXPECT_NE(content.find("ATLAS-SERVER-STOPPED"), std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace atlas::telemetry::log
