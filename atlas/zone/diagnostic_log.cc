#include "atlas/zone/diagnostic_log.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <tuple>

namespace atlas::zone {
namespace {

// Longer lines are cut: only a part of them is ever shown.
constexpr size_t kSourceLineOctetsMax = 4096;

// Walks through one text once, for positions in ascending order.
class LineFinder {
 public:
  explicit LineFinder(const text::SourceText& text) : window_(text.read()), at_(window_.begin()) {}

  std::string line(uint32_t number) {
    while (line_ < number) {
      const char* const newline = std::find(at_, window_.end(), '\n');
      if (newline != window_.end()) {
        at_ = newline + 1;
        ++line_;
      } else if (!read_on()) {
        return {};
      }
    }
    if (at_ == window_.end()) read_on();
    const auto size = static_cast<size_t>(std::find(at_, window_.end(), '\n') - at_);
    std::string line(at_, std::min(size, kSourceLineOctetsMax));
    if (line.ends_with('\r')) line.pop_back();
    return line;
  }

 private:
  bool read_on() {
    if (window_.is_last()) return false;
    window_.advance(at_);
    at_ = window_.begin();
    return true;
  }

  text::Window window_;
  const char* at_;  // the begin of a line
  uint32_t line_ = 1;
};

std::string counted(size_t count, const char* what) {
  return std::to_string(count) + " more " + what + (count == 1 ? "" : "s");
}

}  // namespace

bool DiagnosticLog::keeps(base::Severity severity) const {
  return (severity == base::Severity::kError ? errors_ : warnings_).size() < kept_max_;
}

void DiagnosticLog::add(base::Severity severity, uint16_t file, base::TextPosition position,
                        std::string message, std::string hint) {
  const bool is_error = severity == base::Severity::kError;
  ++(is_error ? error_count_ : warning_count_);
  if (!keeps(severity)) return;
  base::Diagnostic diagnostic;
  diagnostic.severity = severity;
  diagnostic.position = position;
  diagnostic.message = std::move(message);
  diagnostic.hint = std::move(hint);
  (is_error ? errors_ : warnings_).push_back({file, std::move(diagnostic)});
}

void DiagnosticLog::append(DiagnosticLog&& other) {
  error_count_ += other.error_count_;
  warning_count_ += other.warning_count_;
  const auto move_some = [this](std::vector<Finding>& from, std::vector<Finding>& to) {
    for (Finding& finding : from) {
      if (to.size() == kept_max_) break;
      to.push_back(std::move(finding));
    }
  };
  move_some(other.errors_, errors_);
  move_some(other.warnings_, warnings_);
}

void DiagnosticLog::make_warnings() {
  warning_count_ += std::exchange(error_count_, 0);
  for (Finding& finding : errors_) finding.diagnostic.severity = base::Severity::kWarning;
  errors_.insert(errors_.end(), std::move_iterator(warnings_.begin()), std::move_iterator(warnings_.end()));
  warnings_ = std::exchange(errors_, {});
  if (warnings_.size() > kept_max_) warnings_.resize(kept_max_);
}

base::Diagnostics DiagnosticLog::finish(const SourceFiles& sources) const {
  std::vector<Finding> kept = errors_;
  const size_t warnings_kept = std::min(warnings_.size(), kept_max_ - errors_.size());
  kept.insert(kept.end(), warnings_.begin(), warnings_.begin() + static_cast<std::ptrdiff_t>(warnings_kept));
  std::vector<size_t> order(kept.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, {}, [&](size_t i) {
    const base::TextPosition at = kept[i].diagnostic.position;
    return std::tuple(kept[i].file, at.line, at.column, i);
  });

  base::Diagnostics diagnostics;
  const SourceFile* source = nullptr;
  std::optional<LineFinder> finder;
  for (const size_t i : order) {
    if (source == nullptr || source->number != kept[i].file) {
      const auto found = std::ranges::find(sources, kept[i].file, &SourceFile::number);
      source = found == sources.end() ? nullptr : &*found;
      if (source != nullptr) finder.emplace(source->text);
    }
    base::Diagnostic& diagnostic = diagnostics.emplace_back(std::move(kept[i].diagnostic));
    if (source == nullptr) continue;
    diagnostic.file = source->path.string();
    if (diagnostic.position.line != 0) diagnostic.source_line = finder->line(diagnostic.position.line);
  }

  const size_t errors_left = error_count_ - errors_.size();
  const size_t warnings_left = warning_count_ - warnings_kept;
  if (errors_left + warnings_left != 0) {
    base::Diagnostic closing;
    closing.severity = errors_left != 0 ? base::Severity::kError : base::Severity::kWarning;
    if (!sources.empty()) closing.file = sources.front().path.string();
    if (errors_left != 0) closing.message = counted(errors_left, "error");
    if (errors_left != 0 && warnings_left != 0) closing.message += " and ";
    if (warnings_left != 0) closing.message += counted(warnings_left, "warning");
    closing.message += errors_left + warnings_left == 1 ? " is not shown" : " are not shown";
    diagnostics.push_back(std::move(closing));
  }
  return diagnostics;
}

}  // namespace atlas::zone
