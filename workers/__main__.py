"""Starts one worker: `python -m workers`."""

import sys

from app.bad_setting import BadSetting
from app.schema.upgrade import SchemaTooNew
from app.settings import settings
from app.worker.installation import CannotStart
from workers.supervisor import run_worker

if __name__ == "__main__":
    try:
        run_worker(settings())
    except (BadSetting, CannotStart, SchemaTooNew) as refusal:
        sys.exit(str(refusal))
