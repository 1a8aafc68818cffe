// The order of the stream, and the order of themes within a patient's group.
#include "sample/population.h"

#include <algorithm>

#include "sample/chart.h"
#include "sample/community.h"

namespace vesta::sample {
namespace {

constexpr double kMissedShare = 0.03;  // of visits that were booked before and not kept

void write_visit(Chart& chart, const Visit& visit) {
  chart.visit = &visit;
  if (visit.is_scheduled && chart.rng.chance(kMissedShare)) {
    write_missed_appointment(chart, std::max(visit.day() - 20, chart.person.birth + 1));
  }
  const Ref appointment = write_past_appointment(chart);
  write_encounter(chart, appointment);
  write_diagnoses(chart);
  write_vitals(chart);
  write_labs(chart);
  write_immunizations(chart);
  write_procedures(chart);
  write_medications(chart);
  write_care_plans(chart);
  write_visit_claim(chart);
}

}  // namespace

struct Population::State {
  explicit State(const Options& options) : options(options) {}

  const Community& community_of(std::uint64_t patient) {
    const std::uint64_t index = patient / kPatientsPerCommunity;
    if (!community || community->index() != index) community.emplace(options.seed, index);
    return *community;
  }

  Options options;
  std::optional<Community> community;  // the one used last
  std::uint64_t next_patient = 0;
  bool has_insurers = false;  // written already
  std::uint64_t communities_written = 0;
};

Population::Population(const Options& options) : state_(std::make_unique<State>(options)) {}
Population::~Population() = default;

bool Population::next(Group& group) {
  if (!state_->has_insurers) {
    state_->has_insurers = true;
    write_insurers(state_->options.seed, group);
    return true;
  }
  if (state_->next_patient >= state_->options.patients) return false;
  if (state_->next_patient / kPatientsPerCommunity >= state_->communities_written) {
    ++state_->communities_written;
    state_->community_of(state_->next_patient).write(group);
    return true;
  }
  patient(state_->next_patient++, group);
  return true;
}

void Population::patient(std::uint64_t index, Group& group) {
  const Options& options = state_->options;
  group.clear();
  Writer writer(group, options.seed, index, options.links);
  Rng rng(options.seed, index);
  const Community& community = state_->community_of(index);
  Chart chart{writer, rng, community, options.seed, options.first_day, options.last_day};
  draw_person(rng, options.first_day, options.last_day, chart.person);
  chart.clinic = &community.clinic(rng.below(1'000));
  chart.doctor = &rng.pick(chart.clinic->practitioners);

  write_patient(chart);
  write_coverages(chart);
  write_allergies(chart);
  write_earlier_conditions(chart);
  for (const Visit& visit : draw_timeline(chart)) write_visit(chart, visit);
  write_future_appointments(chart);
}

void append_ndjson(const Group& group, std::string& out) {
  for (const Entry& entry : group.entries) out.append(group.resource(entry)).push_back('\n');
}

void append_bundle(const Group& group, BundleKind kind, std::string& out) {
  out.append("{\"resourceType\":\"Bundle\",\"type\":\"");
  out.append(kind == BundleKind::transaction ? "transaction" : "collection").append("\",\"entry\":[");
  bool is_first = true;
  for (const Entry& entry : group.entries) {
    if (!is_first) out.push_back(',');
    is_first = false;
    out.append("{\"fullUrl\":\"urn:uuid:")
        .append(entry.id.view())
        .append("\",\"resource\":")
        .append(group.resource(entry));
    if (kind == BundleKind::transaction) {
      out.append(",\"request\":{\"method\":\"PUT\",\"url\":\"").append(entry.type).push_back('/');
      out.append(entry.id.view()).append("\"}");
    }
    out.push_back('}');
  }
  out.append("]}");
}

}  // namespace vesta::sample
