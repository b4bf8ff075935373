#!/usr/bin/env bash
# Takes Tagent out of a project again, in the reverse order, and says what it left there and what that costs.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/gcloud/lib/commands.sh
. "$HERE/lib/commands.sh"
# shellcheck source=deploy/gcloud/lib/options.sh
. "$HERE/lib/options.sh"
# shellcheck source=deploy/gcloud/lib/grants.sh
. "$HERE/lib/grants.sh"

usage() {
  cat <<'USAGE'
destroy.sh --project ID [options]
Deletes the Cloud Run services that deploy.sh made (yours with a sidecar too), their accounts and rights. Data, secrets and images stay unless you say so.
What Terraform made, `terraform destroy` takes away.

  --delete-data       the Firestore database too, with all history
  --delete-secrets    the tokens too
  --delete-images     the repository of images too
  --yes               do not ask
USAGE
  common_usage
}

DELETE_DATA=no DELETE_SECRETS=no DELETE_IMAGES=no YES=no

read_options() {
  while [ $# -gt 0 ]; do
    take_common_option "$@"
    if [ "$TAKEN" -eq 0 ]; then
      TAKEN=1
      case $1 in
      --delete-data) DELETE_DATA=yes ;;
      --delete-secrets) DELETE_SECRETS=yes ;;
      --delete-images) DELETE_IMAGES=yes ;;
      --yes) YES=yes ;;
      *) unknown_option "$1" ;;
      esac
    fi
    shift "$TAKEN"
  done
  check_common_options
}

# List things with a mark behind each, and keep those that carry ours. Not by --filter, for which tagent-dev may be tagent too.
OURS=
look_at_ours() { # mark, gcloud's words
  local mark=$1
  shift
  OURS=
  if look gcloud "$@" "--project=$PROJECT"; then OURS=$(printf '%s\n' "$LOOKED" | awk -F '\t' -v mark="$mark" '$2 == mark { print $1 }'); fi
}

list_what_goes() {
  look_at_ours "$PREFIX" run services list "--region=$REGION" --format='value(metadata.name,metadata.labels.tagent)'
  SERVICES=$OURS
  look_at_ours "tagent=$PREFIX" iam service-accounts list --format='value(email,description)'
  ACCOUNTS=$OURS
  SECRETS=
  if [ "$DELETE_SECRETS" = yes ]; then
    look_at_ours "$PREFIX" secrets list --format='value(name.basename(),labels.tagent)'
    SECRETS=$OURS
  fi
  say "to be deleted in $PROJECT, $REGION:"
  local each
  for each in $SERVICES $ACCOUNTS $SECRETS; do say "  $each"; done
  [ "$DELETE_DATA" = no ] || say "  the database $DATABASE, with all history"
  [ "$DELETE_IMAGES" = no ] || say "  the images in $REPOSITORY"
}

ask() {
  local answer
  if [ "$YES" = yes ] || [ "$DRY_RUN" = yes ]; then return; fi
  [ -t 0 ] || [ "${TAGENT_ASK_ANYHOW:-no}" = yes ] || fail 'nobody is here to be asked: say --yes'
  printf 'Type the project id to go on: '
  read -r answer || true
  [ "$answer" = "$PROJECT" ] || fail 'nothing was deleted'
}

delete_services() {
  local service
  for service in $SERVICES; do
    change gcloud run services delete "$service" "--region=$REGION" "--project=$PROJECT" --quiet
  done
}

delete_accounts() {
  local account role platform
  platform=serviceAccount:$(account_of platform)
  look_at_grants projects -- "$PROJECT"
  for role in roles/logging.logWriter roles/monitoring.metricWriter roles/logging.viewer roles/run.viewer; do
    revoke "$role" "$platform"
  done
  revoke roles/datastore.user "$platform" "$(database_condition_title)" "$(database_condition)"
  for account in $ACCOUNTS; do
    change gcloud iam service-accounts delete "$account" "--project=$PROJECT" --quiet
  done
}

delete_what_was_said() {
  local secret
  for secret in $SECRETS; do
    change gcloud secrets delete "$secret" "--project=$PROJECT" --quiet
  done
  if [ "$DELETE_IMAGES" = yes ] && look gcloud artifacts repositories describe "$PREFIX" "--location=$REGION" "--project=$PROJECT" --format='value(format)'; then
    change gcloud artifacts repositories delete "$PREFIX" "--location=$REGION" "--project=$PROJECT" --quiet
  fi
  if [ "$DELETE_DATA" = yes ] && look gcloud firestore databases describe "--database=$DATABASE" "--project=$PROJECT" --format='value(type)'; then
    change gcloud firestore databases update "--database=$DATABASE" "--project=$PROJECT" --no-delete-protection
    change gcloud firestore databases delete "--database=$DATABASE" "--project=$PROJECT" --quiet
  fi
}

say_what_remains() {
  say 'What remains:'
  [ "$DELETE_DATA" = yes ] || say "  the database $DATABASE: about 0.15 USD per GiB and month, nothing for reads; --delete-data deletes it"
  [ "$DELETE_SECRETS" = yes ] || say '  the secrets: 0.06 USD per value and month; --delete-secrets deletes them'
  [ "$DELETE_IMAGES" = yes ] || say "  the images in $REPOSITORY: 0.10 USD per GiB and month; --delete-images deletes them"
  say '  the enabled APIs, and the logs until they expire: nothing'
}

main() {
  read_options "$@"
  list_what_goes
  ask
  delete_services
  delete_accounts
  delete_what_was_said
  say_what_remains
}

main "$@"
