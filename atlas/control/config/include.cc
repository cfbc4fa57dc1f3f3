#include "atlas/control/config/include.h"

#include <glob.h>

#include <algorithm>
#include <cerrno>

#include "atlas/base/file.h"

namespace atlas::control::config {
namespace {

// Deeper than people nest; a chain that long is a mistake.
constexpr size_t kIncludeDepthMax = 8;
// One file a zone is a usage that must work; Node::file counts to 65,535.
constexpr size_t kFilesMax = 50'000;
// 12,000 zones take 1 MB.
constexpr uint64_t kFileOctetsMax = 256ull << 20;

class Reader {
 public:
  Reader(Sources& sources, base::Diagnostics& diagnostics) : sources_(sources), diagnostics_(diagnostics) {}

  Node take() { return std::move(merged_); }

  // `named_at` is the include that led here; null for the first file.
  void read(const std::filesystem::path& path, const Node* named_at) {
    if (std::ranges::find(open_, path) != open_.end()) {
      report(named_at, "\"" + path.string() + "\" includes itself");
      return;
    }
    if (open_.size() > kIncludeDepthMax) {
      report(named_at, "files include each other more than " + std::to_string(kIncludeDepthMax) + " deep");
      return;
    }
    if (sources_.size() == kFilesMax) {
      report(named_at, "more than " + std::to_string(kFilesMax) + " files");
      return;
    }
    auto text = base::read_file(path, kFileOctetsMax);
    if (!text) {
      report(named_at, text.error().message, text.error().hint);
      return;
    }
    const uint16_t file = sources_.add(path, std::move(*text));
    auto tree = parse_yaml(sources_, file);
    if (!tree) {
      diagnostics_.push_back(std::move(tree.error()));
      return;
    }
    if (tree->kind == Node::Kind::kNull) return;
    if (!tree->is_mapping()) {
      diagnostics_.push_back(sources_.diagnostic(file, tree->position,
                                                 "a configuration is a mapping of sections",
                                                 "it begins with the line \"config: 1\""));
      return;
    }
    open_.push_back(path);
    add(std::move(*tree), named_at == nullptr);
    open_.pop_back();
  }

 private:
  void add(Node tree, bool first) {
    Node includes;
    std::erase_if(tree.children, [&](Node& child) {
      if (child.key != "include") return false;
      includes = std::move(child);
      return true;
    });
    if (first) {
      merged_ = std::move(tree);
    } else {
      // Each file may say its version; the first one's counts and is checked.
      std::erase_if(tree.children,
                    [](const Node& child) { return child.key == "config" && child.text == "1"; });
      merge(merged_, std::move(tree));
    }
    if (includes.is_scalar()) {
      expand(includes);
    } else if (includes.is_sequence()) {
      for (const Node& item : includes.children) {
        if (item.is_scalar()) {
          expand(item);
        } else {
          report(&item, "\"include\" lists file names or patterns");
        }
      }
    } else if (!includes.key.empty() && includes.kind != Node::Kind::kNull) {
      report(&includes, "\"include\" is a list of file names or patterns");
    }
  }

  void expand(const Node& item) {
    const std::filesystem::path pattern =
        (sources_.path(item.file).parent_path() / item.text).lexically_normal();
    glob_t found{};
    const int outcome = ::glob(
        pattern.c_str(), 0,
        [](const char*, int error) { return error == ENOENT || error == ENOTDIR ? 0 : 1; }, &found);
    std::vector<std::filesystem::path> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (outcome != 0 && outcome != GLOB_NOMATCH) {
      report(&item, "cannot read the folder of \"" + pattern.string() + '"');
      return;
    }
    if (paths.empty() && pattern.string().find_first_of("*?[") == std::string::npos) {
      report(&item, "there is no file \"" + pattern.string() + '"',
             "relative names count from the folder of this file; a pattern like zones.d/*.yaml may match "
             "nothing");
    }
    for (const auto& path : paths) read(path, &item);
  }

  // Mappings add up key by key, sequences are joined, anything else may be given once.
  void merge(Node& into, Node&& from) {
    for (Node& child : from.children) {
      const auto same = std::ranges::find(into.children, child.key, &Node::key);
      if (same == into.children.end()) {
        into.children.push_back(std::move(child));
      } else if (same->kind == Node::Kind::kNull) {
        *same = std::move(child);
      } else if (child.kind == Node::Kind::kNull) {
        continue;
      } else if (same->is_mapping() && child.is_mapping()) {
        merge(*same, std::move(child));
      } else if (same->is_sequence() && child.is_sequence()) {
        std::ranges::move(child.children, std::back_inserter(same->children));
      } else {
        diagnostics_.push_back(sources_.diagnostic(child.file, child.key_position,
                                                   '"' + child.key + "\" is given twice; first in " +
                                                       sources_.path(same->file).string() + ':' +
                                                       std::to_string(same->key_position.line)));
      }
    }
  }

  void report(const Node* at, std::string message, std::string hint = {}) {
    if (at != nullptr) {
      diagnostics_.push_back(
          sources_.diagnostic(at->file, at->position, std::move(message), std::move(hint)));
    } else {
      diagnostics_.push_back({base::Severity::kError, {}, {}, std::move(message), std::move(hint), {}});
    }
  }

  Sources& sources_;
  base::Diagnostics& diagnostics_;
  std::vector<std::filesystem::path> open_;
  Node merged_;
};

}  // namespace

Node read_with_includes(const std::filesystem::path& path, Sources& sources, base::Diagnostics& diagnostics) {
  Reader reader(sources, diagnostics);
  reader.read(path, nullptr);
  return reader.take();
}

}  // namespace atlas::control::config
