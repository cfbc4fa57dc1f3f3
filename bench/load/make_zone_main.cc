// atlas-make-zone: zone files and queries for benchmarks, the same for the same seed.
//
//   atlas-make-zone KIND NAMES ZONE QUERIES [--apex NAME] [--seed N] [--queries N] [--shuffle]
//
// KIND is
//   hosts        an A for each name, an AAAA for every second
//   addresses    an A for each name
//   delegations  two NS for each name, of one of a thousand pairs of name servers elsewhere; a tenth has glue
//   mixed        hosts, aliases, mail, texts, delegations, glue and wildcards, as in zones of companies
//   nxdomain     hosts; all queries are for random names below the apex that do not exist
//   wildcard     an A for each name and one for the wildcard below it; all queries are for random names there
//
// ZONE gets the text, in canonical order unless --shuffle; QUERIES "NAME TYPE" lines that ask for all names
// evenly, some of them for types or names that do not exist. "-" writes none.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kLabelOctetsMin = 4, kLabelOctetsMax = 20;
constexpr int kProviders = 1000;

struct Options {
  std::string kind, zone, queries, apex = "bench.test.";
  size_t names = 0;
  size_t query_count = 1'000'000;
  uint64_t seed = 1;
  bool shuffle = false;
};

class Output {
 public:
  explicit Output(const std::string& path) : file_(path == "-" ? nullptr : std::fopen(path.c_str(), "w")) {
    if (path != "-" && file_ == nullptr) {
      std::perror(path.c_str());
      std::exit(1);
    }
  }
  ~Output() { finish(); }
  void line(std::string_view text) {
    if (file_ == nullptr) return;
    std::fwrite(text.data(), 1, text.size(), file_);
    std::fputc('\n', file_);
  }
  void finish() {
    if (file_ != nullptr && std::fclose(file_) != 0) std::exit(1);
    file_ = nullptr;
  }

 private:
  std::FILE* file_;
};

class Maker {
 public:
  explicit Maker(const Options& options) : options_(options), random_(options.seed) {}

  void make_names() {
    labels_.reserve(options_.names);
    while (labels_.size() < options_.names) {
      while (labels_.size() < options_.names) labels_.push_back(label());
      std::ranges::sort(labels_);
      const auto again = std::ranges::unique(labels_);
      labels_.erase(again.begin(), again.end());
    }
  }

  // Calls line(text) for each record, a name's records behind each other.
  void write_zone(const auto& line) {
    line("$ORIGIN " + options_.apex);
    line("$TTL 3600");
    line("@ SOA ns1 hostmaster 2026010101 7200 3600 1209600 3600");
    line("@ NS ns1");
    line("@ NS ns2");
    line("ns1 A 192.0.2.1");
    line("ns2 A 192.0.2.2");
    for (size_t i = 0; i < labels_.size(); ++i) write_name(i, line);
  }

  void write_queries(Output& out) {
    if (options_.queries == "-") return;
    for (size_t i = 0; i < options_.query_count; ++i) out.line(query(random_() % labels_.size()));
  }

 private:
  std::string label() {
    static constexpr std::string_view kOctets = "abcdefghijklmnopqrstuvwxyz0123456789-";
    std::string text(kLabelOctetsMin + random_() % (kLabelOctetsMax - kLabelOctetsMin + 1), ' ');
    for (size_t i = 0; i < text.size(); ++i) {
      const bool end = i == 0 || i + 1 == text.size();
      text[i] = kOctets[random_() % (kOctets.size() - (end ? 1 : 0))];
    }
    return text;
  }

  std::string a() {
    const uint64_t r = random_();
    char text[32];
    std::snprintf(text, sizeof text, "10.%d.%d.%d", static_cast<int>(r & 255), static_cast<int>(r >> 8 & 255),
                  static_cast<int>(r >> 16 & 255));
    return text;
  }
  std::string aaaa() {
    const uint64_t r = random_();
    char text[48];
    std::snprintf(text, sizeof text, "2001:db8:%x:%x::%x", static_cast<int>(r & 0xffff),
                  static_cast<int>(r >> 16 & 0xffff), static_cast<int>(r >> 32 & 0xffff));
    return text;
  }

  void write_host(size_t i, const auto& line) {
    line(labels_[i] + " A " + a());
    if (i % 2 == 0) line(labels_[i] + " AAAA " + aaaa());
  }

  void write_name(size_t i, const auto& line) {
    const std::string& name = labels_[i];
    if (options_.kind == "addresses") {
      line(name + " A " + a());
    } else if (options_.kind == "wildcard") {
      line(name + " A " + a());
      line("*." + name + " A " + a());
    } else if (options_.kind == "delegations") {
      if (i % 10 == 0) {
        line(name + " NS ns1." + name);
        line(name + " NS ns2." + name);
        line("ns1." + name + " A " + a());
        line("ns2." + name + " A " + a());
      } else {
        const std::string provider = ".provider" + std::to_string(random_() % kProviders) + ".example.";
        line(name + " NS ns1" + provider);
        line(name + " NS ns2" + provider);
      }
    } else if (options_.kind == "mixed") {
      switch (i % 20) {
        case 0:
        case 1:
          line(name + " CNAME " +
               labels_[(i + 7) / 20 * 20 + 5 < labels_.size() ? (i + 7) / 20 * 20 + 5 : 5]);
          break;
        case 2:
          write_host(i, line);
          line(name + " MX 10 " + labels_[5]);
          line(name + " TXT \"v=spf1 mx -all\"");
          break;
        case 3:
          line(name + " NS ns1." + name);
          line(name + " NS ns2." + name);
          line("ns1." + name + " A " + a());
          line("ns2." + name + " A " + a());
          break;
        case 4:
          line("*." + name + " A " + a());
          break;
        default:
          write_host(i, line);
      }
    } else {
      write_host(i, line);
    }
  }

  std::string query(size_t i) {
    const std::string name = labels_[i] + "." + options_.apex;
    if (options_.kind == "wildcard") return label() + "." + name + " A";
    const uint64_t choice = random_() % 100;
    if (choice >= 90 || options_.kind == "nxdomain")
      return label() + "-." + options_.apex + " A";  // no name ends in a hyphen
    if (options_.kind == "delegations") return "www." + name + (choice % 2 == 0 ? " A" : " AAAA");
    if (options_.kind == "mixed") {
      switch (i % 20) {
        case 2:
          return name + (choice < 30 ? " MX" : choice < 60 ? " TXT" : " A");
        case 3:
        case 4:
          return "www." + name + " A";
        default:
          break;
      }
    }
    return name + (choice < 60 ? " A" : choice < 85 ? " AAAA" : " TXT");
  }

  const Options& options_;
  std::mt19937_64 random_;
  std::vector<std::string> labels_;
};

int usage() {
  std::fprintf(
      stderr,
      "usage: atlas-make-zone hosts|addresses|delegations|mixed|nxdomain|wildcard NAMES ZONE QUERIES\n"
      "                       [--apex NAME] [--seed N] [--queries N] [--shuffle]\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) return usage();
  Options options;
  options.kind = argv[1];
  options.names = std::strtoull(argv[2], nullptr, 10);
  options.zone = argv[3];
  options.queries = argv[4];
  const std::vector<std::string> kinds{"hosts", "addresses", "delegations", "mixed", "nxdomain", "wildcard"};
  if (std::ranges::find(kinds, options.kind) == kinds.end() || options.names < 100) return usage();
  for (int i = 5; i < argc; ++i) {
    const std::string_view option = argv[i];
    if (option == "--shuffle") {
      options.shuffle = true;
      continue;
    }
    if (i + 1 == argc) return usage();
    const char* value = argv[++i];
    if (option == "--apex") {
      options.apex = value;
    } else if (option == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (option == "--queries") {
      options.query_count = std::strtoull(value, nullptr, 10);
    } else {
      return usage();
    }
  }

  Maker maker(options);
  maker.make_names();
  Output zone(options.zone), queries(options.queries);
  if (options.shuffle) {
    constexpr size_t kHeadLines = 5;  // directives, SOA and NS stay in front
    std::vector<std::string> lines;
    maker.write_zone([&](std::string text) { lines.push_back(std::move(text)); });
    std::mt19937_64 random(options.seed + 1);
    for (size_t i = lines.size() - 1; i > kHeadLines; --i) {
      std::swap(lines[i], lines[kHeadLines + random() % (i - kHeadLines + 1)]);
    }
    for (const std::string& line : lines) zone.line(line);
  } else {
    maker.write_zone([&](const std::string& text) { zone.line(text); });
  }
  zone.finish();
  maker.write_queries(queries);
  return 0;
}
