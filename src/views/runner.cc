// The processing algorithm: iterations, columns, and the product of a select with those within it.
#include "views/runner.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fhirpath/value.h"
#include "views/column_type.h"
#include "views/limits.h"
#include "views/object_reader.h"

namespace vesta::views {
namespace {

using fhirpath::Item;

// What a column can hold: all but targets of references, quantities that an expression made, and types.
bool is_held(Item::Kind kind) {
  return kind != Item::Kind::resolved && kind != Item::Kind::quantity && kind != Item::Kind::type_info;
}

}  // namespace

template <class T>
class Runner::Pool {
 public:
  // Lent until the end of its scope.
  class Lease {
   public:
    explicit Lease(Pool& pool) : pool_(pool) {
      if (pool.free_.empty()) pool.free_.push_back(std::make_unique<T>());
      lent_ = std::move(pool.free_.back());
      pool.free_.pop_back();
    }
    ~Lease() { pool_.free_.push_back(std::move(lent_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    T& operator*() { return *lent_; }

   private:
    Pool& pool_;
    std::unique_ptr<T> lent_;
  };

 private:
  std::vector<std::unique_ptr<T>> free_;
};

struct Runner::Buffers {
  Pool<Table> tables;
  Pool<fhirpath::Collection> collections;
};

Runner::Runner(const View& view, Clock* clock)
    : plan_(view.plan()), clock_(clock), buffers_(std::make_unique<Buffers>()) {}
Runner::~Runner() = default;

Result<Rows> Runner::run(const fhir::Node& resource, fhir::Arena& arena) {
  rows_.reset(plan_.root.width);
  items_.clear();
  resource_ = &resource;
  arena_ = &arena;
  steps_ = 0;
  elements_ = 0;
  made_cells_ = 0;
  if (resource.type == plan_.type) {
    VESTA_TRY(const bool is_wanted, is_candidate());
    if (is_wanted) VESTA_CHECK_OK(process(plan_.root, {&resource, 0}, rows_));
  }
  return Rows(rows_, items_);
}

// Every condition is true. Of an expression that yields nothing the answer is no.
Result<bool> Runner::is_candidate() {
  for (const PathPlan& condition : plan_.conditions) {
    Pool<fhirpath::Collection>::Lease found(buffers_->collections);
    (*found).clear();
    VESTA_CHECK_OK(evaluate(condition, {resource_, 0}, *found));
    if ((*found).empty()) return false;
    const Item& item = (*found).front();
    const bool is_node = item.kind == Item::Kind::node;
    const bool is_boolean =
        is_node ? plan_.definitions.type(item.type).primitive == fhir::Primitive::boolean && item.node->has_value
                : item.kind == Item::Kind::boolean;
    if ((*found).size() > 1 || !is_boolean)
      return view_error(condition.place, "it yields something else than a boolean");
    if (!(is_node ? item.node->value == "true" : item.boolean_value)) return false;
  }
  return true;
}

Status Runner::evaluate(const PathPlan& path, const Focus& focus, fhirpath::Collection& out) {
  const fhirpath::Surroundings surroundings{
      .resource = resource_, .clock = clock_, .row_index = focus.row_index, .steps = &steps_};
  Status status = path.program->evaluate(*focus.node, *arena_, out, surroundings);
  if (!status.ok()) {
    const Error& error = status.error();
    return view_error(path.place, error.message, error.issues.empty() ? "invalid" : error.issues.front().code);
  }
  if (steps_ > kMaxStepsPerResource)
    return limit_error(path.place, "kMaxStepsPerResource", kMaxStepsPerResource, "steps of one resource");
  return kOk;
}

// Appends the rows of `select`, each as wide as it is.
Status Runner::process(const SelectPlan& select, const Focus& focus, Table& out) {
  if (select.iteration == Iteration::none) return process_element(select, focus, out);
  const std::size_t begin = out.size();
  if (select.iteration == Iteration::repeat) {
    std::int64_t row_index = 0;
    return process_repeat(select, *focus.node, 1, row_index, out);
  }
  Pool<fhirpath::Collection>::Lease found(buffers_->collections);
  (*found).clear();
  VESTA_CHECK_OK(evaluate(select.paths.front(), focus, *found));
  for (std::size_t i = 0; i < (*found).size(); ++i) {
    VESTA_TRY(const fhir::Node* const node, node_of(select.paths.front(), (*found)[i]));
    VESTA_CHECK_OK(process_element(select, {node, static_cast<std::int64_t>(i)}, out));
  }
  if ((*found).empty() && select.iteration == Iteration::for_each_or_null) {
    VESTA_CHECK_OK(append_row(select, out));
    fill_blank(select, select.first, out.row(begin));
  }
  return kOk;
}

// Depth first: an element comes before those that the paths find in it.
Status Runner::process_repeat(const SelectPlan& select, const fhir::Node& node, std::size_t depth,
                              std::int64_t& row_index, Table& out) {
  for (const PathPlan& path : select.paths) {
    Pool<fhirpath::Collection>::Lease found(buffers_->collections);
    (*found).clear();
    VESTA_CHECK_OK(evaluate(path, {&node, 0}, *found));
    if (!(*found).empty() && depth > kMaxRepeatDepth)
      return limit_error(path.place, "kMaxRepeatDepth", kMaxRepeatDepth, "levels of one resource");
    for (const Item& item : *found) {
      VESTA_TRY(const fhir::Node* const child, node_of(path, item));
      VESTA_CHECK_OK(process_element(select, {child, row_index++}, out));
      VESTA_CHECK_OK(process_repeat(select, *child, depth + 1, row_index, out));
    }
  }
  return kOk;
}

// The rows of `select` for one element: its columns, times each select in it, times the branches together.
Status Runner::process_element(const SelectPlan& select, const Focus& focus, Table& out) {
  if (++elements_ > kMaxElementsPerResource)
    return limit_error(select.place, "kMaxElementsPerResource", kMaxElementsPerResource, "elements of one resource");
  const std::size_t begin = out.size();
  VESTA_CHECK_OK(append_row(select, out));
  VESTA_CHECK_OK(fill_columns(select, focus, out.row(begin)));
  for (const SelectPlan& nested : select.selects) {
    Pool<Table>::Lease part(buffers_->tables);
    (*part).reset(nested.width);
    VESTA_CHECK_OK(process(nested, focus, *part));
    VESTA_CHECK_OK(multiply(select, begin, nested.first - select.first, *part, out));
    if (out.size() == begin) return kOk;
  }
  if (select.union_all.empty()) return kOk;
  Pool<Table>::Lease part(buffers_->tables);
  (*part).reset(select.union_all.front().width);
  for (const SelectPlan& branch : select.union_all) VESTA_CHECK_OK(process(branch, focus, *part));
  return multiply(select, begin, select.union_all.front().first - select.first, *part, out);
}

Status Runner::fill_columns(const SelectPlan& select, const Focus& focus, std::span<Cell> row) {
  for (std::size_t i = 0; i < select.columns.size(); ++i) {
    const ColumnPlan& column = select.columns[i];
    const std::size_t first = items_.size();
    VESTA_CHECK_OK(evaluate(column.path, focus, items_));
    row[i] = {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(items_.size() - first)};
    VESTA_CHECK_OK(check_cell(column, row[i]));
  }
  return kOk;
}

Status Runner::check_cell(const ColumnPlan& column, const Cell& cell) const {
  if (cell.count > 1 && !column.is_collection)
    return view_error(column.path.place, "several values in a column that is no collection");
  for (const Item& item : std::span(items_).subspan(cell.first, cell.count)) {
    const bool is_element =
        item.kind == Item::Kind::node &&
        (item.type == fhir::kNoType || plan_.definitions.type(item.type).primitive == fhir::Primitive::none);
    if (is_element && !column.may_be_element)
      return view_error(column.path.place, "an element with structure in a column that declares no type");
    if (!is_held(item.kind)) return view_error(column.path.place, "it yields what no column can hold");
    if (column.checked && !is_of_type(plan_.definitions, item, *column.checked)) {
      return view_error(column.path.place, "a value of column '" + column.name + "' is not of the declared type " +
                                               std::string(type_name(plan_.definitions, *column.checked)));
    }
  }
  return kOk;
}

// The rows of `out` from `begin` on times those of `part`, whose cells go to `offset`.
Status Runner::multiply(const SelectPlan& owner, std::size_t begin, std::size_t offset, const Table& part, Table& out) {
  const std::size_t count = out.size() - begin;
  const std::size_t factor = part.size();
  if (factor == 0) {
    out.resize(begin);
    return kOk;
  }
  if (factor > 1) VESTA_CHECK_OK(append_row(owner, out, count * (factor - 1)));
  // From the end, so that no row is overwritten before it is copied.
  for (std::size_t i = count; i-- > 0;) {
    for (std::size_t j = factor; j-- > 0;) {
      const std::span<Cell> target = out.row(begin + i * factor + j);
      const std::span<const Cell> source = out.row(begin + i);
      if (source.data() != target.data()) std::copy(source.begin(), source.end(), target.begin());
      const std::span<const Cell> cells = part.row(j);
      std::copy(cells.begin(), cells.end(), target.begin() + static_cast<std::ptrdiff_t>(offset));
    }
  }
  return kOk;
}

Status Runner::append_row(const SelectPlan& select, Table& out, std::size_t rows) {
  const std::size_t size = out.size() + rows;
  if (size > kMaxRowsPerResource)
    return limit_error(select.place, "kMaxRowsPerResource", kMaxRowsPerResource, "rows of one resource");
  const std::size_t width = std::max<std::size_t>(select.width, 1);
  if (size * width > kMaxCellsPerResource)
    return limit_error(select.place, "kMaxCellsPerResource", kMaxCellsPerResource, "cells of one resource");
  made_cells_ += rows * width;
  if (made_cells_ > kMaxMadeCellsPerResource) {
    return limit_error(select.place, "kMaxMadeCellsPerResource", kMaxMadeCellsPerResource,
                       "cells of one resource, intermediate ones counted");
  }
  out.resize(size);
  return kOk;
}

// Values that an iteration goes over become elements, so that paths can start at them.
Result<const fhir::Node*> Runner::node_of(const PathPlan& path, const Item& item) {
  if (item.kind == Item::Kind::node) return item.node;
  const fhir::TypeId type = primitive_type(plan_.definitions, item.kind);
  if (type == fhir::kNoType) return view_error(path.place, "it yields what is no element");
  fhir::Node* const node = arena_->make<fhir::Node>();
  node->type = type;
  node->value = item.kind == Item::Kind::boolean ? (item.boolean_value ? "true" : "false") : item.text;
  node->has_value = true;
  node->needs_escape = true;
  return node;
}

// The row of an iteration that found nothing: empty, but for columns that are %rowIndex.
void Runner::fill_blank(const SelectPlan& select, std::size_t first, std::span<Cell> row) {
  for (std::size_t i = 0; i < select.columns.size(); ++i) {
    if (!select.columns[i].is_row_index) continue;
    row[select.first - first + i] = {static_cast<std::uint32_t>(items_.size()), 1};
    Item zero;
    zero.kind = Item::Kind::integer;
    zero.text = "0";
    items_.push_back(zero);
  }
  for (const SelectPlan& nested : select.selects) fill_blank(nested, first, row);
  if (!select.union_all.empty()) fill_blank(select.union_all.front(), first, row);
}

}  // namespace vesta::views
