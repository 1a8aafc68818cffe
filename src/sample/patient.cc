// The Patient resource. https://hl7.org/fhir/R4/patient.html
#include "sample/chart.h"

namespace vesta::sample {
namespace {

constexpr std::string_view kUsCore = "http://hl7.org/fhir/us/core/StructureDefinition/";

void write_extensions(Chart& chart) {
  Writer& w = chart.w;
  const CodedName& race = race_table()[chart.person.race];
  const auto categories = [&](std::string_view name, std::string_view code, std::string_view display) {
    w.item([&] {
      w.text("url", kUsCore, name);
      w.list("extension", [&] {
        w.item([&] {
          w.text("url", "ombCategory");
          w.coding("valueCoding", {"urn:oid:2.16.840.1.113883.6.238", code, display});
        });
        w.item([&] {
          w.text("url", "text");
          w.text("valueString", display);
        });
      });
    });
  };
  w.list("extension", [&] {
    categories("us-core-race", race.code, race.display);
    if (chart.person.is_hispanic) {
      categories("us-core-ethnicity", "2135-2", "Hispanic or Latino");
    } else {
      categories("us-core-ethnicity", "2186-5", "Not Hispanic or Latino");
    }
    w.item([&] {
      w.text("url", kUsCore, "us-core-birthsex");
      w.text("valueCode", chart.person.is_female ? "F" : "M");
    });
  });
}

void write_identifiers(Chart& chart) {
  Writer& w = chart.w;
  const auto typed = [&](std::string_view code, std::string_view display, std::string_view system,
                         std::string_view value) {
    w.item([&] {
      w.concept_of("type", {"http://terminology.hl7.org/CodeSystem/v2-0203", code, display});
      w.text("system", system);
      w.text("value", value);
    });
  };
  w.list("identifier", [&] {
    typed("MR", "Medical record number", "urn:oid:2.16.840.1.113883.19.5", chart.person.record_number);
    typed("SS", "Social Security number", "http://hl7.org/fhir/sid/us-ssn", chart.person.social_security);
  });
}

void write_names(Chart& chart) {
  Writer& w = chart.w;
  const Person& person = chart.person;
  const auto name = [&](std::string_view use, std::string_view family) {
    w.item([&] {
      w.text("use", use);
      w.text("family", family);
      w.list("given", [&] { chart.w.string_item(person.given), chart.w.string_item(person.middle); });
    });
  };
  w.list("name", [&] {
    name("official", person.family);
    if (!person.maiden.empty()) name("maiden", person.maiden);
  });
}

void write_contact_points(Chart& chart) {
  Writer& w = chart.w;
  const Person& person = chart.person;
  w.list("telecom", [&] {
    w.item([&] {
      w.text("system", "phone");
      w.text("value", person.phone);
      w.text("use", "home");
    });
  });
}

}  // namespace

void write_patient(Chart& chart) {
  Writer& w = chart.w;
  const Person& person = chart.person;
  chart.patient = w.reserve("Patient");
  w.resource(chart.patient, [&] {
    write_extensions(chart);
    write_identifiers(chart);
    w.flag("active", person.death == kNever);
    write_names(chart);
    write_contact_points(chart);
    w.text("gender", person.is_female ? "female" : "male");
    w.date("birthDate", person.birth);
    if (person.death != kNever) w.moment("deceasedDateTime", at_clock(person.death, 3, 20));
    w.list("address", [&] {
      w.item([&] {
        w.text("use", "home");
        w.text_list("line", person.street);
        w.text("city", person.city->name);
        w.text("state", kState);
        w.text("postalCode", person.city->postal_code);
        w.text("country", "US");
      });
    });
    if (!person.marital.empty()) {
      w.concept_of("maritalStatus",
                   {"http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", person.marital, person.marital_name});
    }
    const CodedName& language = language_table()[person.language];
    w.list("communication", [&] {
      w.item([&] {
        w.concept_of("language", {"urn:ietf:bcp:47", language.code, language.display});
        w.flag("preferred", true);
      });
    });
    w.references("generalPractitioner", chart.doctor->ref, chart.doctor->name);
    w.reference("managingOrganization", chart.clinic->organization, chart.clinic->name);
  });
}

}  // namespace vesta::sample
