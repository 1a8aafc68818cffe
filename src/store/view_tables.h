// ViewTables: the contract for tables of views that are kept beside a store, for tools that know SQL and no FHIR.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace vesta::store {

struct ViewColumn {
  enum class Kind : std::uint8_t { any, text, integer, decimal, boolean };
  std::string name;       // a letter, then letters, digits and '_'
  Kind kind = Kind::any;  // of a list: of its items
  bool is_list = false;   // its values are JSON arrays
};

struct ViewTable {
  std::string name;        // as a column's; unique without regard to case
  std::string definition;  // which version of which view it is made of
  std::vector<ViewColumn> columns;
};

struct ViewValue {
  enum class Kind : std::uint8_t { null, text, integer, decimal, boolean };
  Kind kind = Kind::null;
  std::string text;  // as FHIR writes it
};

// All rows of one resource, in the place of those it had.
struct ViewRows {
  std::string key;                // the resource's id
  std::vector<ViewValue> values;  // row after row; a multiple of the columns
};

struct ViewState {
  std::string name;
  std::string definition;
  CommitSeq seq;             // all changes up to this are in it
  bool is_complete = false;  // it is the table of its name; until then it is being made, and nobody sees it
  std::string failure;       // why there is no table; empty: none
};

// Thread-safe. Each call is one transaction. Errors: unavailable, for the disk's or the database's reasons, or as it
// was not taken; busy: others read the table for too long.
class ViewTables {
 public:
  virtual ~ViewTables() = default;

  // Whether the tables are this object's to keep: of several nodes one keeps them, until it is gone or loses the
  // database. Before all else, and again after an error.
  virtual Result<bool> take() = 0;
  virtual Result<std::vector<ViewState>> states() = 0;
  // A table without rows, at sequence 0, which takes the place of the one of its name when it is complete. Errors
  // (invalid): a name that no table can have.
  virtual Status begin(const ViewTable& table) = 0;
  // Replaces the rows of these resources, each of which occurs once.
  virtual Status apply(std::string_view name, std::span<const ViewRows> rows, CommitSeq upto) = 0;
  virtual Status complete(std::string_view name, CommitSeq upto) = 0;
  // Takes the table away, and keeps why.
  virtual Status fail(std::string_view name, std::string_view definition, std::string_view failure) = 0;
  virtual Status drop(std::string_view name) = 0;
};

}  // namespace vesta::store
