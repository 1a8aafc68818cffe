// The four parts of a store as entries of bytes, page by page.
#include "store/digest.h"

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/hexadecimal.h"
#include "identity/digest.h"

namespace vesta::store {
namespace {

constexpr std::uint32_t kDigestPage = 1000;

void append_number(std::uint64_t value, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void append_text(std::string_view text, std::string& out) {
  append_number(text.size(), out);
  out += text;
}

struct Entry {
  std::string bytes;
  std::string title;  // for messages
};
using Page = std::vector<Entry>;

// The entries of one part of one store, one after the other.
class Walk {
 public:
  explicit Walk(std::function<Result<Page>()> next_page) : next_page_(std::move(next_page)) {}

  // Null: there are no more.
  Result<const Entry*> next() {
    if (at_ == page_.size()) {
      VESTA_TRY(page_, next_page_());
      at_ = 0;
    }
    return page_.empty() ? nullptr : &page_[at_++];
  }

 private:
  std::function<Result<Page>()> next_page_;
  Page page_;
  std::size_t at_ = 0;
};

// Texts of the type are its name: numbers of types are a program's.
class Parts {
 public:
  Parts(Store& store, const fhir::Definitions& definitions, const std::optional<DigestLimits>& limits)
      : store_(store), definitions_(definitions), limits_(limits) {}

  std::vector<Walk> walks() {
    std::vector<Walk> walks;
    walks.emplace_back([this] { return versions(); });
    walks.emplace_back([this] { return limits_ ? Page() : places(); });
    walks.emplace_back([this] { return audit(); });
    walks.emplace_back([this] { return limits_ ? Page() : properties(); });
    return walks;
  }

 private:
  std::string name_of(fhir::TypeId type, std::string_view id) const {
    const std::string_view name = type == fhir::kNoType ? std::string_view("?") : definitions_.type(type).name;
    return std::string(name) + "/" + std::string(id);
  }

  Result<Page> versions() {
    VESTA_TRY(const std::vector<Version> found, store_.changes(seq_, kDigestPage));
    Page page;
    for (const Version& version : found) {
      if (limits_ && version.seq.value > limits_->seq) break;
      const std::string name = name_of(version.type, version.id);
      Entry entry{{},
                  name + ", version " + std::to_string(version.version.value) + " (commit sequence " +
                      std::to_string(version.seq.value) + ")"};
      append_text(name, entry.bytes);
      for (const std::uint64_t number :
           {version.version.value, version.seq.value, static_cast<std::uint64_t>(version.last_updated.value),
            std::uint64_t{version.deleted}}) {
        append_number(number, entry.bytes);
      }
      append_text(version.tail, entry.bytes);
      seq_ = version.seq;
      page.push_back(std::move(entry));
    }
    return page;
  }
  Result<Page> places() {
    VESTA_TRY(const std::vector<PlaceInOrder> found, store_.places(key_, kDigestPage));
    Page page;
    for (const PlaceInOrder& place : found) {
      const std::string name = name_of(place.type, place.id);
      Entry entry{{}, "the place of " + name + " in the order of creation"};
      append_number(place.key, entry.bytes);
      append_text(name, entry.bytes);
      key_ = place.key;
      page.push_back(std::move(entry));
    }
    return page;
  }
  Result<Page> audit() {
    VESTA_TRY(const std::vector<AuditEntry> found, store_.audit(audit_, kDigestPage));
    Page page;
    for (const AuditEntry& record : found) {
      if (limits_ && record.number > limits_->audit) break;
      Entry entry{{}, "entry " + std::to_string(record.number) + " of the audit log"};
      append_number(record.number, entry.bytes);
      append_text(record.record, entry.bytes);
      append_text(record.hash, entry.bytes);
      audit_ = record.number;
      page.push_back(std::move(entry));
    }
    return page;
  }
  Result<Page> properties() {
    Page page;
    while (page.empty()) {  // a page of nothing but the property of copies is not the end
      VESTA_TRY(const std::vector<Property> found, store_.properties(property_, kDigestPage));
      if (found.empty()) break;
      property_ = found.back().first;
      for (const auto& [key, value] : found) {
        if (key == kCopyProperty) continue;
        Entry entry{{}, "the property '" + key + "'"};
        append_text(key, entry.bytes);
        append_text(value, entry.bytes);
        page.push_back(std::move(entry));
      }
    }
    return page;
  }

  Store& store_;
  const fhir::Definitions& definitions_;
  const std::optional<DigestLimits> limits_;
  CommitSeq seq_ = {};
  std::uint64_t key_ = 0;
  std::uint64_t audit_ = 0;
  std::string property_;
};

void add(const Entry& entry, Digest::Part& part) {
  part.hash = identity::sha256(part.hash + entry.bytes);
  ++part.entries;
}

}  // namespace

std::string Digest::total() const {
  std::string all;
  for (const Part& part : parts) {
    append_number(part.entries, all);
    append_text(part.hash, all);
  }
  return hexadecimal(identity::sha256(all));
}

Result<Digest> digest(Store& store, const fhir::Definitions& definitions, const std::optional<DigestLimits>& limits) {
  Parts parts(store, definitions, limits);
  std::vector<Walk> walks = parts.walks();
  Digest digest;
  for (std::size_t part = 0; part < walks.size(); ++part) {
    for (;;) {
      VESTA_TRY(const Entry* const entry, walks[part].next());
      if (entry == nullptr) break;
      add(*entry, digest.parts[part]);
    }
  }
  return digest;
}

Result<Digest> compare(Store& from, Store& to, const fhir::Definitions& definitions) {
  Parts from_parts(from, definitions, std::nullopt), to_parts(to, definitions, std::nullopt);
  std::vector<Walk> from_walks = from_parts.walks(), to_walks = to_parts.walks();
  Digest digest;
  for (std::size_t part = 0; part < from_walks.size(); ++part) {
    for (;;) {
      VESTA_TRY(const Entry* const left, from_walks[part].next());
      VESTA_TRY(const Entry* const right, to_walks[part].next());
      if (left == nullptr && right == nullptr) break;
      if (left == nullptr || right == nullptr || left->bytes != right->bytes) {
        const Entry& where = left == nullptr ? *right : *left;
        const char* how = left == nullptr    ? " is in the second store only"
                          : right == nullptr ? " is in the first store only"
                                             : " differs";
        return make_error(Category::conflict, where.title + how);
      }
      add(*left, digest.parts[part]);
    }
  }
  return digest;
}

}  // namespace vesta::store
