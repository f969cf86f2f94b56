"""The fake providers, with documented and observed replies. Each folder has `fake.py`, `cases.py` and tests."""
