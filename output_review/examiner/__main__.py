"""Run in a child of its own, one for each look: `python -I -m output_review.examiner NAME PLACE`.

Standard input is the file itself, seekable; the child knows no path of it. PLACE is the JSON of `places.Place`. It
sets its own limits before it reads a byte and writes the report's JSON to standard output. `preview.examine` is the
only caller.
"""

import json
import sys

from output_review.examiner.limits import limit_myself
from output_review.examiner.report import report


def main() -> None:
    limit_myself()
    name, place = sys.argv[1:]
    json.dump(report(sys.stdin.buffer, name, json.loads(place), narrow=True), sys.stdout)


if __name__ == "__main__":
    main()
