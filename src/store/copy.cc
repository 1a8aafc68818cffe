// The steps of a copy. Each begins where the target ends, so a copy that died goes on by beginning again.
#include "store/copy.h"

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/hexadecimal.h"
#include "base/ids.h"
#include "identity/digest.h"

namespace vesta::store {
namespace {

constexpr std::uint32_t kCopyPage = 1000;

// A store as it is at one moment, in words: its ends, and a hash of what stands there.
struct Origin {
  CommitSeq seq;
  std::uint64_t audit = 0;
  std::uint64_t index_epoch = 0;
  std::uint64_t versions = 0;
  std::string text;
};

Result<Origin> origin_of(Store& store) {
  Origin origin;
  VESTA_TRY(const Statistics statistics, store.statistics());
  origin.seq = statistics.last_seq;
  origin.audit = store.newest_audit();
  origin.index_epoch = statistics.index_epoch;
  origin.versions = statistics.versions;
  std::string ends;
  for (const std::uint64_t after : {std::uint64_t{0}, origin.seq.value - (origin.seq.value > 0 ? 1 : 0)}) {
    VESTA_TRY(const std::vector<Version> found, store.changes({after}, 1));
    for (const Version& version : found) ends += version.id + " " + identity::sha256(version.tail);
  }
  if (origin.audit > 0) {
    VESTA_TRY(const std::vector<AuditEntry> last, store.audit(origin.audit - 1, 1));
    for (const AuditEntry& entry : last) ends += entry.hash;
  }
  origin.text = std::to_string(origin.seq.value) + " " + std::to_string(origin.audit) + " " +
                std::to_string(origin.index_epoch) + " " + hexadecimal(identity::sha256(ends));
  return origin;
}

Result<bool> is_empty(Store& store) {
  VESTA_TRY(const Origin origin, origin_of(store));
  VESTA_TRY(const std::vector<Property> properties, store.properties({}, 1));
  return origin.seq.value == 0 && origin.audit == 0 && properties.empty();
}

class Copy {
 public:
  Copy(Store& from, Store& to, const CopyOptions& options) : from_(from), to_(to), options_(options) {}

  Result<Copied> run() {
    VESTA_TRY(const bool is_from_unfinished, is_unfinished_copy(from_));
    if (is_from_unfinished) return make_error(Category::conflict, "the source is itself a copy that is not finished");
    VESTA_TRY(origin_, origin_of(from_));
    VESTA_CHECK_OK(begin());
    VESTA_CHECK_OK(copy_places());
    VESTA_CHECK_OK(copy_versions());
    VESTA_CHECK_OK(copy_audit());
    VESTA_CHECK_OK(copy_properties());
    VESTA_TRY(copied_.digest, compare(from_, to_, options_.registry.definitions()));
    VESTA_CHECK_OK(check_index());
    VESTA_TRY(const Origin now, origin_of(from_));
    if (now.text != origin_.text) return make_error(Category::conflict, "the source was written to meanwhile");
    VESTA_CHECK_OK(mark(""));
    return std::move(copied_);
  }

 private:
  Status mark(const std::string& text) {
    WriteSet set;
    set.properties.emplace_back(kCopyProperty, text);
    VESTA_CHECK_OK(to_.commit(set));
    return kOk;
  }

  Status begin() {
    VESTA_TRY(const std::optional<std::string> mark_there, to_.property(kCopyProperty));
    if (mark_there == origin_.text) return kOk;
    if (mark_there && !mark_there->empty()) {
      return make_error(Category::conflict,
                        "the target is an unfinished copy of another source, or of this one before it was written to");
    }
    VESTA_TRY(const bool is_target_empty, is_empty(to_));
    if (!is_target_empty) return make_error(Category::conflict, "the target is not empty");
    return mark(origin_.text);
  }

  Status copy_places() {
    VESTA_CHECK_OK(to_.take_over({}, origin_.index_epoch));
    for (std::uint64_t after = 0;;) {
      VESTA_TRY(const std::vector<PlaceInOrder> places, from_.places(after, kMaxPlaces));
      if (places.empty()) return kOk;
      for (const PlaceInOrder& place : places) {
        if (place.type == fhir::kNoType) return unknown_type(place.id);
      }
      VESTA_CHECK_OK(to_.take_over(places, origin_.index_epoch));
      after = places.back().key;
    }
  }

  Status copy_versions() {
    for (CommitSeq after = to_.newest(); after < origin_.seq;) {
      VESTA_TRY(const std::vector<Version> page, from_.changes(after, kCopyPage));
      if (page.empty()) return make_error(Category::conflict, "the source has lost versions meanwhile");
      for (const Version& version : page) VESTA_CHECK_OK(add(version));
      VESTA_CHECK_OK(commit());
      after = page.back().seq;
    }
    return kOk;
  }

  // A resource occurs once in a commit: its next version waits for the one before.
  Status add(const Version& version) {
    const bool is_full = pending_.size() >= options_.versions_per_commit || pending_bytes_ >= kCopyBytes;
    if (is_full || names_.contains({version.type, version.id})) VESTA_CHECK_OK(commit());
    if (version.type == fhir::kNoType) return unknown_type(version.id);
    if (pending_.empty()) set_.generation = options_.registry.generation();
    Write write;
    write.kind = version.deleted ? Write::Kind::remove : Write::Kind::put;
    write.type = version.type;
    write.id = version.id;
    write.expected = {version.version.value - 1};
    write.tail = version.tail;
    write.last_updated = version.last_updated;
    if (!version.deleted) {
      VESTA_TRY(write.added, values_of(version, Count::unindexed));
    }
    if (version.version.value > 1) {
      VESTA_TRY(const std::optional<Version> before, to_.read(version.type, version.id));
      if (before && !before->deleted) {
        VESTA_TRY(write.removed, values_of(*before, Count::nothing));
      }
    }
    set_.writes.push_back(std::move(write));
    names_.emplace(version.type, version.id);
    pending_.push_back(&version);
    pending_bytes_ += version.tail.size();
    return kOk;
  }

  // What cannot be indexed is copied all the same, as it is when a store makes its index anew.
  enum class Count { unindexed, nothing };
  Result<search::IndexValues> values_of(const Version& version, Count count) {
    Result<search::IndexValues> values = options_.indexer.values_of(version);
    if (values.ok() || values.error().category == Category::unavailable) return values;
    if (count == Count::unindexed) ++copied_.unindexed;
    return search::IndexValues();
  }

  Status commit() {
    if (pending_.empty()) return kOk;
    VESTA_TRY(const std::vector<Written> written, to_.commit(set_));
    for (std::size_t i = 0; i < written.size(); ++i) {
      const Version& version = *pending_[i];
      if (written[i].seq == version.seq && written[i].version == version.version &&
          written[i].last_updated == version.last_updated) {
        continue;
      }
      return make_error(Category::conflict, "the target gave another number to " + version.id + ", version " +
                                                std::to_string(version.version.value) + ": commit sequence " +
                                                std::to_string(written[i].seq.value) + " in place of " +
                                                std::to_string(version.seq.value));
    }
    set_ = WriteSet();
    names_.clear();
    pending_.clear();
    pending_bytes_ = 0;
    options_.indexer.reset();
    return options_.progress ? options_.progress(to_.newest().value, origin_.versions) : Status(kOk);
  }

  Status copy_audit() {
    while (to_.newest_audit() < origin_.audit) {
      VESTA_TRY(const std::vector<AuditEntry> entries, from_.audit(to_.newest_audit(), kCopyPage));
      if (entries.empty()) return make_error(Category::conflict, "the source has lost entries of its audit log");
      WriteSet set;
      for (const AuditEntry& entry : entries) set.audit.push_back(entry.record);
      VESTA_CHECK_OK(to_.commit(set));
      if (options_.progress) VESTA_CHECK_OK(options_.progress(origin_.versions, origin_.versions));
    }
    return kOk;
  }

  Status copy_properties() {
    for (std::string after;;) {
      VESTA_TRY(std::vector<Property> properties, from_.properties(after, kCopyPropertiesPerCommit));
      if (properties.empty()) return kOk;
      after = properties.back().first;
      std::erase_if(properties, [](const Property& property) { return property.first == kCopyProperty; });
      WriteSet set;
      set.properties = std::move(properties);
      VESTA_CHECK_OK(to_.commit(set));
    }
  }

  // The first finding is the error.
  Status check_index() {
    std::optional<std::string> first;
    const auto extract = [this](const Version& version) {
      options_.indexer.reset();
      return values_of(version, Count::nothing);
    };
    VESTA_CHECK_OK(to_.verify(extract, [&first](std::string finding) {
      if (!first) first = std::move(finding);
    }));
    return first ? Status(make_error(Category::conflict, "the target is not sound: " + *first)) : Status(kOk);
  }

  static Error unknown_type(const std::string& id) {
    return make_error(Category::unsupported, id + " is of a type that this program does not know");
  }

  Store& from_;
  Store& to_;
  const CopyOptions& options_;
  Origin origin_;
  Copied copied_;
  WriteSet set_;
  std::set<std::pair<fhir::TypeId, std::string>> names_;  // of `set_`
  std::vector<const Version*> pending_;                   // of `set_`; of the page that is being copied
  std::size_t pending_bytes_ = 0;
};

}  // namespace

Result<Copied> copy(Store& from, Store& to, const CopyOptions& options) {
  return Copy(from, to, options).run();
}

Result<bool> is_unfinished_copy(Store& store) {
  VESTA_TRY(const std::optional<std::string> mark, store.property(kCopyProperty));
  return mark.has_value() && !mark->empty();
}

}  // namespace vesta::store
