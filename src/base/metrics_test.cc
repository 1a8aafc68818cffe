// Tests of metrics: identity, rendering and refreshing.
#include "base/metrics.h"

#include <gtest/gtest.h>

#include <thread>

namespace vesta {
namespace {

TEST(MetricsTest, SameNameAndLabelsGiveTheSameObject) {
  Metrics metrics;
  Counter& a = metrics.counter("vesta_requests_total", "Requests.", {{"kind", "read"}});
  Counter& b = metrics.counter("vesta_requests_total", "Requests.", {{"kind", "read"}});
  Counter& c = metrics.counter("vesta_requests_total", "Requests.", {{"kind", "search"}});
  EXPECT_EQ(&a, &b);
  EXPECT_NE(&a, &c);
  a.add();
  b.add(2);
  const std::string text = metrics.render();
  EXPECT_NE(text.find("# TYPE vesta_requests_total counter"), std::string::npos) << text;
  EXPECT_NE(text.find("vesta_requests_total{kind=\"read\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("vesta_requests_total{kind=\"search\"} 0"), std::string::npos) << text;
}

TEST(MetricsTest, HistogramsHaveBuckets) {
  Metrics metrics;
  Histogram& seconds = metrics.histogram("vesta_seconds", "Time.", {0.1, 1});
  seconds.observe(0.05);
  seconds.observe(0.5);
  seconds.observe(5);
  const std::string text = metrics.render();
  EXPECT_NE(text.find("vesta_seconds_bucket{le=\"0.1\"} 1"), std::string::npos) << text;
  EXPECT_NE(text.find("vesta_seconds_bucket{le=\"1\"} 2"), std::string::npos) << text;
  EXPECT_NE(text.find("vesta_seconds_bucket{le=\"+Inf\"} 3"), std::string::npos) << text;
  EXPECT_NE(text.find("vesta_seconds_count 3"), std::string::npos) << text;
}

TEST(MetricsTest, RefreshersRunBeforeEachRendering) {
  Metrics metrics;
  double size = 1;
  metrics.on_render([&] { metrics.gauge("vesta_size", "Size.").set(size); });
  EXPECT_NE(metrics.render().find("vesta_size 1"), std::string::npos);
  size = 7;
  EXPECT_NE(metrics.render().find("vesta_size 7"), std::string::npos);
}

TEST(MetricsTest, ThreadsCountTogether) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) metrics.counter("vesta_n_total", "N.").add();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_NE(metrics.render().find("vesta_n_total 4000"), std::string::npos);
}

TEST(MetricsDeathTest, OneNameIsOneKind) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  Metrics metrics;
  metrics.counter("vesta_n", "N.");
  EXPECT_DEATH(metrics.gauge("vesta_n", "N."), "CHECK failed");
}

}  // namespace
}  // namespace vesta
