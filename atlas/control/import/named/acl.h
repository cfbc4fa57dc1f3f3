// Address match lists: { !192.0.2.1; 192.0.2.0/24; key ddns.; office; }.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "atlas/control/import/addresses.h"
#include "atlas/control/import/findings.h"
#include "atlas/control/import/named/tree.h"

namespace atlas::control::import::named {

// Lists that name each other may not grow without end.
inline constexpr size_t kElementsMax = 100'000;

// One element, the lists inside of lists being resolved. The first that matches decides.
struct Element {
  bool allowed = true;
  std::optional<net::Prefix> prefix;  // none: it is a key
  std::string key;
  Place place;
};

class Acls {
 public:
  explicit Acls(Findings& findings) : findings_(findings) {}

  // The acl statements of a block.
  void collect(const std::vector<Statement>& block);
  // What cannot be said by prefixes and keys is reported as a loss of the group, and left out where that
  // lets in nobody else. None where it would; that is reported, too.
  std::optional<std::vector<Element>> elements(const std::vector<Statement>& list, Group group);
  // The addresses of a list that are allowed; nobody if that cannot be said. Keys are reported.
  std::vector<net::Prefix> clients(const std::vector<Statement>& list, Group group);

 private:
  bool add(const std::vector<Statement>& list, bool negated, Group group, size_t depth,
           std::vector<Element>& out);
  bool add_name(const std::string& name, const Place& place, bool negated, Group group, size_t depth,
                std::vector<Element>& out);
  bool refuse(bool negated, Group group, const Place& place, const std::string& what);

  Findings& findings_;
  std::unordered_map<std::string, const std::vector<Statement>*> lists_;
};

}  // namespace atlas::control::import::named
