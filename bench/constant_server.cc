// The ceiling of reads: our own listener with a handler that does nothing.
#include <signal.h>

#include <string>

#include "base/metrics.h"
#include "bench/ceilings.h"
#include "net/server.h"

namespace vesta::bench {

int run_constant_server(std::size_t size, std::uint16_t port) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  const std::string body(size, 'x');
  Metrics metrics;
  net::ServerOptions options;
  options.port = port;
  net::Server server(
      options,
      [&](http::Request&) {
        http::Response response;
        response.headers.add("Content-Type", "application/fhir+json;charset=utf-8");
        response.headers.add("ETag", "W/\"1\"");
        response.headers.add("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT");
        response.body = body;
        return response;
      },
      metrics);
  if (!server.start().ok()) return 1;
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  return 0;
}

}  // namespace vesta::bench
