"""Starts one worker: `python -m workers`."""

from app.settings import settings
from workers.supervisor import run_worker

if __name__ == "__main__":
    run_worker(settings())
