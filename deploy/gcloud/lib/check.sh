# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# `setup.sh --check`: everything that is missing in one pass, each with what mends it. Sourced by setup.sh.

MISSING=0
missing() { # what, remedy
  MISSING=$((MISSING + 1))
  printf 'missing  %s\n         %s\n' "$1" "$2"
}

there() { printf 'there    %s\n' "$1"; }

# One permission that a step needs, and the smallest role that brings it.
PERMISSIONS='artifactregistry.repositories.create roles/artifactregistry.admin
datastore.databases.create roles/datastore.owner
iam.serviceAccounts.actAs roles/iam.serviceAccountUser
iam.serviceAccounts.create roles/iam.serviceAccountAdmin
iam.serviceAccounts.setIamPolicy roles/iam.serviceAccountAdmin
resourcemanager.projects.setIamPolicy roles/resourcemanager.projectIamAdmin
run.services.create roles/run.admin
run.services.setIamPolicy roles/run.admin
secretmanager.secrets.create roles/secretmanager.admin
secretmanager.secrets.setIamPolicy roles/secretmanager.admin
secretmanager.versions.access roles/secretmanager.admin
secretmanager.versions.add roles/secretmanager.admin
serviceusage.services.enable roles/serviceusage.serviceUsageAdmin'

check_everything() {
  check_tools
  if check_account && check_project; then
    check_billing
    check_apis
    check_permissions
    check_region
    check_database
    check_quotas
  fi
  if [ "$MISSING" -gt 0 ]; then
    printf '%s missing. Mend the above, then run this again.\n' "$MISSING"
    exit 1
  fi
  printf 'Nothing is missing. Next: %s/deploy.sh --project %s\n' "$HERE" "$PROJECT"
}

check_tools() {
  local tool
  for tool in curl openssl python3; do
    if command -v "$tool" >/dev/null; then there "$tool"; else missing "$tool" "install it with your system's package manager"; fi
  done
}

# `look`, but whatever stands in the way is only one more thing that is missing.
glance() {
  LOOKED=
  LOOKED=$("$@" 2>"$SCRATCH/errors")
}

check_account() {
  if glance gcloud config get-value account && [ -n "$LOOKED" ]; then
    ACCOUNT=$LOOKED
    MEMBER=user:$ACCOUNT
    case $ACCOUNT in *.gserviceaccount.com) MEMBER=serviceAccount:$ACCOUNT ;; esac
    there "signed in as $ACCOUNT"
  else
    missing 'nobody is signed in' 'gcloud auth login'
    return 1
  fi
}

check_project() {
  if glance gcloud projects describe "$PROJECT" --format='value(projectNumber)'; then
    there "project $PROJECT"
  else
    missing "project $PROJECT, or your right to see it" "gcloud projects create $PROJECT   (or have its owner run: gcloud projects add-iam-policy-binding $PROJECT --member=$MEMBER --role=roles/viewer --condition=None)"
    return 1
  fi
}

check_billing() {
  if ! glance gcloud billing projects describe "$PROJECT" --format='value(billingEnabled)'; then
    missing 'the right to see whether there is billing' "have its owner look: gcloud billing projects describe $PROJECT"
  elif [ "$LOOKED" = True ]; then
    there 'billing'
  else
    missing 'billing' "gcloud billing accounts list, then: gcloud billing projects link $PROJECT --billing-account=ACCOUNT_ID"
  fi
}

check_apis() {
  local api absent=()
  if ! glance gcloud services list --enabled "--project=$PROJECT" --format='value(config.name)'; then
    missing 'the right to list the enabled APIs' "$(give_role roles/serviceusage.serviceUsageViewer)"
    return
  fi
  ENABLED=$LOOKED
  for api in $APIS; do
    if has_line "$ENABLED" "$api"; then there "API $api"; else absent+=("$api"); fi
  done
  for api in ${absent[@]+"${absent[@]}"}; do
    missing "API $api" "gcloud services enable $api --project=$PROJECT   ($HERE/setup.sh does it too)"
  done
}

is_enabled() { has_line "${ENABLED:-}" "$1"; }

give_role() { printf 'have its owner run: gcloud projects add-iam-policy-binding %s --member=%s --role=%s --condition=None' "$PROJECT" "$MEMBER" "$1"; }

# gcloud has no command for it, the API has: which of these may I?
check_permissions() {
  local granted permission role asked=''
  while read -r permission role; do asked="$asked${asked:+,}\"$permission\""; done <<<"$PERMISSIONS"
  if ! granted=$(gcloud auth print-access-token 2>"$SCRATCH/errors" | sed 's/.*/header = "Authorization: Bearer &"/' |
    curl -fsS --max-time 30 --config - -X POST -H 'Content-Type: application/json' -d "{\"permissions\":[$asked]}" \
      "https://cloudresourcemanager.googleapis.com/v1/projects/$PROJECT:testIamPermissions" 2>>"$SCRATCH/errors"); then
    missing 'an answer to what your account may do' "gcloud services enable cloudresourcemanager.googleapis.com --project=$PROJECT; or sign in again: gcloud auth login"
    return
  fi
  while read -r permission role; do
    case $granted in
    *"\"$permission\""*) there "right $permission" ;;
    *) missing "right $permission" "$(give_role "$role")" ;;
    esac
  done <<<"$PERMISSIONS"
}

check_region() {
  is_enabled run.googleapis.com || return 0
  if glance gcloud run regions list "--project=$PROJECT" --format='value(locationId)' && has_line "$LOOKED" "$REGION"; then
    there "region $REGION"
  else
    missing "a Cloud Run region $REGION" "choose one of: gcloud run regions list --project=$PROJECT"
  fi
}

check_database() {
  local kind
  is_enabled firestore.googleapis.com || return 0
  if glance gcloud firestore databases describe "--database=$DATABASE" "--project=$PROJECT" --format='value(type)'; then
    kind=$LOOKED
    if [ "$kind" = FIRESTORE_NATIVE ]; then
      there "database $DATABASE"
    else
      missing "a Firestore database: $DATABASE is one of kind $kind" "name another, which setup.sh then makes: --database tagent"
    fi
  elif ! is_absent; then
    missing "the right to see database $DATABASE" "$(give_role roles/datastore.owner)"
  elif glance gcloud firestore locations list "--project=$PROJECT" --format='value(locationId)' && ! has_line "$LOOKED" "$LOCATION"; then
    missing "a Firestore location $LOCATION" "choose one of: gcloud firestore locations list --project=$PROJECT, and name it: --location"
  else
    there "location $LOCATION for the database"
  fi
}

# Cloud Run refuses a service whose instances together could take more than the quota.
check_quotas() {
  is_enabled run.googleapis.com || return 0
  check_quota CpuAllocPerProjectRegion $((MAX_REPLICAS * 1000)) 'thousandths of a CPU'
  check_quota MemAllocPerProjectRegion $((MAX_REPLICAS * 1024 * 1024 * 1024)) 'bytes of memory'
}

check_quota() { # id, needed, unit
  local allowed='' value places
  if ! glance gcloud beta quotas info describe "$1" --service=run.googleapis.com "--project=$PROJECT" --flatten='dimensionsInfos[]' \
    --format='value(dimensionsInfos.details.value,dimensionsInfos.applicableLocations.list())'; then
    missing "a look at the quota $1" "gcloud services enable cloudquotas.googleapis.com --project=$PROJECT; gcloud components install beta"
    return
  fi
  while IFS=$'\t' read -r value places; do
    case ",${places// /}," in *",$REGION,"*) allowed=$value ;; esac
  done <<<"$LOOKED"
  if [ -z "$allowed" ] || [ "$allowed" -lt 0 ] || [ "$allowed" -ge "$2" ]; then
    there "quota $1"
  else
    missing "quota $1: $2 $3 needed in $REGION, $allowed allowed" "ask for more at https://console.cloud.google.com/iam-admin/quotas?project=$PROJECT, or for fewer replicas: --max-replicas"
  fi
}
