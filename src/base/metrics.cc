// Metrics on prometheus-cpp: families and series are found by name and labels, and rendered as text.
#include "base/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <exception>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace vesta {
namespace {

class PrometheusCounter final : public Counter {
 public:
  explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
  void add(double amount) override { counter_.Increment(amount); }

 private:
  prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
 public:
  explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
  void set(double value) override { gauge_.Set(value); }
  void add(double amount) override { gauge_.Increment(amount); }

 private:
  prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
 public:
  explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
  void observe(double value) override { histogram_.Observe(value); }

 private:
  prometheus::Histogram& histogram_;
};

// All series of one kind of metric. Interface is ours, Wrapper implements it over the library's Native.
template <class Interface, class Wrapper, class Native>
struct Kind {
  std::map<std::string, prometheus::Family<Native>*> families;
  std::map<std::pair<std::string, Metrics::Labels>, std::unique_ptr<Interface>> series;

  template <class Build, class... Arguments>
  Interface& find_or_add(prometheus::Registry& registry, Build build, const std::string& name, const std::string& help,
                         const Metrics::Labels& labels, Arguments&&... arguments) {
    auto& found = series[{name, labels}];
    if (found) return *found;
    // The library throws on a name that Prometheus does not allow, or that another kind has: defects of the caller.
    try {
      auto& family = families[name];
      if (family == nullptr) family = &build().Name(name).Help(help).Register(registry);
      found = std::make_unique<Wrapper>(family->Add(labels, std::forward<Arguments>(arguments)...));
    } catch (const std::exception&) {
      CHECK(!"a metric's name or label is malformed, or taken by another kind");
    }
    return *found;
  }
};

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry{prometheus::Registry::InsertBehavior::Throw};
  Mutex mutex;
  Kind<Counter, PrometheusCounter, prometheus::Counter> counters GUARDED_BY(mutex);
  Kind<Gauge, PrometheusGauge, prometheus::Gauge> gauges GUARDED_BY(mutex);
  Kind<Histogram, PrometheusHistogram, prometheus::Histogram> histograms GUARDED_BY(mutex);
  Mutex refresh_mutex;
  std::vector<std::function<void()>> refreshers GUARDED_BY(refresh_mutex);
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
  MutexLock lock(impl_->mutex);
  return impl_->counters.find_or_add(impl_->registry, prometheus::BuildCounter, name, help, labels);
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
  MutexLock lock(impl_->mutex);
  return impl_->gauges.find_or_add(impl_->registry, prometheus::BuildGauge, name, help, labels);
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                              const Labels& labels) {
  MutexLock lock(impl_->mutex);
  return impl_->histograms.find_or_add(impl_->registry, prometheus::BuildHistogram, name, help, labels, bounds);
}

void Metrics::on_render(std::function<void()> refresh) {
  MutexLock lock(impl_->refresh_mutex);
  impl_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::render() {
  std::vector<std::function<void()>> refreshers;
  {
    MutexLock lock(impl_->refresh_mutex);
    refreshers = impl_->refreshers;
  }
  for (const auto& refresh : refreshers) refresh();  // unlocked: they ask this object for gauges
  return prometheus::TextSerializer().Serialize(impl_->registry.Collect());
}

}  // namespace vesta
