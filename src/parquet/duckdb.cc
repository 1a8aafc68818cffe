// Loading of DuckDB's library.
#include "parquet/duckdb.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "parquet/writer.h"

namespace vesta::parquet {
namespace {

void* open_library() {
  const char* const given = std::getenv(kLibraryVariable);
  if (given != nullptr && *given != '\0') return ::dlopen(given, RTLD_NOW | RTLD_LOCAL);
  std::error_code failed;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", failed);
  if (!failed) {
    const std::string beside = (program.parent_path() / kLibraryName).string();
    if (void* const library = ::dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return ::dlopen(kLibraryName, RTLD_NOW | RTLD_LOCAL);
}

Error not_here(const std::string& why) {
  return make_error(Category::unsupported, "Parquet needs DuckDB's library (" + std::string(kLibraryName) +
                                               ", or the file that " + kLibraryVariable + " names): " + why);
}

Result<DuckDb> find_functions() {
  void* const library = open_library();
  if (library == nullptr) return not_here(::dlerror());
  DuckDb found{};
  std::string missing;
  const auto find = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, name));
    if (function == nullptr && missing.empty()) missing = name;
  };
  find("duckdb_open", found.open);
  find("duckdb_close", found.close);
  find("duckdb_connect", found.connect);
  find("duckdb_disconnect", found.disconnect);
  find("duckdb_query", found.query);
  find("duckdb_result_error", found.result_error);
  find("duckdb_destroy_result", found.destroy_result);
  find("duckdb_appender_create", found.appender_create);
  find("duckdb_appender_error", found.appender_error);
  find("duckdb_appender_end_row", found.appender_end_row);
  find("duckdb_appender_destroy", found.appender_destroy);
  find("duckdb_append_bool", found.append_bool);
  find("duckdb_append_int64", found.append_int64);
  find("duckdb_append_double", found.append_double);
  find("duckdb_append_varchar_length", found.append_varchar_length);
  find("duckdb_append_null", found.append_null);
  if (!missing.empty()) return not_here("it has no " + missing);
  return found;
}

}  // namespace

Result<const DuckDb*> DuckDb::load() {
  static const Result<DuckDb> library = find_functions();
  if (!library.ok()) return library.error();
  return &library.value();
}

}  // namespace vesta::parquet
