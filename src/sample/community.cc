// The facilities, locations, practitioners and roles of one community, and the insurers of all.
#include "sample/community.h"

#include <string_view>

#include "sample/rng.h"

namespace vesta::sample {
namespace {

constexpr Code kProvider = {"http://terminology.hl7.org/CodeSystem/organization-type", "prov", "Healthcare Provider"};
constexpr Code kPayer = {"http://terminology.hl7.org/CodeSystem/organization-type", "pay", "Payer"};
constexpr Code kDoctor = {"http://terminology.hl7.org/CodeSystem/practitioner-role", "doctor", "Doctor"};
constexpr std::uint64_t kIdsPerFacility = 64;

struct KindFacts {
  std::string_view suffix;
  std::size_t practitioners;
  Code location;   // v3-RoleCode
  Code specialty;  // SNOMED CT
};

const KindFacts& facts_of(FacilityKind kind) {
  constexpr std::string_view kRole = "http://terminology.hl7.org/CodeSystem/v3-RoleCode";
  static constexpr KindFacts kFacts[] = {
      {"General Hospital", 8, {kRole, "HOSP", "Hospital"}, snomed("419192003", "Internal medicine (qualifier value)")},
      {"Family Medicine",
       3,
       {kRole, "PROFF", "Provider's Office"},
       snomed("394814009", "General practice (specialty) (qualifier value)")},
      {"Urgent Care",
       3,
       {kRole, "OF", "Outpatient facility"},
       snomed("773568002", "Emergency medicine (qualifier value)")},
      {"Diagnostics", 0, {kRole, "OF", "Outpatient facility"}, {}},
  };
  return kFacts[static_cast<std::size_t>(kind)];
}

// A National Provider Identifier that no real provider can have: it starts with 9.
std::string provider_number(const Uuid& id) {
  std::uint64_t number = 0;
  for (char c : id.view()) number = number * 31 + static_cast<unsigned char>(c);
  return "9" + std::to_string(100'000'000 + number % 900'000'000);
}

void write_address(Writer& w, const City& city, std::string_view street) {
  w.text_list("line", street);
  w.text("city", city.name);
  w.text("state", kState);
  w.text("postalCode", city.postal_code);
  w.text("country", "US");
}

}  // namespace

Community::Community(std::uint64_t seed, std::uint64_t index) : seed_(seed), index_(index) {
  const std::uint64_t stream = kCommunityStream + index;
  Rng rng(seed, stream);
  constexpr FacilityKind kKinds[] = {FacilityKind::hospital, FacilityKind::laboratory, FacilityKind::urgent_care,
                                     FacilityKind::clinic,   FacilityKind::clinic,     FacilityKind::clinic};
  std::uint64_t counter = 0;
  const auto shared = [&](std::string_view type, std::uint64_t number) {
    return Ref{type, make_uuid(seed, stream, number), true};
  };
  for (FacilityKind kind : kKinds) {
    Facility facility{kind, {}, shared("Organization", counter), shared("Location", counter + 1), {}};
    const std::string_view place = kind == FacilityKind::clinic ? rng.pick(street_names()) : rng.pick(cities()).name;
    facility.name.assign(place).append(" ").append(facts_of(kind).suffix);
    for (std::size_t i = 0; i < facts_of(kind).practitioners; ++i) {
      const bool is_female = rng.chance(0.5);
      std::string name = "Dr. ";
      name.append(rng.pick(is_female ? female_names() : male_names())).append(" ").append(rng.pick(family_names()));
      facility.practitioners.push_back({shared("Practitioner", counter + 2 + 2 * i),
                                        shared("PractitionerRole", counter + 3 + 2 * i), std::move(name)});
    }
    counter += kIdsPerFacility;
    facilities_.push_back(std::move(facility));
  }
}

void Community::write(Group& group) const {
  group.clear();
  Writer w(group, seed_, kCommunityStream + index_, Links::relative);
  Rng rng(seed_ ^ 0xADD2E55, kCommunityStream + index_);
  for (const Facility& facility : facilities_) {
    const KindFacts& facts = facts_of(facility.kind);
    const City& city = rng.pick(cities());
    const std::string street = std::to_string(rng.whole(1, 900)) + " " + std::string(rng.pick(street_names()));
    const std::string phone = std::string(city.area_code) + "-555-0" + std::to_string(rng.whole(100, 199));
    w.resource(facility.organization, [&] {
      w.list("identifier", [&] { w.identifier(kNpi, provider_number(facility.organization.id)); });
      w.flag("active", true);
      w.concepts("type", kProvider);
      w.text("name", facility.name);
      w.list("telecom", [&] { w.item([&] { w.text("system", "phone"), w.text("value", phone); }); });
      w.list("address", [&] { w.item([&] { write_address(w, city, street); }); });
    });
    w.resource(facility.location, [&] {
      w.text("status", "active");
      w.text("name", facility.name);
      w.text("mode", "instance");
      w.concepts("type", facts.location);
      w.object("address", [&] { write_address(w, city, street); });
      w.reference("managingOrganization", facility.organization, facility.name);
    });
    for (const Practitioner& practitioner : facility.practitioners) {
      const std::string_view name = std::string_view(practitioner.name).substr(4);  // after "Dr. "
      const std::size_t space = name.find(' ');
      w.resource(practitioner.ref, [&] {
        w.list("identifier", [&] { w.identifier(kNpi, provider_number(practitioner.ref.id)); });
        w.flag("active", true);
        w.list("name", [&] {
          w.item([&] {
            w.text("family", name.substr(space + 1));
            w.text_list("given", name.substr(0, space));
            w.text_list("prefix", "Dr.");
          });
        });
        w.list("telecom",
               [&] { w.item([&] { w.text("system", "phone"), w.text("value", phone), w.text("use", "work"); }); });
      });
      w.resource(practitioner.role, [&] {
        w.flag("active", true);
        w.reference("practitioner", practitioner.ref, practitioner.name);
        w.reference("organization", facility.organization, facility.name);
        w.concepts("code", kDoctor);
        w.concepts("specialty", facts.specialty);
        w.references("location", facility.location, facility.name);
      });
    }
  }
}

Ref insurer(std::uint64_t seed, std::size_t number) {
  return {"Organization", make_uuid(seed, kInsurerStream, number), true};
}

void write_insurers(std::uint64_t seed, Group& group) {
  group.clear();
  Writer w(group, seed, kInsurerStream, Links::relative);
  for (std::size_t i = 0; i < kInsurers; ++i) {
    w.resource(insurer(seed, i), [&] {
      w.flag("active", true);
      w.concepts("type", kPayer);
      w.text("name", insurer_names()[i]);
    });
  }
}

}  // namespace vesta::sample
