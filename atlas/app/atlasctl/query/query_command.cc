#include "atlas/app/atlasctl/query/query_command.h"

#include <unistd.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "atlas/app/atlasctl/query/exchange.h"
#include "atlas/app/atlasctl/query/json_report.h"
#include "atlas/app/atlasctl/query/options.h"
#include "atlas/app/atlasctl/query/report.h"
#include "atlas/app/atlasctl/query/servers.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/base/file.h"

namespace atlas::app::atlasctl::query {
namespace {

void print(std::FILE* stream, const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream);
}

void print_error(const std::string& message, const std::string& hint) {
  const Paint paint(ColorMode::kAuto, STDERR_FILENO);
  print(stderr, "atlasctl: " + paint(Style::kBad, "error: ") + printable(message) + '\n');
  if (!hint.empty()) print(stderr, "hint: " + printable(hint) + '\n');
}

int exit_status(Failure failure) {
  return failure == Failure::kInternal ? kExitInternal : kExitNoReply;
}

int report_error(const ExchangeError& error, const Options& options) {
  if (options.format == Format::kJson) {
    print(stdout, render_json(error));
  } else {
    print(stderr, render_error(error, Paint(options.color, STDERR_FILENO)));
  }
  return exit_status(error.failure);
}

constexpr uint64_t kKeyFileOctetsMax = 64 * 1024;

base::Result<void> read_key(Options& options) {
  if (options.key_file.empty()) return {};
  const auto text = base::read_file(options.key_file, kKeyFileOctetsMax);
  if (!text) return std::unexpected(text.error());
  auto key = tsig::parse_key_file(*text);
  if (!key) return base::fail(options.key_file.string() + ": " + key.error().message, key.error().hint);
  options.key = std::move(*key);
  return {};
}

}  // namespace

int run(std::span<const std::string_view> words) {
  auto options = parse_options(words);
  if (!options) {
    print_error(options.error().message, options.error().hint);
    return kExitUsage;
  }
  const Paint paint(options->color, STDOUT_FILENO);
  if (options->help) {
    print(stdout, help());
    return kExitReply;
  }
  if (const auto key = read_key(*options); !key) {
    return report_error(
        {.failure = Failure::kInternal, .message = key.error().message, .hint = key.error().hint}, *options);
  }
  const auto servers = find_servers(*options);
  if (!servers) {
    return report_error(
        {.failure = Failure::kInternal, .message = servers.error().message, .hint = servers.error().hint},
        *options);
  }
  const auto show_query = [&](const dns::Message& query) {
    if (options->show_query && options->format == Format::kText)
      print(stdout, render_query(query, *options, paint));
  };
  const auto result = exchange(*options, *servers, show_query);
  if (!result) return report_error(result.error(), *options);
  const auto& signature = result->circumstances.signature;
  const bool is_trusted = !signature || signature->problem.empty();
  switch (options->format) {
    case Format::kText:
      print(stdout, render_text(*result, *options, paint));
      break;
    case Format::kShort:
      // Nothing there could say that the reply is not verified.
      if (is_trusted) {
        print(stdout, render_short(result->reply, *options));
      } else {
        print_error("the reply is not verified: " + signature->problem, "without +short it is shown");
      }
      break;
    case Format::kJson:
      print(stdout, render_json(*result, *options));
      break;
  }
  return is_trusted ? kExitReply : kExitNoReply;
}

std::string help() {
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  std::string out =
      paint(Style::kHeading, "atlasctl query") +
      " [@SERVER[:PORT]] NAME [TYPE] [CLASS] [OPTION...]\n\n"
      "Asks a DNS server one question and shows its reply. Words and options are dig's and come in any\n"
      "order; +no turns one off, and +words may be shortened. Without @SERVER it asks those of\n"
      "/etc/resolv.conf. NAME may have letters beyond ASCII.\n\n";
  Table table;
  std::vector<WordHelp> words = option_words();
  for (size_t i = 0; i < words.size(); ++i) {
    const WordHelp& word = words[i];
    if (word.alias) continue;
    std::string name(word.name);
    if (word.negatable) name.replace(0, 1, "+[no]");
    if (word.name == "--help") name = "-h, --help";
    if (!word.value.empty()) {
      const std::string value = (word.name[0] == '+' ? "=" : " ") + std::string(word.value);
      name += word.value_optional ? '[' + value + ']' : value;
    }
    for (size_t next = i + 1; next < words.size() && words[next].alias; ++next) {
      name += std::string(", ").append(words[next].name);
    }
    table.add({{name, Style::kName}, {std::string(word.help)}});
  }
  return out + table.render(paint, "  ") +
         "\nExit status: 0 a reply came, whatever it says; 1 wrong command line; 9 no reply, or "
         "one\n"
         "whose signature is not good; 10 the query could not be sent.\n";
}

}  // namespace atlas::app::atlasctl::query
