"""The house rules as data: the rank of each module, and which heavy library stands behind which modules' interface."""

# As in ARCHITECTURE.md: a module includes only modules of a lower rank that its build file names.
RANKS = {
    "base": 0,
    "json": 1, "xml": 1, "http": 1, "sql": 1,
    "fhir": 2, "net": 2, "ucum": 2, "cache": 2,
    "fhirpath": 3, "terminology": 3, "sample": 3, "identity": 3,
    "validate": 4, "deidentify": 4, "views": 4, "graphql": 4, "search": 4,
    "store": 5,
    "parquet": 6, "store/memory": 6, "store/sqlite": 6, "store/postgres": 6, "access": 6, "jobs": 6, "events": 6,
    "audit": 7,
    "ops": 8,
    "oauth": 9,
    "server": 10,
}

# Engines stand behind store/store.h: only the composition root names one.
ENGINES = ("store/memory", "store/sqlite", "store/postgres")
ENGINE_USERS = ("server",)

# How an #include <…> begins -> the modules that may write it; the longest match counts. A heavy library is seen by one
# module, behind a plain interface; `server` is the composition root and owns the file formats of the command line.
LIBRARIES = {
    "spdlog/": ("base",),
    "fmt/": ("base", "sample", "server"),
    "prometheus/": ("base",),
    "simdjson.h": ("json", "fhir"),
    "expat.h": ("xml",),
    "pugixml.hpp": ("xml", "ucum"),
    "boost/": ("net",),
    "boost/multiprecision/": ("ucum", "fhirpath", "search"),
    "re2/": ("fhirpath",),
    "openssl/": ("net", "identity", "store/sqlite"),
    "openssl/ssl.h": ("net", "cache"),
    "openssl/x509_vfy.h": ("cache",),
    "hiredis/": ("cache",),
    "cjose/": ("identity",),
    "argon2.h": ("identity",),
    "fido": ("identity",),
    "unicode/": ("search", "identity", "oauth"),
    "sqlite3.h": ("store/sqlite",),
    "zstd.h": ("store/sqlite",),
    "zdict.h": ("store/sqlite",),
    "libpq-fe.h": ("store/postgres",),
    "zlib.h": ("base", "server"),
    "lzma.h": ("server",),
    "CLI/": ("server",),
    "toml++/": ("server",),
}

# R4's resource types: product code that names one treats one type apart, which is to stay rare.
RESOURCE_TYPES = """
Account ActivityDefinition AdverseEvent AllergyIntolerance Appointment AppointmentResponse AuditEvent Basic
BiologicallyDerivedProduct BodyStructure CarePlan CareTeam CatalogEntry ChargeItem ChargeItemDefinition Claim
ClaimResponse ClinicalImpression CodeSystem Communication CommunicationRequest CompartmentDefinition Composition
ConceptMap Condition Consent Contract Coverage CoverageEligibilityRequest CoverageEligibilityResponse DetectedIssue
Device DeviceDefinition DeviceMetric DeviceRequest DeviceUseStatement DiagnosticReport DocumentManifest
DocumentReference EffectEvidenceSynthesis Encounter Endpoint EnrollmentRequest EnrollmentResponse EpisodeOfCare
EventDefinition Evidence EvidenceVariable ExampleScenario ExplanationOfBenefit FamilyMemberHistory Flag Goal
GraphDefinition Group GuidanceResponse HealthcareService ImagingStudy Immunization ImmunizationEvaluation
ImmunizationRecommendation ImplementationGuide InsurancePlan Invoice Library Linkage List Location Measure
MeasureReport Media Medication MedicationAdministration MedicationDispense MedicationKnowledge MedicationRequest
MedicationStatement MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition
MessageHeader MolecularSequence NamingSystem NutritionOrder Observation ObservationDefinition OperationDefinition
Organization OrganizationAffiliation Patient PaymentNotice PaymentReconciliation Person PlanDefinition Practitioner
PractitionerRole Procedure Provenance Questionnaire QuestionnaireResponse RelatedPerson RequestGroup
ResearchDefinition ResearchElementDefinition ResearchStudy ResearchSubject RiskAssessment RiskEvidenceSynthesis
Schedule ServiceRequest Slot Specimen SpecimenDefinition StructureDefinition StructureMap Subscription Substance
SubstanceNucleicAcid SubstancePolymer SubstanceProtein SubstanceReferenceInformation SubstanceSourceMaterial
SubstanceSpecification SupplyDelivery SupplyRequest Task TestReport TestScript ValueSet
VerificationResult VisionPrescription
""".split()
# The synthetic population is data about these types; terminology is about CodeSystem and ValueSet,
# validate about StructureDefinition.
RESOURCE_TYPES_ALLOWED_IN = ("sample", "terminology", "validate")
