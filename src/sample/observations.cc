// The common fields of Observations, reference ranges and interpretations.
#include "sample/observations.h"

namespace vesta::sample {
namespace {

constexpr std::string_view kInterpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation";

}  // namespace

void write_observation_head(Chart& chart, const Code& code, const Code& category, Moment when) {
  Writer& w = chart.w;
  w.text("status", "final");
  w.concepts("category", category);
  w.concept_of("code", code);
  write_context(chart);
  w.moment("effectiveDateTime", when);
  w.moment("issued", when + 60);
}

// A bound of 0 is open.
void write_range(Chart& chart, const Test& test, double value) {
  if (test.low == 0 && test.high == 0) return;
  Writer& w = chart.w;
  const Code interpretation = test.high != 0 && value > test.high ? Code{kInterpretation, "H", "High"}
                              : test.low != 0 && value < test.low ? Code{kInterpretation, "L", "Low"}
                                                                  : Code{kInterpretation, "N", "Normal"};
  w.concepts("interpretation", interpretation);
  w.list("referenceRange", [&] {
    w.item([&] {
      if (test.low != 0) w.quantity("low", Decimal::round(test.low, test.digits), test.unit, test.ucum);
      if (test.high != 0) w.quantity("high", Decimal::round(test.high, test.digits), test.unit, test.ucum);
    });
  });
}

Ref write_quantity(Chart& chart, const Test& test, double value, const Code& category, Moment when) {
  return chart.w.resource("Observation", [&] {
    const Decimal rounded = Decimal::round(value, test.digits);
    write_observation_head(chart, test.code, category, when);
    chart.w.quantity("valueQuantity", rounded, test.unit, test.ucum);
    write_range(chart, test, rounded.value());
  });
}

Ref write_coded(Chart& chart, const Code& code, const Code& value, const Code& category, Moment when) {
  return chart.w.resource("Observation", [&] {
    write_observation_head(chart, code, category, when);
    chart.w.concept_of("valueCodeableConcept", value);
  });
}

}  // namespace vesta::sample
