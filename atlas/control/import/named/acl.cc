#include "atlas/control/import/named/acl.h"

namespace atlas::control::import::named {
namespace {

std::vector<net::Prefix> loopback() {
  return {net::Prefix(net::IpAddress::v4(0x7f000000), 8), net::Prefix(*net::IpAddress::parse("::1"), 128)};
}

void add_prefixes(const std::vector<net::Prefix>& prefixes, bool allowed, const Place& place,
                  std::vector<Element>& out) {
  for (const net::Prefix& prefix : prefixes) out.push_back({allowed, prefix, {}, place});
}

}  // namespace

void Acls::collect(const std::vector<Statement>& block) {
  for (const Statement& statement : block) {
    if (is_named(statement, "acl") && statement.block() != nullptr) {
      lists_.insert_or_assign(std::string(statement.word(1)), statement.block());
    }
  }
}

bool Acls::refuse(bool negated, Group group, const Place& place, const std::string& what) {
  if (!negated) {
    findings_.lose(group, place, what + " has no equal, and is left out of this list",
                   "name the prefixes instead");
    return true;
  }
  findings_.lose(group, place, "an exception for " + what + " has no equal: the whole list is left out",
                 "name the prefixes that are meant instead");
  return false;
}

bool Acls::add_name(const std::string& name, const Place& place, bool negated, Group group, size_t depth,
                    std::vector<Element>& out) {
  if (equal(name, "any")) {
    add_prefixes(everybody(), !negated, place, out);
  } else if (equal(name, "none")) {
    add_prefixes(everybody(), negated, place, out);
  } else if (equal(name, "localhost")) {
    add_prefixes(loopback(), !negated, place, out);
    findings_.note(
        group, place,
        "\"localhost\" is taken as 127.0.0.0/8 and ::1; in named it is every address of the machine",
        "add the others by hand if they are needed");
  } else if (equal(name, "localnets")) {
    return refuse(negated, group, place, "\"localnets\", the networks of the machine's interfaces,");
  } else if (const auto found = lists_.find(name); found != lists_.end()) {
    if (depth == kNestingMax)
      return refuse(true, group, place, "acl \"" + name + "\", which leads too deep,");
    return add(*found->second, negated, group, depth + 1, out);
  } else if (const auto prefix = parse_prefix(name)) {
    out.push_back({!negated, *prefix, {}, place});
  } else {
    return refuse(negated, group, place, '"' + name + "\", which is neither an address nor an acl,");
  }
  return true;
}

bool Acls::add(const std::vector<Statement>& list, bool negated, Group group, size_t depth,
               std::vector<Element>& out) {
  for (const Statement& statement : list) {
    const std::vector<Value>* const values = &statement.values;
    const bool denies = !(*values)[0].is_block() && (*values)[0].text == "!";
    const size_t first = denies ? 1 : 0;
    if (first == values->size()) continue;
    const Value& value = (*values)[first];
    if (out.size() > kElementsMax) return refuse(true, group, value.place, "a list that is too long");
    // In a list that is itself an exception, an exception means "go on" to named.
    if (negated && denies) return refuse(true, group, value.place, "an exception of an exception");
    const bool negative = negated || denies;
    if (value.is_block()) {
      if (depth == kNestingMax) return refuse(true, group, value.place, "a list nested so deep");
      if (!add(value.block, negative, group, depth + 1, out)) return false;
    } else if (equal(value.text, "key") && values->size() == first + 2) {
      out.push_back({!negative, {}, (*values)[first + 1].text, value.place});
    } else if (values->size() > first + 1) {
      if (!refuse(negative, group, value.place, '"' + value.text + '"')) return false;
    } else if (!add_name(value.text, value.place, negative, group, depth, out)) {
      return false;
    }
  }
  return true;
}

std::optional<std::vector<Element>> Acls::elements(const std::vector<Statement>& list, Group group) {
  std::vector<Element> found;
  if (!add(list, false, group, 0, found)) return {};
  return found;
}

std::vector<net::Prefix> Acls::clients(const std::vector<Statement>& list, Group group) {
  const auto found = elements(list, group);
  if (!found) return {};
  FirstMatch allowed;
  for (const Element& element : *found) {
    if (!element.prefix) {
      if (!refuse(!element.allowed, group, element.place, "the key \"" + element.key + '"')) return {};
    } else if (!allowed.add(*element.prefix, element.allowed)) {
      findings_.lose(group, element.place,
                     "this list needs more than " + std::to_string(kPrefixesMax) +
                         " prefixes: the whole list is left out");
      return {};
    }
  }
  return allowed.allowed();
}

}  // namespace atlas::control::import::named
