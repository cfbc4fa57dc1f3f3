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
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr size_t kLabelOctetsMin = 4, kLabelOctetsMax = 20;
constexpr int kProviders = 1000;
constexpr size_t kNamesMax = 100'000'000;  // the places of their labels have 32 bits
constexpr size_t kWriteOctets = 1 << 20;

struct Options {
  std::string kind, zone, queries, apex = "bench.test.";
  size_t names = 0;
  size_t query_count = 1'000'000;
  uint64_t seed = 1;
  bool shuffle = false;
};

void append_line(std::string& text, const auto&... pieces) {
  ((text += pieces), ...);
  text += '\n';
}

class Output {
 public:
  explicit Output(const std::string& path)
      : path_(path), file_(path == "-" ? nullptr : std::fopen(path.c_str(), "w")) {
    if (path != "-" && file_ == nullptr) fail();
  }
  ~Output() { finish(); }
  void line(const auto&... pieces) {
    if (file_ == nullptr) return;
    append_line(buffer_, pieces...);
    if (buffer_.size() >= kWriteOctets) write();
  }
  void finish() {
    if (file_ == nullptr) return;
    write();
    if (std::fclose(file_) != 0) fail();
    file_ = nullptr;
  }

 private:
  void write() {
    if (std::fwrite(buffer_.data(), 1, buffer_.size(), file_) != buffer_.size()) fail();
    buffer_.clear();
  }
  [[noreturn]] void fail() const {
    std::perror(path_.c_str());
    std::exit(1);
  }

  std::string path_;
  std::FILE* file_;
  std::string buffer_;
};

// Labels in canonical order, each once, in 29 octets a label: there may be many millions.
class Labels {
 public:
  explicit Labels(size_t count) {
    labels_.reserve(count);
    octets_.reserve(count * (kLabelOctetsMin + kLabelOctetsMax + 2) / 2);
  }
  size_t size() const { return labels_.size(); }
  std::string_view operator[](size_t i) const { return text(labels_[i]); }

  void add(std::string_view label) {
    uint64_t beginning = 0;
    for (size_t i = 0; i < sizeof beginning; ++i) {
      beginning = beginning << 8 | (i < label.size() ? static_cast<uint8_t>(label[i]) : 0);
    }
    labels_.push_back(
        {beginning, static_cast<uint32_t>(octets_.size()), static_cast<uint32_t>(label.size())});
    octets_ += label;
  }

  // Brings what was added since into order; what was there already goes.
  void sort() {
    const auto before = [this](const Label& a, const Label& b) {
      return a.beginning != b.beginning ? a.beginning < b.beginning : text(a) < text(b);
    };
    const auto added = labels_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    std::sort(added, labels_.end(), before);
    std::inplace_merge(labels_.begin(), added, labels_.end(), before);
    const auto again = std::ranges::unique(labels_, [this](const Label& a, const Label& b) {
      return a.beginning == b.beginning && text(a) == text(b);
    });
    labels_.erase(again.begin(), again.end());
    sorted_ = labels_.size();
  }

 private:
  struct Label {
    uint64_t beginning;  // its first octets: what most comparisons need
    uint32_t at, octets;
  };

  std::string_view text(const Label& label) const { return {&octets_[label.at], label.octets}; }

  std::string octets_;
  std::vector<Label> labels_;
  size_t sorted_ = 0;
};

class Maker {
 public:
  explicit Maker(const Options& options) : options_(options), random_(options.seed), labels_(options.names) {}

  void make_names() {
    while (labels_.size() < options_.names) {
      while (labels_.size() < options_.names) labels_.add(label());
      labels_.sort();
    }
  }

  // Calls line(pieces...) for each record, a name's records behind each other.
  void write_zone(const auto& line) {
    line("$ORIGIN ", options_.apex);
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
      text[i] = kOctets[end ? random_() % (kOctets.size() - 1) : random_() % kOctets.size()];
    }
    return text;
  }

  std::string a() {
    const uint64_t r = random_();
    return "10." + std::to_string(r & 255) + '.' + std::to_string(r >> 8 & 255) + '.' +
           std::to_string(r >> 16 & 255);
  }
  std::string aaaa() {
    const uint64_t r = random_();
    char text[48];
    std::snprintf(text, sizeof text, "2001:db8:%x:%x::%x", static_cast<int>(r & 0xffff),
                  static_cast<int>(r >> 16 & 0xffff), static_cast<int>(r >> 32 & 0xffff));
    return text;
  }

  void write_host(size_t i, const auto& line) {
    line(labels_[i], " A ", a());
    if (i % 2 == 0) line(labels_[i], " AAAA ", aaaa());
  }

  void write_name(size_t i, const auto& line) {
    const std::string_view name = labels_[i];
    if (options_.kind == "addresses") {
      line(name, " A ", a());
    } else if (options_.kind == "wildcard") {
      line(name, " A ", a());
      line("*.", name, " A ", a());
    } else if (options_.kind == "delegations") {
      if (i % 10 == 0) {
        line(name, " NS ns1.", name);
        line(name, " NS ns2.", name);
        line("ns1.", name, " A ", a());
        line("ns2.", name, " A ", a());
      } else {
        const std::string provider = ".provider" + std::to_string(random_() % kProviders) + ".example.";
        line(name, " NS ns1", provider);
        line(name, " NS ns2", provider);
      }
    } else if (options_.kind == "mixed") {
      switch (i % 20) {
        case 0:
        case 1:
          line(name, " CNAME ", labels_[(i + 7) / 20 * 20 + 5 < labels_.size() ? (i + 7) / 20 * 20 + 5 : 5]);
          break;
        case 2:
          write_host(i, line);
          line(name, " MX 10 ", labels_[5]);
          line(name, " TXT \"v=spf1 mx -all\"");
          break;
        case 3:
          line(name, " NS ns1.", name);
          line(name, " NS ns2.", name);
          line("ns1.", name, " A ", a());
          line("ns2.", name, " A ", a());
          break;
        case 4:
          line("*.", name, " A ", a());
          break;
        default:
          write_host(i, line);
      }
    } else {
      write_host(i, line);
    }
  }

  std::string query(size_t i) {
    const std::string name = std::string(labels_[i]) + "." + options_.apex;
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
  Labels labels_;
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
  if (std::ranges::find(kinds, options.kind) == kinds.end() || options.names < 100 ||
      options.names > kNamesMax) {
    return usage();
  }
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
    std::string text;
    std::vector<size_t> starts;
    maker.write_zone([&](const auto&... pieces) {
      starts.push_back(text.size());
      append_line(text, pieces...);
    });
    std::mt19937_64 random(options.seed + 1);
    for (size_t i = starts.size() - 1; i > kHeadLines; --i) {
      std::swap(starts[i], starts[kHeadLines + random() % (i - kHeadLines + 1)]);
    }
    for (const size_t start : starts) {
      zone.line(std::string_view(text).substr(start, text.find('\n', start) - start));
    }
  } else {
    maker.write_zone([&](const auto&... pieces) { zone.line(pieces...); });
  }
  zone.finish();
  maker.write_queries(queries);
  return 0;
}
