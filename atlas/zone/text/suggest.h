// "Did you mean": the known word nearest to a misspelt one.
#pragma once

#include <span>
#include <string_view>

namespace atlas::zone::text {

// Ignores case. Empty if none of `words` is within two edits, or one for words of up to three letters.
std::string_view nearest_word(std::string_view misspelt, std::span<const std::string_view> words);

// The nearest RR type mnemonic that a zone may hold.
std::string_view nearest_type(std::string_view misspelt);

}  // namespace atlas::zone::text
