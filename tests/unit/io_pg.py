#!/usr/bin/env python3
"""Runs io_pg on a PostgreSQL of its own: a cluster in a temporary directory, Unix socket alone, gone afterwards.

usage: io_pg.py IO_PG
"""
import glob
import os
import pwd
import shutil
import subprocess
import sys
import tempfile


def as_ordinary():
	"""PostgreSQL refuses root: run it as whoever the package made."""
	if os.geteuid() != 0:
		return {}
	user = pwd.getpwnam("postgres")
	return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def main():
	tools = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
	where = tempfile.mkdtemp(prefix="io_pg.")
	migrations = tempfile.mkdtemp(prefix="io_pg.")
	who = as_ordinary()
	try:
		if who:
			os.chown(where, who["user"], who["group"])
		quiet = {"check": True, "stdout": subprocess.DEVNULL, **who}
		subprocess.run([tools + "/initdb", "-D", where + "/data", "-A", "trust", "-U", "postgres", "--no-sync"], **quiet)
		server = subprocess.Popen([tools + "/postgres", "-D", where + "/data", "-k", where, "-c", "listen_addresses=", "-c", "fsync=off"],
			stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **who)
		try:
			subprocess.run([tools + "/pg_isready", "-q", "-h", where, "-t", "20"], check=False)
			for _ in range(100):
				if subprocess.run([tools + "/pg_isready", "-q", "-h", where], check=False).returncode == 0:
					break
			environment = {**os.environ, "LUOTSI_TEST_PG": f"host={where} dbname=postgres user=postgres", "LUOTSI_TEST_DIR": migrations}
			return subprocess.run([sys.argv[1]], env=environment, check=False).returncode
		finally:
			server.terminate()
			server.wait()
	finally:
		shutil.rmtree(where, ignore_errors=True)
		shutil.rmtree(migrations, ignore_errors=True)


sys.exit(main())
