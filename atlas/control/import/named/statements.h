// What becomes of named's statements: those that are taken have code of their own, the others a word.
#pragma once

#include <cstdint>
#include <string_view>

namespace atlas::control::import::named {

enum class Treatment : uint8_t {
  kUnknown,   // no statement of named
  kTaken,     // there is code for it
  kProcess,   // how named runs on its machine
  kCheck,     // what named objects to in a zone
  kResolver,  // matters to recursion alone
  kTransfer,  // how zones are transferred
  kSigning,   // how zones are signed
  kJournal,   // how changes are kept
  kCookie,    // of cookies
  kAnswer,    // changes answers, and has no equal
  kAccess,    // says who may do something, and has no equal
};

// Of a statement inside of options, view or zone.
Treatment treatment_of(std::string_view statement);

}  // namespace atlas::control::import::named
