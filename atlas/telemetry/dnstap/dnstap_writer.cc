#include "atlas/telemetry/dnstap/dnstap_writer.h"

#include <fstrm.h>
#include <pthread.h>

#include "atlas/telemetry/dnstap/message.h"

namespace atlas::telemetry::dnstap {
namespace {

constexpr std::string_view kContentType = "protobuf:dnstap.Dnstap";
constexpr std::chrono::milliseconds kPause{5};
constexpr std::chrono::seconds kRetry{1};
constexpr std::chrono::seconds kLossReports{10};
// Records of one worker before the others have their turn.
constexpr size_t kRecordsPerTurnMax = 1024;

}  // namespace

DnstapWriter::DnstapWriter(Settings settings, handoff::QueryRings& rings, const handoff::CounterSet& counters,
                           handoff::ServerState& state, handoff::EventQueue& events)
    : settings_(std::move(settings)),
      rings_(rings),
      counters_(counters),
      state_(state),
      events_(events),
      output_(settings_.path, settings_.is_socket),
      thread_([this] { run(); }) {}

DnstapWriter::~DnstapWriter() {
  stopping_ = true;
  thread_.join();
}

void DnstapWriter::run() {
  pthread_setname_np(pthread_self(), "dnstap");
  // Looks once more after it was told to stop: the workers have ended by then.
  for (bool last = false; !last;) {
    last = stopping_;
    if (writer_ == nullptr && base::monotonic_now() >= next_try_) connect();
    const bool worked = drain();
    if (writer_ != nullptr && worked && !output_.flush()) report_failure();
    report_losses();
    if (!worked && !last) std::this_thread::sleep_for(kPause);
  }
  disconnect();
}

bool DnstapWriter::drain() {
  bool worked = false;
  for (handoff::QueryRing& ring : rings_) {
    for (size_t i = 0; i < kRecordsPerTurnMax || stopping_; ++i) {
      const handoff::QueryRecord* record = ring.peek();
      if (record == nullptr) break;
      write(*record);
      ring.release();
      worked = true;
    }
  }
  return worked;
}

void DnstapWriter::write(const handoff::QueryRecord& record) {
  for (const MessageType type : {MessageType::kAuthQuery, MessageType::kAuthResponse}) {
    const bool wanted = type == MessageType::kAuthQuery ? settings_.queries
                                                        : settings_.responses && record.response_size != 0;
    if (!wanted) continue;
    if (writer_ == nullptr) {
      ++state_.dnstap_lost;
      continue;
    }
    encode(record, type, settings_.identity, settings_.version, message_);
    if (fstrm_writer_write(writer_, message_.data(), message_.size()) != fstrm_res_success) {
      ++state_.dnstap_lost;
      report_failure();
    }
  }
}

void DnstapWriter::connect() {
  next_try_ = base::monotonic_now() + kRetry;
  fstrm_writer_options* options = fstrm_writer_options_init();
  fstrm_writer_options_add_content_type(options, kContentType.data(), kContentType.size());
  fstrm_rdwr* functions = output_.as_fstrm();
  writer_ = fstrm_writer_init(options, &functions);
  fstrm_writer_options_destroy(&options);
  if (fstrm_writer_open(writer_) != fstrm_res_success) {
    report_failure();
    return;
  }
  failure_reported_ = false;
  events_.emit(handoff::EventId::kDnstapOpened, {{"target", settings_.path.string()}});
}

void DnstapWriter::disconnect() {
  if (writer_ != nullptr) fstrm_writer_destroy(&writer_);
  output_.close();
}

void DnstapWriter::report_losses() {
  const base::MonotonicTime now = base::monotonic_now();
  // Without a reader all are lost, which was said already.
  if (writer_ == nullptr || now < next_report_) return;
  next_report_ = now + kLossReports;
  const uint64_t lost =
      state_.dnstap_lost + handoff::total(counters_, &handoff::WorkerCounters::records_lost);
  if (lost > losses_reported_) {
    events_.emit(handoff::EventId::kDnstapLost, {{"count", lost - losses_reported_}});
  }
  losses_reported_ = lost;
}

// Once, until it works again.
void DnstapWriter::report_failure() {
  const std::string error = output_.error();
  disconnect();
  if (failure_reported_) return;
  failure_reported_ = true;
  events_.emit(handoff::EventId::kDnstapFailed, {{"target", settings_.path.string()}, {"error", error}});
}

}  // namespace atlas::telemetry::dnstap
