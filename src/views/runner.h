// Runner: the rows that one resource becomes; keeps its buffers from resource to resource.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "fhir/node.h"
#include "fhirpath/program.h"
#include "views/plan.h"
#include "views/view.h"

namespace vesta::views {

// Some items of the runner's.
struct Cell {
  static constexpr std::uint32_t kBlank = 0xFFFFFFFF;

  std::uint32_t first = kBlank;
  std::uint32_t count = 0;

  // Of a row that an iteration over nothing left: its path was not run.
  bool is_blank() const { return first == kBlank; }
};

// Rows of equal width, one behind the other.
class Table {
 public:
  void reset(std::size_t width) {
    width_ = width;
    size_ = 0;
    cells_.clear();
  }
  std::size_t size() const { return size_; }
  std::span<Cell> row(std::size_t index) { return std::span(cells_).subspan(index * width_, width_); }
  std::span<const Cell> row(std::size_t index) const { return std::span(cells_).subspan(index * width_, width_); }
  // New rows are empty cells.
  void resize(std::size_t rows) {
    size_ = rows;
    cells_.resize(rows * width_);
  }

 private:
  std::size_t width_ = 0;
  std::size_t size_ = 0;
  std::vector<Cell> cells_;
};

// What a run yields; valid until the runner's next one, and as long as the resource and its arena.
class Rows {
 public:
  Rows(const Table& table, const fhirpath::Collection& items) : table_(table), items_(items) {}
  std::size_t size() const { return table_.size(); }
  std::span<const Cell> row(std::size_t index) const { return table_.row(index); }
  std::span<const fhirpath::Item> items(const Cell& cell) const {
    return std::span(items_).subspan(cell.first, cell.count);
  }

 private:
  const Table& table_;
  const fhirpath::Collection& items_;
};

// One per thread; not thread-safe. The view outlives it.
class Runner {
 public:
  // `clock`: of now(), today() and timeOfDay(), which are errors without it; it outlives the runner.
  explicit Runner(const View& view, Clock* clock = nullptr);
  ~Runner();

  // The rows of one resource; none if it is of another type, or a condition does not hold.
  //
  // Errors (category invalid; the expression is the place in the ViewDefinition): several values in a column
  // that is no collection, a condition that is no boolean, an error of an expression, a limit by its name.
  // https://build.fhir.org/ig/FHIR/sql-on-fhir-v2/StructureDefinition-ViewDefinition.html#processing-algorithm
  Result<Rows> run(const fhir::Node& resource, fhir::Arena& arena);

 private:
  // Hands out buffers that are used again.
  template <class T>
  class Pool;
  struct Buffers;
  struct Focus {
    const fhir::Node* node;
    std::int64_t row_index;
  };

  Result<bool> is_candidate();
  Status evaluate(const PathPlan& path, const Focus& focus, fhirpath::Collection& out);
  Status process(const SelectPlan& select, const Focus& focus, Table& out);
  Status process_repeat(const SelectPlan& select, const fhir::Node& node, std::size_t depth, std::int64_t& row_index,
                        Table& out);
  Status process_element(const SelectPlan& select, const Focus& focus, Table& out);
  Status fill_columns(const SelectPlan& select, const Focus& focus, std::span<Cell> row);
  Status check_cell(const ColumnPlan& column, const Cell& cell) const;
  Status multiply(const SelectPlan& owner, std::size_t begin, std::size_t offset, const Table& part, Table& out);
  Status append_row(const SelectPlan& select, Table& out, std::size_t rows = 1);
  Result<const fhir::Node*> node_of(const PathPlan& path, const fhirpath::Item& item);
  void fill_blank(const SelectPlan& select, std::size_t first, std::span<Cell> row);

  const Plan& plan_;
  Clock* const clock_;
  std::unique_ptr<Buffers> buffers_;
  Table rows_;
  fhirpath::Collection items_;  // of all cells
  // Of the present run.
  const fhir::Node* resource_ = nullptr;
  fhir::Arena* arena_ = nullptr;
  std::size_t steps_ = 0;
  std::size_t elements_ = 0;
  std::size_t made_cells_ = 0;  // of all tables
};

}  // namespace vesta::views
