// RequestAudit: what one request leaves in the audit log.
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "access/purposes.h"
#include "access/witness.h"
#include "audit/projector.h"
#include "audit/record.h"
#include "audit/trail.h"
#include "base/clock.h"
#include "fhir/definitions.h"

namespace vesta::audit {

// Told by the store of all that the request sees. A commit takes what is known until then with it; the rest goes to the
// trail before it is told. What a request has seen is never left out, however much it is: it makes more records.
class RequestAudit final : public access::Witness {
 public:
  // `interaction`: of its commits. `projector` may be null: then there are no AuditEvents to wait for. What is handed
  // in outlives it, but for the texts.
  RequestAudit(Trail& trail, Projector* projector, const fhir::Definitions& definitions, Clock& clock,
               const Asked& asked, std::string_view interaction = {})
      : trail_(trail),
        projector_(projector),
        definitions_(definitions),
        clock_(clock),
        asked_(asked_text(asked)),
        interaction_(interaction) {}
  RequestAudit(Trail& trail, Projector* projector, const fhir::Definitions& definitions, Clock& clock,
               const Record& about)
      : RequestAudit(trail, projector, definitions, clock, asked_of(about), about.interaction) {}

  void asked_for(std::string_view purposes) override;
  void named(std::span<const std::string_view> patients) override;
  void saw(const store::Version& version, std::string_view purposes) override;
  fhir::TypeId awaited_type() const override { return projector_ == nullptr ? fhir::kNoType : projector_->type(); }
  Status await() override;
  void answered_entry(std::string_view method, std::string_view target, int status) override;
  void will_commit(store::WriteSet& writes, std::span<const std::string> purposes) override;
  void committed() override;

  // The answer is made, and not told yet. Errors: those of Trail::append, and then it must not be told.
  Status answered(std::string_view interaction, int status);
  // So is a further piece of it.
  Status made_more();

 private:
  std::string take_seen();
  void add_records(std::string_view touched, Records& records) const;
  Status append_seen();

  Trail& trail_;
  Projector* const projector_;
  const fhir::Definitions& definitions_;
  Clock& clock_;
  const AskedText asked_;  // of each record
  std::string interaction_;
  int status_ = 0;
  access::PurposeCodes purposes_;
  std::string list_of_purposes_;
  std::set<std::string> named_;  // of whom seen_ had a line
  std::string seen_;             // lines that no record has yet
  // Of the last of them, if it is of what was touched: what that was, and which part of `seen_` is its id.
  struct {
    std::size_t like_it = 0;  // lines since the whole one, which counts as well; 0: it is none
    fhir::TypeId type = fhir::kNoType;
    VersionId version;
    std::string purposes;
    std::size_t id_begin = 0;
    std::size_t id_size = 0;
  } last_;
  bool is_recorded_ = false;  // by a commit
  bool has_waited_ = false;   // for what was before the request
};

}  // namespace vesta::audit
