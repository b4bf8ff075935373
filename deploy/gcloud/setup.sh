#!/usr/bin/env bash
# What a project needs once before Tagent runs in it: APIs, a place for images, the database, accounts, secrets, rights.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/gcloud/lib/commands.sh
. "$HERE/lib/commands.sh"
# shellcheck source=deploy/gcloud/lib/options.sh
. "$HERE/lib/options.sh"
# shellcheck source=deploy/gcloud/lib/grants.sh
. "$HERE/lib/grants.sh"
# shellcheck source=deploy/gcloud/lib/secrets.sh
. "$HERE/lib/secrets.sh"
# shellcheck source=deploy/gcloud/lib/foundations.sh
. "$HERE/lib/foundations.sh"
# shellcheck source=deploy/gcloud/lib/check.sh
. "$HERE/lib/check.sh"

usage() {
  cat <<'USAGE'
setup.sh --project ID [options]
Makes what Tagent needs in a project. Run it as often as you like: what is there is left alone.

  --check             change nothing: list everything that is missing, with what mends it; exit 1 if something is
USAGE
  foundation_usage
  common_usage
}

CHECK=no

read_options() {
  while [ $# -gt 0 ]; do
    take_common_option "$@"
    [ "$TAKEN" -gt 0 ] || take_foundation_option "$@"
    if [ "$TAKEN" -eq 0 ]; then
      case $1 in
      --check) CHECK=yes TAKEN=1 ;;
      *) unknown_option "$1" ;;
      esac
    fi
    shift "$TAKEN"
  done
  check_common_options
  check_foundation_options
}

main() {
  read_options "$@"
  if [ "$CHECK" = yes ]; then
    check_everything
    return
  fi
  look_up_project
  look_up_account
  lay_foundations
  say "$PROJECT is ready. Next: $HERE/deploy.sh --project $PROJECT"
}

main "$@"
