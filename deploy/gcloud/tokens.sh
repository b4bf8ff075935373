#!/usr/bin/env bash
# Gives every secret of Tagent that is empty its token. For who makes the secrets by Terraform; setup.sh and deploy.sh do it by themselves.
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

usage() {
  cat <<'USAGE'
tokens.sh --project ID [--service NAME]...
Fills the secrets of Tagent that have no value yet, shows none of them, and leaves the others alone.
Without --service: the tokens of people (admin, operator, viewer) and the key of the dashboard's cookies, random; what else is empty is named.
With it: the service's sidecar's token, which the running platform makes.

  --service NAME      a watched service whose sidecar needs its token; may be repeated
USAGE
  common_usage
}

SERVICES=()

read_options() {
  while [ $# -gt 0 ]; do
    take_common_option "$@"
    if [ "$TAKEN" -eq 0 ]; then
      case $1 in
      --service | --service=*) take_value "$@" && check_service_name "$VALUE" && SERVICES+=("$VALUE") ;;
      *) unknown_option "$1" ;;
      esac
    fi
    shift "$TAKEN"
  done
  check_common_options
}

must_be_there() { # secret
  has_line "$SECRETS" "$1" || fail "there is no secret $1 in $PROJECT: make it first, with Terraform or setup.sh"
}

# What only you know: a webhook's secret, an OpenID client's, or the token of a sidecar whose platform does not run yet.
name_what_is_empty() {
  local id
  for id in $SECRETS; do
    case $id in
    "$PREFIX"-*-token | "$PREFIX-oidc-cookie-secret") ;;
    "$PREFIX-sidecar-"*) has_value "$id" || say "still empty: $id; once the platform runs: $HERE/tokens.sh --project $PROJECT --service ${id#"$PREFIX-sidecar-"}" ;;
    "$PREFIX"-*) has_value "$id" || say "still empty: $id; gcloud secrets versions add $id --project=$PROJECT --data-file=FILE" ;;
    esac
  done
}

main() {
  local role service
  read_options "$@"
  look_up_project
  look_up_account
  look_at_secrets
  if [ ${#SERVICES[@]} -eq 0 ]; then
    for role in $ROLES; do
      must_be_there "$(secret_of_role "$role")"
      fill_with_random "$(secret_of_role "$role")"
    done
    if has_line "$SECRETS" "$PREFIX-oidc-cookie-secret"; then fill_with_random "$PREFIX-oidc-cookie-secret"; fi
    name_what_is_empty
  fi
  for service in ${SERVICES[@]+"${SERVICES[@]}"}; do
    must_be_there "$(secret_of_service "$service")"
    fill_from_platform "$(secret_of_service "$service")" "$service"
  done
  say 'Done.'
}

main "$@"
