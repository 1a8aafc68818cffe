// Variables: whose values they have, and that no value says more than a value.
#include "access/variables.h"

#include <gtest/gtest.h>

namespace vesta::access {
namespace {

constexpr Instant kNow{1'577'836'800'000'000};  // 2020-01-01T00:00:00Z

std::string value_of(const char* name, const std::string& fhir_user) {
  return Variables(fhir::r4(), fhir_user, kNow).find(name).value_or("unknown");
}

std::string put(std::string_view query, const Variables& variables) {
  const auto text = put_variables(query, variables);
  if (!text.ok()) return "error: " + text.error().message;
  return *text ? **text : "no value";
}

TEST(Variables, HaveValuesOfThePrincipal) {
  EXPECT_EQ(value_of("patient", "Patient/p2"), "p2");
  EXPECT_EQ(value_of("patient", "Practitioner/d"), "");
  EXPECT_EQ(value_of("practitioner", "Practitioner/d"), "d");
  EXPECT_EQ(value_of("practitioner", "Patient/p2"), "");
  EXPECT_EQ(value_of("relatedperson", "RelatedPerson/r"), "r");
  EXPECT_EQ(value_of("organization", "Organization/o"), "o");
  EXPECT_EQ(value_of("domainresource", "Patient/p"), "unknown");
  EXPECT_EQ(value_of("user", "Practitioner/d"), "Practitioner/d");
  EXPECT_EQ(value_of("user", ""), "");
  EXPECT_EQ(value_of("today", ""), "2020-01-01");
}

TEST(Variables, TellTheTimeInMinutes) {
  const Variables variables(fhir::r4(), "", Instant{kNow.value + 119'999'999});
  EXPECT_FALSE(variables.was_asked_now());
  EXPECT_EQ(variables.find("now"), "2020-01-01T00:01Z");
  EXPECT_TRUE(variables.was_asked_now());
  EXPECT_EQ(variables.find("now-1h"), "2019-12-31T23:01Z");
  EXPECT_EQ(variables.find("now-9999h"), "2018-11-10T09:01Z");
  for (const char* none : {"now-", "now-h", "now-10000h", "now-1", "now+1h", "now-1m", "now--1h", "now4h", "nowhere"}) {
    EXPECT_EQ(variables.find(none), std::nullopt) << none;
  }
  EXPECT_EQ(put("date=gt%now-4h&x=h", variables), "date=gt2019-12-31T20%3A01Z&x=h");
  EXPECT_EQ(put("date=gt%now-x&y=4h", variables), "date=gt2020-01-01T00%3A01Z-x&y=4h");
}

TEST(Variables, WhatHasNotTheFormOfAnIdIsNoValue) {
  for (const char* id : {"a,b", "a&status=final", "a/b", "a|b", "a b", "\n", "%61"}) {
    EXPECT_EQ(value_of("patient", std::string("Patient/") + id), "") << id;
    EXPECT_EQ(value_of("practitioner", std::string("Practitioner/") + id), "") << id;
    EXPECT_EQ(value_of("user", std::string("Practitioner/") + id), "") << id;
  }
  EXPECT_EQ(value_of("user", "NoSuchType/a"), "");
  EXPECT_EQ(value_of("user", "d"), "");
}

TEST(Variables, ArePutIn) {
  const Variables variables(fhir::r4(), "Patient/p1", kNow);
  EXPECT_EQ(put("subject=Patient/%patient&status=final", variables), "subject=Patient/p1&status=final");
  EXPECT_EQ(put("a=%patient,%patient", variables), "a=p1,p1");
  EXPECT_EQ(put("author=%user", variables), "author=Patient%2Fp1");
  EXPECT_EQ(put("a=%practitioner", variables), "no value");
  EXPECT_EQ(put("a=b%20c%C3%a4", variables), "a=b%20c%C3%a4") << "an escape is none";
  EXPECT_EQ(put("a=%patients", variables), "error: There is no variable '%patients'");
  EXPECT_EQ(put("a=%nobody", variables), "error: There is no variable '%nobody'");
  EXPECT_EQ(put("a=%", variables), "error: There is no variable '%'");
  EXPECT_EQ(put("a=%2", variables), "error: There is no variable '%'");
}

TEST(Variables, OfAnybodyHaveValues) {
  const Variables anybody = Variables::of_anybody(fhir::r4(), *fhir::r4().find_resource_type("Group"), kNow);
  EXPECT_EQ(put("a=%patient&b=%organization&c=%user", anybody), "a=1&b=1&c=Group%2F1");
}

}  // namespace
}  // namespace vesta::access
