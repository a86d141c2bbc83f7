"""The case as a workflow of DBOS: a timer and two steps, 64 under way at once. Usage: dbos_case.py DATABASE-URL CASES"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from dbos import DBOS, DBOSConfig

url, cases = sys.argv[1], int(sys.argv[2])
config: DBOSConfig = {"name": "bench", "system_database_url": url, "run_admin_server": False, "log_level": "ERROR"}
DBOS(config=config)


@DBOS.step()
def plan(note: str) -> str:
    return note


@DBOS.step()
def report(note: str) -> str:
    return note


@DBOS.workflow()
def case(n: int) -> str:
    plan("a plan of some words")
    DBOS.sleep(0.01)
    return report(f"{n}: 40% done")


DBOS.launch()


def drive(count: int) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(64) as clients:
        list(clients.map(case, range(count)))
    return count / (time.perf_counter() - started)


drive(64)
rate = drive(cases)
print(f"DBOS: {rate:.0f} cases per second, {2 * rate:.0f} transitions per second, 64 under way")
DBOS.destroy()
