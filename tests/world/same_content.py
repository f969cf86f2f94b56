"""E3: every live record equals, column for column, the record of an undisturbed run."""

from tests.world.left import Left, contents


def check(left: Left) -> list[str]:
    wrong = []
    found = contents(left.runtime)
    for table in sorted(found.keys() | left.reference.keys()):
        here, wanted = found.get(table, {}), left.reference.get(table, {})
        other = [record for record in here.keys() & wanted.keys() if here[record] != wanted[record]]
        if other:
            wrong.append(f"{table}: {len(other)} have other content, such as {min(other)}")
        if here.keys() != wanted.keys():
            wrong.append(f"{table}: {len(here.keys() ^ wanted.keys())} are here or there alone")
    if not any(left.reference.values()):
        wrong.append("the undisturbed run left nothing, and is no reference")
    return wrong
