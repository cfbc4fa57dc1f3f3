// What one server cannot have twice, or in two ways.
#pragma once

#include "atlas/control/import/findings.h"
#include "atlas/control/import/setup.h"

namespace atlas::control::import {

// Keeps the first of zones with one name, and brings who may ask for each of them into the one list that
// Atlas has: the list that most zones share. A zone that fewer or other clients may ask for is taken out,
// rather than shown to them.
void settle(Setup& setup, Findings& findings);

}  // namespace atlas::control::import
