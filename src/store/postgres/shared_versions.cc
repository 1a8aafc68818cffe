// Numbers of 8 bytes, and the tail as it is.
#include "store/postgres/shared_versions.h"

#include <array>
#include <cstring>

#include "identity/digest.h"

namespace vesta::store::postgres {
namespace {

constexpr char kForm = 1;
constexpr std::size_t kNumbers = 4, kHeadBytes = 2 + kNumbers * sizeof(std::uint64_t);

// A restored database has another system, another database or other files than the one it was made from, or its server
// has been started since; and so has a standby that takes over.
constexpr const char* kIdentity =
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()), pg_postmaster_start_time(), "
    "(SELECT oid FROM pg_database WHERE datname = current_database()), 'head'::regclass::oid, "
    "pg_relation_filenode('head'))::bytea";

}  // namespace

std::string write_shared(const Version& version, std::int64_t as_of) {
  const std::array<std::uint64_t, kNumbers> numbers = {static_cast<std::uint64_t>(as_of), version.version.value,
                                                       static_cast<std::uint64_t>(version.last_updated.value),
                                                       version.seq.value};
  std::string bytes = {kForm, static_cast<char>(version.deleted ? 1 : 0)};
  bytes.reserve(kHeadBytes + version.tail.size());
  bytes.append(reinterpret_cast<const char*>(numbers.data()), sizeof(numbers));
  return bytes + version.tail;
}

std::optional<SharedVersion> read_shared(std::string_view bytes) {
  if (bytes.size() < kHeadBytes || bytes[0] != kForm || (bytes[1] != 0 && bytes[1] != 1)) return std::nullopt;
  std::array<std::uint64_t, kNumbers> numbers{};
  std::memcpy(numbers.data(), bytes.data() + 2, sizeof(numbers));
  const auto [as_of, version, last_updated, seq] = numbers;
  if (version == 0 || seq == 0 || seq > as_of) return std::nullopt;
  SharedVersion shared;
  shared.as_of = static_cast<std::int64_t>(as_of);
  shared.version.version = {version};
  shared.version.last_updated = {static_cast<std::int64_t>(last_updated)};
  shared.version.seq = {seq};
  shared.version.deleted = bytes[1] == 1;
  shared.version.tail = bytes.substr(kHeadBytes);
  return shared;
}

std::string shared_key(std::string_view identity, std::int64_t type, std::string_view id) {
  return "vesta/version/" + std::string(identity) + "/" + std::to_string(type) + "/" + std::string(id);
}

Result<std::string> read_identity(Connection& connection) {
  VESTA_TRY(const Rows rows, connection.run(kIdentity, {}, Connection::Keep::once));
  if (rows.size() != 1) return make_error(Category::unavailable, "the database does not say which one it is");
  return identity::base64url(identity::sha256(rows.bytes(0, 0)));
}

}  // namespace vesta::store::postgres
