"""A download in its own process, which a test may kill. The process resumes from the saved states and prints JSON.

Arguments: `FOLDER KEY LINK`. Settings come from the environment.
"""

import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

from app.errors import Stop
from app.links.checkpoint import FileState
from app.links.download_observer import DownloadObserver
from app.links.link_settings import LinkSettings
from app.links.normalise import normalise
from app.links.parallel_download import fetch
from app.storage import LocalObjects
from app.worker.memory import peak_mb

folder, key, link = Path(sys.argv[1]), bytes.fromhex(sys.argv[2]), sys.argv[3]
kept = folder / "state.json"


def save(state: FileState) -> None:
    fresh = kept.with_suffix(".new")
    fresh.write_text(json.dumps(state.as_dict()))
    fresh.replace(kept)


def main() -> dict[str, object]:
    states = [FileState.from_dict(json.loads(kept.read_text()))] if kept.exists() else []
    given = os.environ.get("CHECKPOINT")
    settings = replace(LinkSettings.from_environment(os.environ), disk_factor=1.0)
    if given:
        settings = replace(settings, checkpoint_bytes=int(given))
    try:
        observer = DownloadObserver(save=save, patience=5.0)
        (done,) = fetch(
            normalise(link),
            settings,
            LocalObjects(folder / "objects"),
            key,
            "m/export",
            states=states,
            observer=observer,
        )
    except Stop as reason:
        return {"code": reason.problem.code, "retry_after": reason.retry_after}
    return {"code": None, "sha256": done.sha256, "size": done.size}


began, clock = time.process_time(), time.perf_counter()
result = main()
result["cpu"], result["clock"] = time.process_time() - began, time.perf_counter() - clock
print(json.dumps({**result, "peak_mb": peak_mb()}))  # noqa: T201
