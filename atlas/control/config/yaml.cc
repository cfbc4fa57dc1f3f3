// The only file that knows yaml-cpp. Its events are taken instead of its node tree, which costs ten times as
// much.
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <sstream>

#include "atlas/control/config/tree.h"

namespace atlas::control::config {
namespace {

// Sections nest three deep; a text that nests deeper is a mistake or an attack on the stack.
constexpr size_t kDepthMax = 16;
// Duplicate keys are found by comparing all of them.
constexpr size_t kMappingKeysMax = 1000;

base::TextPosition position_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {1, 1};
  return {static_cast<uint32_t>(mark.line + 1), static_cast<uint32_t>(mark.column + 1)};
}

class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(const Sources& sources, uint16_t file) : sources_(sources), file_(file) {}

  Node take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { add(mark, Node::Kind::kNull, "?"); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(position_of(mark), "aliases (*name) are not allowed here");
  }
  void OnAnchor(const YAML::Mark& mark, const std::string&) override {
    refuse(position_of(mark), "anchors (&name) are not allowed here");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    if (expects_key()) {
      begin_key(mark, value);
      return;
    }
    Node& node = add(mark, Node::Kind::kScalar, tag);
    node.quoted = tag == "!";
    node.text = value;
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, Node::Kind::kSequence, tag);
  }
  void OnSequenceEnd() override { open_.pop_back(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, Node::Kind::kMapping, tag);
  }
  void OnMapEnd() override { open_.pop_back(); }

  // Thrown and caught in this file, as yaml-cpp's own exceptions are: its events cannot report a failure.
  struct Refusal {
    base::Diagnostic diagnostic;
  };

 private:
  [[noreturn]] void refuse(base::TextPosition position, std::string message, std::string hint = {}) const {
    throw Refusal{sources_.diagnostic(file_, position, std::move(message), std::move(hint))};
  }

  bool expects_key() const { return !open_.empty() && open_.back()->is_mapping() && !has_key_; }

  void begin_key(const YAML::Mark& mark, const std::string& name) {
    Node& mapping = *open_.back();
    if (mapping.children.size() == kMappingKeysMax) {
      refuse(position_of(mark), "more than " + std::to_string(kMappingKeysMax) + " keys in one mapping",
             "a list of things starts each of them with \"- \"");
    }
    if (const Node* first = mapping.find(name)) {
      refuse(position_of(mark),
             '"' + name + "\" is given twice; first in line " + std::to_string(first->key_position.line));
    }
    key_ = name;
    key_position_ = position_of(mark);
    has_key_ = true;
  }

  Node& add(const YAML::Mark& mark, Node::Kind kind, const std::string& tag) {
    if (expects_key()) refuse(position_of(mark), "a key must be a plain word");
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(position_of(mark), "tags (" + tag + ") are not allowed here");
    Node* node = &root_;
    if (!open_.empty()) node = &open_.back()->children.emplace_back();
    node->kind = kind;
    node->file = file_;
    node->position = position_of(mark);
    if (has_key_) {
      node->key = std::move(key_);
      node->key_position = key_position_;
      has_key_ = false;
    }
    return *node;
  }

  void open(const YAML::Mark& mark, Node::Kind kind, const std::string& tag) {
    if (open_.size() == kDepthMax) {
      refuse(position_of(mark), "nested more than " + std::to_string(kDepthMax) + " deep");
    }
    // Only the innermost node grows, so that the pointers to those around it stay good.
    open_.push_back(&add(mark, kind, tag));
  }

  const Sources& sources_;
  uint16_t file_;
  Node root_;
  std::vector<Node*> open_;
  std::string key_;
  base::TextPosition key_position_;
  bool has_key_ = false;
};

// yaml-cpp's messages, in words that help somebody who does not know its terms.
std::string hint_for(std::string_view message) {
  if (message.find("illegal map value") != std::string_view::npos) {
    return "look at the indentation of this line and the one above; a text with \": \" in it needs quotes";
  }
  if (message.find("end of map") != std::string_view::npos ||
      message.find("end of sequence") != std::string_view::npos) {
    return "keys of one section start in the same column, and a bracket that opens must close";
  }
  return "indent with spaces, never tabs, and put texts with special characters in quotes";
}

}  // namespace

std::expected<Node, base::Diagnostic> parse_yaml(const Sources& sources, uint16_t file) {
  TreeBuilder builder(sources, file);
  try {
    std::istringstream stream(sources.text(file));
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      TreeBuilder rest(sources, file);
      if (parser.HandleNextDocument(rest)) {
        return std::unexpected(sources.diagnostic(file, rest.take().position,
                                                  "a second document (after \"---\")",
                                                  "one file holds one configuration"));
      }
    }
    return builder.take();
  } catch (TreeBuilder::Refusal& refusal) {
    return std::unexpected(std::move(refusal.diagnostic));
  } catch (const YAML::Exception& error) {
    return std::unexpected(
        sources.diagnostic(file, position_of(error.mark), "not YAML: " + error.msg, hint_for(error.msg)));
  }
}

}  // namespace atlas::control::config
