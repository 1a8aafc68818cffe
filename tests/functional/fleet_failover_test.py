#!/usr/bin/env python3
"""A standby takes over under load: nodes follow by target_session_attrs, and nothing that was acknowledged is lost."""

import unittest

from edge import wait_until
from fleet import DATABASE, FleetTest
from postgres import Postgres


class FleetFailoverTest(FleetTest):
    def test_standby_is_promoted(self):
        primary = Postgres(self).start()
        primary.sql(f"CREATE DATABASE {DATABASE}")
        standby = Postgres(self).start_as_standby_of(primary)
        primary.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.sql("SELECT pg_reload_conf()")
        wait_until(lambda: primary.sql("SELECT sync_state FROM pg_stat_replication") == "sync", "it is synchronous")
        self.fleet(standby, url=f"postgresql://vesta@127.0.0.1:{primary.port},127.0.0.1:{standby.port}/{DATABASE}"
                                "?sslmode=disable&target_session_attrs=read-write")
        load = self.load()
        primary.kill()
        load.is_refused()
        standby.sql("SELECT pg_promote()")
        self.check(load)


if __name__ == "__main__":
    unittest.main()
