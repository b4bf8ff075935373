# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# What a project needs before anything of Tagent runs in it. Sourced by setup.sh and deploy.sh, after the other files here.

APIS='artifactregistry.googleapis.com
cloudresourcemanager.googleapis.com
firestore.googleapis.com
iam.googleapis.com
iamcredentials.googleapis.com
logging.googleapis.com
monitoring.googleapis.com
run.googleapis.com
secretmanager.googleapis.com'
INDEXES=$HERE/../firestore/firestore.indexes.json

LOCATION=
MAX_REPLICAS=6
PLATFORM_ROLES='roles/logging.logWriter roles/monitoring.metricWriter'

foundation_usage() {
  cat <<'USAGE'
  --location ID       where the database lies, for ever (the region)
  --max-replicas N    the most replicas of the platform (6)
  --read-logs         let the platform read the project's logs, for `tagent logs`
  --follow-operations let the platform follow a roll-out by its operation (it can then read every Cloud Run service)
USAGE
}

take_foundation_option() {
  case $1 in
  --location | --location=*) take_value "$@" && LOCATION=$VALUE ;;
  --max-replicas | --max-replicas=*) take_value "$@" && MAX_REPLICAS=$VALUE ;;
  --read-logs) PLATFORM_ROLES="$PLATFORM_ROLES roles/logging.viewer" TAKEN=1 ;;
  --follow-operations) PLATFORM_ROLES="$PLATFORM_ROLES roles/run.viewer" TAKEN=1 ;;
  esac
}

check_foundation_options() {
  LOCATION=${LOCATION:-$REGION}
  must_match --location "$LOCATION" '([a-z]+[0-9]|[a-z]+-[a-z]+[0-9]+)' 'a region such as us-central1, or a multi-region such as nam5'
  must_match --max-replicas "$MAX_REPLICAS" '[1-9][0-9]?' 'a number from 1 to 99'
}

lay_foundations() {
  enable_apis
  ensure_repository
  ensure_database
  ensure_accounts
  ensure_platform_rights
  ensure_secrets
}

enable_apis() {
  local api absent=()
  look gcloud services list --enabled "--project=$PROJECT" --format='value(config.name)' || true
  for api in $APIS; do
    has_line "$LOOKED" "$api" || absent+=("$api")
  done
  [ ${#absent[@]} -eq 0 ] || change gcloud services enable "${absent[@]}" "--project=$PROJECT"
}

ensure_repository() {
  look gcloud artifacts repositories describe "$PREFIX" "--location=$REGION" "--project=$PROJECT" --format='value(format)' ||
    change gcloud artifacts repositories create "$PREFIX" "--location=$REGION" "--project=$PROJECT" --repository-format=docker "--labels=tagent=$PREFIX"
}

ensure_database() {
  if look gcloud firestore databases describe "--database=$DATABASE" "--project=$PROJECT" --format='value(type)'; then
    [ "$LOOKED" = FIRESTORE_NATIVE ] || fail "the database $DATABASE is of kind $LOOKED, which cannot be used: name another with --database"
  else
    change gcloud firestore databases create "--database=$DATABASE" "--location=$LOCATION" "--project=$PROJECT" --delete-protection
  fi
  ensure_indexes
}

ensure_indexes() {
  local words
  look gcloud firestore indexes composite list "--database=$DATABASE" "--project=$PROJECT" --format=json || true
  printf '%s' "$LOOKED" >"$SCRATCH/indexes"
  look gcloud firestore indexes fields list "--database=$DATABASE" "--project=$PROJECT" --format=json || true
  printf '%s' "$LOOKED" >"$SCRATCH/fields"
  python3 "$HERE/lib/indexes.py" "$INDEXES" "$SCRATCH/indexes" "$SCRATCH/fields" >"$SCRATCH/absent"
  while IFS=$'\t' read -r -a words <&3; do
    change gcloud firestore "${words[@]}" "--database=$DATABASE" "--project=$PROJECT"
  done 3<"$SCRATCH/absent"
}

ensure_accounts() {
  local part
  look_at_accounts
  for part in platform dashboard; do
    ensure_account "$part" "Tagent $part"
  done
  ensure_account people 'People who call Tagent'
}

# An account has no label: its description says whose it is, for destroy.sh.
ACCOUNTS=
look_at_accounts() {
  ACCOUNTS=
  if look gcloud iam service-accounts list "--project=$PROJECT" --format='value(email)'; then ACCOUNTS=$LOOKED; fi
}

ensure_account() { # part or service, what is shown
  has_line "$ACCOUNTS" "$(account_of "$1")" ||
    change gcloud iam service-accounts create "$PREFIX-$1" "--display-name=$2" "--description=tagent=$PREFIX" "--project=$PROJECT"
}

ensure_platform_rights() {
  local role member
  member=serviceAccount:$(account_of platform)
  look_at_grants projects -- "$PROJECT"
  for role in $PLATFORM_ROLES; do
    grant "$role" "$member"
  done
  grant roles/datastore.user "$member" "$(database_condition_title)" "$(database_condition)"
}

ensure_secrets() {
  local role platform dashboard
  platform=serviceAccount:$(account_of platform)
  dashboard=serviceAccount:$(account_of dashboard)
  look_at_secrets
  for role in $ROLES; do
    case $role in
    viewer) ensure_secret "$(secret_of_role "$role")" "$platform" "$dashboard" ;;
    *) ensure_secret "$(secret_of_role "$role")" "$platform" ;;
    esac
    fill_with_random "$(secret_of_role "$role")"
  done
}
