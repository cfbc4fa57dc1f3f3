// A text that must not appear in logs, answers or core files: it prints as "***" and is wiped when it goes.
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace atlas::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : text_(other.text_) { other.wipe(); }
  Secret& operator=(Secret other) noexcept {
    wipe();
    text_.swap(other.text_);
    return *this;
  }
  ~Secret() { wipe(); }

  // The text itself, for the one place that needs it.
  std::string_view reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  // What everybody else gets.
  static constexpr std::string_view to_text() { return "***"; }

 private:
  void wipe() {
    ::explicit_bzero(text_.data(), text_.size());
    text_.clear();
  }

  std::string text_;
};

}  // namespace atlas::base
