"""Starts one worker: `python -m workers`."""

import sys

from app.engine.installation import CannotStart
from app.schema.upgrade import SchemaTooNew
from app.settings import BadSetting, settings
from workers.supervisor import run_worker

if __name__ == "__main__":
    try:
        run_worker(settings())
    except (BadSetting, CannotStart, SchemaTooNew) as refusal:
        sys.exit(str(refusal))
