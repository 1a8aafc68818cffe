// Dialect: what SQLite and PostgreSQL write differently.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace vesta::sql {

enum class Dialect : std::uint8_t { sqlite, postgres };

// Of values and columns; `real` has 64 bits.
enum class Type : std::uint8_t { boolean, integer, bigint, real, text, bytes };

// What a statement writes for its bound value of this number, from 1: "?1", "$1".
std::string placeholder(Dialect dialect, std::size_t number);

// A name in quotes: itself, whatever it is. It has no NUL.
std::string quoted_name(std::string_view name);

// What a name without quotes means: PostgreSQL reads it in small letters, SQLite in any.
std::string unquoted_meaning(Dialect dialect, std::string_view name);

// Longer names are cut off by PostgreSQL, and so become those of others; SQLite bounds the whole statement.
std::size_t max_name_bytes(Dialect dialect);

std::string_view type_name(Dialect dialect, Type type);

// The first bytes of an expression; an index of it is used where it is written the same.
std::string first_bytes(Dialect dialect, std::string_view expression, std::size_t bytes);

}  // namespace vesta::sql
