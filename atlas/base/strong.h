// A number that cannot be mistaken for another kind of number.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace atlas::base {

template <class T, class Tag>
class Strong {
 public:
  using Value = T;

  constexpr Strong() = default;
  constexpr explicit Strong(T value) : value_(value) {}

  constexpr T value() const { return value_; }

  friend constexpr auto operator<=>(Strong, Strong) = default;

 private:
  T value_{};
};

}  // namespace atlas::base

template <class T, class Tag>
struct std::hash<atlas::base::Strong<T, Tag>> {
  size_t operator()(atlas::base::Strong<T, Tag> strong) const noexcept {
    return std::hash<T>{}(strong.value());
  }
};
