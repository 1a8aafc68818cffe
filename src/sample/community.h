// Community: what some hundred patients share: a hospital, clinics, and the people who work there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sample/group.h"
#include "sample/tables/names.h"
#include "sample/writer.h"

namespace vesta::sample {

inline constexpr std::uint64_t kPatientsPerCommunity = 500;

enum class FacilityKind : std::uint8_t { hospital, clinic, urgent_care, laboratory };

struct Practitioner {
  Ref ref;
  Ref role;
  std::string name;  // "Dr. Ada Chen"
};

struct Facility {
  FacilityKind kind;
  std::string name;
  Ref organization;
  Ref location;
  std::vector<Practitioner> practitioners;
};

// The shared resources of community `index`; the same for the same seed, whatever the size of the population.
class Community {
 public:
  Community(std::uint64_t seed, std::uint64_t index);

  std::uint64_t index() const { return index_; }
  const Facility& hospital() const { return facilities_[0]; }
  const Facility& laboratory() const { return facilities_[1]; }
  const Facility& urgent_care() const { return facilities_[2]; }
  const Facility& clinic(std::size_t number) const { return facilities_[3 + number % kClinics]; }

  // Writes its resources, Organizations first.
  void write(Group& group) const;

 private:
  static constexpr std::size_t kClinics = 3;

  std::uint64_t seed_;
  std::uint64_t index_;
  std::vector<Facility> facilities_;
};

// The insurers of the whole population, in the order of insurer_names().
inline constexpr std::size_t kInsurers = 6;
Ref insurer(std::uint64_t seed, std::size_t number);
void write_insurers(std::uint64_t seed, Group& group);

// Streams of ids and chance, apart from the patients' (0 and up).
inline constexpr std::uint64_t kCommunityStream = 1ull << 62;
inline constexpr std::uint64_t kInsurerStream = 1ull << 63;

}  // namespace vesta::sample
