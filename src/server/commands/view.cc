// Reading of the view, and its rows in pieces.
#include "server/commands/view.h"

#include <memory>
#include <utility>

#include "base/reason.h"
#include "ops/parquet_rows.h"
#include "ops/resource_pages.h"
#include "ops/view_scan.h"
#include "server/commands/input_stream.h"
#include "server/commands/view_input.h"
#include "views/limits.h"
#include "views/view.h"

namespace vesta::server::commands {
namespace {

constexpr int kExitUnread = 1;
constexpr int kExitBadView = 2;
constexpr std::size_t kPieceBytes = 64 * 1024;

class ViewCommand {
 public:
  ViewCommand(const ViewOptions& options, const fhir::Definitions& definitions, std::ostream& out, std::ostream& errors)
      : options_(options), definitions_(definitions), out_(out), errors_(errors) {
    options_.rows.now = system_clock().now();
  }

  // The exit code if it fails, else 0.
  int compile() {
    const auto text = read_view();
    if (!text.ok()) return fail(kExitUnread, options_.view + ": " + text.error().message);
    auto view = views::compile(definitions_, *text);
    if (!view.ok()) return fail(kExitBadView, options_.view + ": " + reason_of(view.error()));
    view_ = std::move(*view);
    return 0;
  }

  int run_on_files(std::istream& input) {
    if (!options_.parquet.empty()) {
      return write_parquet([&](const auto& take) {
        return read_resources(definitions_, view_->resource_type(), options_.files, input, take);
      });
    }
    views::RowFeed rows(*view_, options_.rows);
    std::string piece;
    rows.begin(piece);
    Status made = kOk;
    const auto take = [&](const fhir::Node& resource, fhir::Arena& arena) {
      made = rows.add(resource, arena, piece);
      if (piece.size() >= kPieceBytes) send(piece);
      return made.ok() && out_.good() && !rows.is_full();
    };
    const Status read = read_resources(definitions_, view_->resource_type(), options_.files, input, take);
    if (made.ok() && read.ok()) rows.end(piece);
    send(piece);
    if (!made.ok()) return fail(kExitBadView, options_.view + ": " + reason_of(made.error()));
    if (!read.ok()) return fail(kExitUnread, read.error().message);
    return finish();
  }

  int run_on_store(const ops::Context& context) {
    if (!options_.parquet.empty()) {
      return write_parquet([&](const auto& take) { return read_store(context, take); });
    }
    ops::ViewScan scan(context, view_, options_.rows, search::Plan::make_all());
    for (bool has_more = true; has_more && out_.good();) {
      std::string piece;
      const auto page = scan.append_piece(piece);
      send(piece);
      if (!page.ok()) {
        const bool is_of_view = page.error().category == Category::invalid;
        return fail(is_of_view ? kExitBadView : kExitUnread, options_.view + ": " + reason_of(page.error()));
      }
      has_more = *page;
    }
    return finish();
  }

 private:
  // `read` gives each resource to what it is called with, until that says false.
  template <class Read>
  int write_parquet(const Read& read) {
    auto file = ops::ParquetRows::create(options_.parquet, definitions_, *view_, options_.rows);
    if (!file.ok()) return fail(kExitUnread, options_.parquet + ": " + file.error().message);
    Result<bool> added = true;
    const auto take = [&](const fhir::Node& resource, fhir::Arena& arena) {
      added = (*file)->add(resource, arena);
      return added.ok() && *added;
    };
    const Status done = read(take);
    const bool is_of_view = !added.ok() && added.error().category == Category::invalid;
    if (is_of_view) return fail(kExitBadView, options_.view + ": " + reason_of(added.error()));
    if (!done.ok()) return fail(kExitUnread, done.error().message);
    const Status written = added.ok() ? (*file)->finish() : Status(added.take_error());
    if (!written.ok()) return fail(kExitUnread, options_.parquet + ": " + written.error().message);
    return 0;
  }

  template <class Take>
  Status read_store(const ops::Context& context, const Take& take) const {
    ops::ResourcePages pages(context, view_->resource_type(), search::Plan::make_all());
    for (bool has_more = true; has_more;) {
      VESTA_TRY(has_more, pages.next([&](const fhir::Node& resource, fhir::Arena& arena) -> Result<bool> {
        return take(resource, arena);
      }));
    }
    return kOk;
  }

  Result<std::string> read_view() const {
    VESTA_TRY(const std::unique_ptr<InputStream> stream, open_input(options_.view));
    return read_all(*stream, views::kMaxViewBytes, 0);
  }

  void send(std::string& piece) {
    out_.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    piece.clear();
  }

  int finish() {
    out_.flush();
    return out_.good() ? 0 : fail(kExitUnread, "Writing to the output failed.");
  }

  int fail(int code, const std::string& message) {
    errors_ << "vesta: " << message << '\n';
    return code;
  }

  ViewOptions options_;
  const fhir::Definitions& definitions_;
  std::ostream& out_;
  std::ostream& errors_;
  std::shared_ptr<const views::View> view_;
};

}  // namespace

int run_view(const ViewOptions& options, const fhir::Definitions& definitions, std::istream& input, std::ostream& out,
             std::ostream& errors) {
  ViewCommand command(options, definitions, out, errors);
  if (const int code = command.compile(); code != 0) return code;
  return command.run_on_files(input);
}

int run_view(const ViewOptions& options, const ops::Context& context, std::ostream& out, std::ostream& errors) {
  ViewCommand command(options, context.definitions, out, errors);
  if (const int code = command.compile(); code != 0) return code;
  return command.run_on_store(context);
}

}  // namespace vesta::server::commands
