"""The protocol of a driver: n per line in, the time of n jobs and the value of the last one out."""
import json
import sys
import time


def serve(version, job):
    python = "Python %d.%d.%d" % sys.version_info[:3]
    print(json.dumps({"version": version + ", " + python}), flush=True)
    for line in sys.stdin:
        begin = time.perf_counter()
        for _ in range(int(line)):
            value = job()
        print(json.dumps({"seconds": time.perf_counter() - begin, "value": float(value)}), flush=True)
