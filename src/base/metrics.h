// Metrics: counters, gauges and histograms of one process, rendered in Prometheus' text format (library:
// prometheus-cpp).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace vesta {

class Counter {
 public:
  virtual ~Counter() = default;
  virtual void add(double amount = 1) = 0;
};
class Gauge {
 public:
  virtual ~Gauge() = default;
  virtual void set(double value) = 0;
  virtual void add(double amount) = 0;
};
class Histogram {
 public:
  virtual ~Histogram() = default;
  virtual void observe(double value) = 0;  // seconds, or what the name's unit says
};

// Thread-safe. What it hands out lives as long as it; asking twice for the same name and labels gives the same object.
class Metrics {
 public:
  Metrics();
  ~Metrics();
  using Labels = std::map<std::string, std::string>;
  Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram& histogram(const std::string& name, const std::string& help, const std::vector<double>& bounds,
                       const Labels& labels = {});
  // Called before each rendering, to set gauges that are cheap to read and costly to keep.
  void on_render(std::function<void()> refresh);
  std::string render();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vesta
