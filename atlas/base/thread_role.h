// Which threads of this process the kernel runs first.
#pragma once

namespace atlas::base {

enum class ThreadRole {
  kAnswers,     // runs as soon as there is something to answer
  kHandshakes,  // gives way to answers
  kBackground,  // gives way to all: changes, transfers. Under full load it has a thirtieth of a core
};

// Of the calling thread, and of those that it starts. A wish: where the kernel does not grant it, all threads
// share alike. Whoever gave way cannot take it back without privileges.
void enter_thread_role(ThreadRole role);

}  // namespace atlas::base
