"""Children that never have any work. The variable `WAY` selects how each child ends."""

import os
import sys

WAYS = ("dies at once", "speaks no JSON", "speaks other JSON", "dies at its first order")


def main() -> None:
    way = os.environ["WAY"]
    if way == "speaks no JSON":
        sys.stdout.write("hello\n")
    if way == "speaks other JSON":
        sys.stdout.write('{"alive": true}\n["x"]\n')
    if way == "dies at its first order":
        sys.stdout.write('{"owner": "nobody"}\n')
        sys.stdout.flush()
        sys.stdin.readline()
    sys.exit(7)


if __name__ == "__main__":
    main()
