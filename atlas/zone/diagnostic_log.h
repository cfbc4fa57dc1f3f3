// Findings about the texts of a zone while they are read and checked, bounded.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <vector>

#include "atlas/base/diagnostic.h"
#include "atlas/zone/text/source_text.h"

namespace atlas::zone {

// The texts a zone was read from. The number of a file is the one RecordList::add_file gave.
struct SourceFile {
  uint16_t number = 0;
  std::filesystem::path path;
  text::SourceText text;
};
// A deque: texts must not move while others are included.
using SourceFiles = std::deque<SourceFile>;

// Keeps the first errors and the first warnings, and counts what comes behind.
class DiagnosticLog {
 public:
  explicit DiagnosticLog(size_t kept_max) : kept_max_(kept_max) {}

  // `file` may be 0: about no place in a text.
  void add(base::Severity severity, uint16_t file, base::TextPosition position, std::string message,
           std::string hint = {});

  // Findings that came behind those of this log; both keep as many.
  void append(DiagnosticLog&& other);

  // Errors so far are warnings from here on.
  void make_warnings();

  size_t kept_max() const { return kept_max_; }
  size_t error_count() const { return error_count_; }
  size_t warning_count() const { return warning_count_; }
  // False: a finding of this severity would only be counted, so that a costly text for it is not worth
  // making.
  bool keeps(base::Severity severity) const;

  // At most `kept_max`, errors before warnings where both do not fit, in the order of files and lines, with
  // the text of their lines; then one that says how many more there were.
  base::Diagnostics finish(const SourceFiles& sources) const;

 private:
  struct Finding {
    uint16_t file;
    base::Diagnostic diagnostic;
  };

  size_t kept_max_;
  size_t error_count_ = 0;
  size_t warning_count_ = 0;
  std::vector<Finding> errors_;
  std::vector<Finding> warnings_;
};

}  // namespace atlas::zone
