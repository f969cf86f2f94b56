#!/usr/bin/env bash
# Brings what the tests use beside Python: Chromium, PostgreSQL and Redis, by apt where we may. What cannot be had is
# named; in CI that is a failure.
set -u
missing=()
have() { command -v "$1" >/dev/null 2>&1; }
has_postgres() { have initdb || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; }
has_chromium() { have chromium || have chromium-browser || have google-chrome; }

wanted=()
has_chromium || wanted+=(chromium)
has_postgres || wanted+=(postgresql)
have redis-server || wanted+=(redis-server)
if [ ${#wanted[@]} -gt 0 ] && have apt-get && [ "$(id -u)" = 0 ]; then
  echo "Installing ${wanted[*]} by apt, for the tests"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq >/dev/null 2>&1
  apt-get install -y -qq --no-install-recommends "${wanted[@]}" >/dev/null 2>&1 || true
fi
if ! has_chromium && [ -x .venv/bin/playwright ]; then
  .venv/bin/playwright install chromium >/dev/null 2>&1 || missing+=("Chromium (the browser tests)")
fi
has_postgres || missing+=("PostgreSQL (the tests on it)")
have redis-server || [ -n "$(find .venv -name redis-server -type f 2>/dev/null | head -n1)" ] || missing+=("Redis (the queue's tests)")
if [ ${#missing[@]} -gt 0 ]; then
  printf 'Not to be had on this machine: %s\n' "${missing[@]}"
  [ -z "${CI:-}" ] || exit 1
fi
exit 0
