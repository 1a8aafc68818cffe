// `_text` and `_content`: words of the narrative and of the whole resource. https://hl7.org/fhir/R4/search.html#text
#include <algorithm>

#include "search/narrative.h"
#include "search/params/extract.h"
#include "search/params/match.h"
#include "search/text.h"

namespace vesta::search::params {
namespace {

// Gathers the folded texts of a resource, and makes words of them.
class Words {
 public:
  explicit Words(const Vocabulary& vocabulary) : names_(vocabulary) {}

  void add_narrative(const fhir::Node& root) {
    const fhir::Node* narrative = root.child(names_.text);
    const fhir::Node* div = narrative == nullptr ? nullptr : narrative->child(names_.div);
    if (div != nullptr && names_.words_of[div->type] == WordsOf::markup) add_markup(div->value);
  }

  // All texts and codes below `node`, with those of contained resources. Left out is what refers to another place:
  // ids of elements and literal references (which are strings to FHIR).
  void add_content(const fhir::Node& node) {
    const bool is_reference = node.type < names_.shapes.size() && names_.shapes[node.type] == Shape::reference;
    for (const fhir::Node& child : node.children()) {
      if (child.name == names_.id || (is_reference && child.name == names_.reference)) continue;
      if (child.has_value && child.type < names_.words_of.size()) {
        if (names_.words_of[child.type] == WordsOf::text) add_text(child.value);
        if (names_.words_of[child.type] == WordsOf::markup) add_markup(child.value);
      }
      if (child.first_child != nullptr) add_content(child);
    }
  }

  // Adds the different words, in their order, to the values; forgets the texts.
  void flush(ParameterId parameter, Extraction& extraction) {
    words_.clear();
    each_word(texts_, [this](std::string_view word) { words_.push_back(word); });
    std::sort(words_.begin(), words_.end());
    words_.erase(std::unique(words_.begin(), words_.end()), words_.end());
    for (const std::string_view word : words_) {
      extraction.values.words.push_back({parameter, extraction.arena.copy(word)});
    }
    if (!words_.empty()) extraction.values.present.push_back(parameter);
    texts_.clear();
  }

 private:
  void add_text(std::string_view text) {
    fold(text, texts_);
    texts_.push_back('\n');
  }
  void add_markup(std::string_view xhtml) {
    plain_.clear();
    append_text_of(xhtml, plain_);
    add_text(plain_);
  }

  const Vocabulary& names_;
  std::string texts_, plain_;
  std::vector<std::string_view> words_;
};

}  // namespace

// https://hl7.org/fhir/R4/search.html#text
void extract_words(WordParameters parameters, const fhir::Node& root, Extraction& extraction) {
  Words words(extraction.vocabulary);
  if (parameters.content != kNoParameter) {
    words.add_content(root);
    words.flush(parameters.content, extraction);
  }
  if (parameters.text != kNoParameter) {
    words.add_narrative(root);
    words.flush(parameters.text, extraction);
  }
}

bool matches(const WordMatch& match, const WordValue& value) {
  return match.is_prefix ? value.word.starts_with(match.word) : value.word == match.word;
}

}  // namespace vesta::search::params
