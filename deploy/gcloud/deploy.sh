#!/usr/bin/env bash
# Brings Tagent to Cloud Run: the platform, the dashboard, and, where asked for, a service of yours with its sidecar.
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
# shellcheck source=deploy/gcloud/lib/manifest.sh
. "$HERE/lib/manifest.sh"

usage() {
  cat <<'USAGE'
deploy.sh --project ID [options]
Deploys the platform and the dashboard, after setup.sh's part. Run it again after a change, or an interruption: what is as it should be is left alone.

images (default: REGION-docker.pkg.dev/PROJECT/PREFIX/{platform,dashboard,sidecar}:TAG; deployed by the digest that the tag has now)
  --tag TAG               the images' tag (latest)
  --platform-image IMAGE  --dashboard-image IMAGE  --sidecar-image IMAGE
  --build                 build and push them first, with docker here, and the samples too

who may call
  --invoker MEMBER        may call the platform too: user:…, group:… or serviceAccount:…; may be repeated. You may anyway
  --dashboard-public      let everybody get as far as the dashboard's sign-in
  --platform-env NAME=VALUE   a further variable of the platform, such as TAGENT_WEBHOOK_URL; may be repeated
  --platform-secret NAME=ID   one whose value is in the secret ID, such as TAGENT_WEBHOOK_SECRET; may be repeated
  --min-replicas N        the fewest replicas of the platform (2)

a service of yours, watched
  --service NAME          deploy it, with a sidecar before it
  --app-image IMAGE       your container (needed with --service)
  --app-port PORT         where it listens (8081); not 8080, which is the sidecar's
  --app-arg ARG           one argument of your container; may be repeated
  --app-env NAME=VALUE    one variable of your container; may be repeated
  --app-secret NAME=ID    one variable whose value is in the secret ID; may be repeated
  --health-path PATH      what answers 200 when it is well (/healthz)
  --instances MIN-MAX     how many run (1-3)
  --service-public        let everybody call it

  --skip-setup            leave out setup.sh's part
USAGE
  foundation_usage
  common_usage
}

ROOT=$HERE/../..
TAG=latest
PLATFORM_IMAGE='' DASHBOARD_IMAGE='' SIDECAR_IMAGE='' BUILD=no
INVOKERS=() DASHBOARD_PUBLIC=no PLATFORM_ENV=() PLATFORM_SECRETS=() MIN_REPLICAS=2
SERVICE='' APP_IMAGE='' APP_PORT=8081 APP_ARGS=() APP_ENV=() APP_SECRETS=() HEALTH_PATH=/healthz INSTANCES=1-3 SERVICE_PUBLIC=no
SETUP=yes

read_options() {
  while [ $# -gt 0 ]; do
    take_common_option "$@"
    [ "$TAKEN" -gt 0 ] || take_foundation_option "$@"
    [ "$TAKEN" -gt 0 ] || take_platform_option "$@"
    [ "$TAKEN" -gt 0 ] || take_service_option "$@"
    [ "$TAKEN" -gt 0 ] || unknown_option "$1"
    shift "$TAKEN"
  done
  check_common_options
  check_foundation_options
  must_match --min-replicas "$MIN_REPLICAS" '[1-9][0-9]?' 'a number from 1 to 99'
  [ "$MIN_REPLICAS" -le "$MAX_REPLICAS" ] || fail "--min-replicas $MIN_REPLICAS is more than --max-replicas $MAX_REPLICAS" 2
  [ -z "$SERVICE$APP_IMAGE" ] || check_service_options
  PLATFORM_IMAGE=${PLATFORM_IMAGE:-$REPOSITORY/platform:$TAG}
  DASHBOARD_IMAGE=${DASHBOARD_IMAGE:-$REPOSITORY/dashboard:$TAG}
  SIDECAR_IMAGE=${SIDECAR_IMAGE:-$REPOSITORY/sidecar:$TAG}
}

take_platform_option() {
  case $1 in
  --tag | --tag=*) take_value "$@" && TAG=$VALUE ;;
  --platform-image | --platform-image=*) take_value "$@" && PLATFORM_IMAGE=$VALUE ;;
  --dashboard-image | --dashboard-image=*) take_value "$@" && DASHBOARD_IMAGE=$VALUE ;;
  --sidecar-image | --sidecar-image=*) take_value "$@" && SIDECAR_IMAGE=$VALUE ;;
  --build) BUILD=yes TAKEN=1 ;;
  --invoker | --invoker=*) take_value "$@" && check_invoker && INVOKERS+=("$VALUE") ;;
  --dashboard-public) DASHBOARD_PUBLIC=yes TAKEN=1 ;;
  --platform-env | --platform-env=*) take_value "$@" && PLATFORM_ENV+=("$VALUE") ;;
  --platform-secret | --platform-secret=*) take_value "$@" && PLATFORM_SECRETS+=("$VALUE") ;;
  --min-replicas | --min-replicas=*) take_value "$@" && MIN_REPLICAS=$VALUE ;;
  --skip-setup) SETUP=no TAKEN=1 ;;
  esac
}

take_service_option() {
  case $1 in
  --service | --service=*) take_value "$@" && SERVICE=$VALUE ;;
  --app-image | --app-image=*) take_value "$@" && APP_IMAGE=$VALUE ;;
  --app-port | --app-port=*) take_value "$@" && APP_PORT=$VALUE ;;
  --app-arg | --app-arg=*) take_value "$@" && APP_ARGS+=("$VALUE") ;;
  --app-env | --app-env=*) take_value "$@" && APP_ENV+=("$VALUE") ;;
  --app-secret | --app-secret=*) take_value "$@" && APP_SECRETS+=("$VALUE") ;;
  --health-path | --health-path=*) take_value "$@" && HEALTH_PATH=$VALUE ;;
  --instances | --instances=*) take_value "$@" && INSTANCES=$VALUE ;;
  --service-public) SERVICE_PUBLIC=yes TAKEN=1 ;;
  esac
}

check_invoker() {
  case $VALUE in
  allUsers | allAuthenticatedUsers) fail 'the platform restarts services: it is never open to everybody; name people, groups or service accounts' 2 ;;
  esac
  must_match --invoker "$VALUE" '(user|group|serviceAccount|domain):[^ ,]+' 'user:…, group:… or serviceAccount:…'
}

check_service_options() {
  [ -n "$SERVICE" ] || fail '--app-image needs --service NAME' 2
  [ -n "$APP_IMAGE" ] || fail "--service $SERVICE needs --app-image IMAGE" 2
  check_service_name "$SERVICE"
  must_match --app-port "$APP_PORT" '[1-9][0-9]{3,4}' 'a port from 1024 to 65535'
  [ "$APP_PORT" -ne 8080 ] || fail '--app-port must not be 8080, where the sidecar listens' 2
  must_match --health-path "$HEALTH_PATH" '/[^ ]*' 'a path that begins with a slash'
  must_match --instances "$INSTANCES" '[0-9]{1,3}-[1-9][0-9]{0,2}' 'two numbers such as 1-3'
}

build_images() {
  local part
  change gcloud auth configure-docker "$REGION-docker.pkg.dev" --quiet
  for part in platform dashboard sidecar samples; do
    change docker build "--file=$ROOT/deploy/images/$part.Dockerfile" "--tag=$REPOSITORY/$part:$TAG" "$ROOT"
    change docker push "$REPOSITORY/$part:$TAG"
  done
}

# Your own secrets, which somebody of ours may read from now on.
share_secrets() { # member, NAME=ID...
  local member=$1 each
  shift
  look_at_secrets
  for each in "$@"; do
    has_line "$SECRETS" "${each#*=}" || fail "there is no secret ${each#*=}: gcloud secrets create ${each#*=} --project=$PROJECT --data-file=FILE"
    ensure_secret "${each#*=}" "$member"
  done
}

deploy_platform() {
  local each lines=''
  read_manifest platform
  pin "$PLATFORM_IMAGE"
  set_text image "$PINNED"
  set_text name "$PLATFORM"
  set_text prefix "$PREFIX"
  set_text service_account "$(account_of platform)"
  set_text project "$PROJECT"
  set_text region "$REGION"
  set_text database "$DATABASE"
  set_text min_replicas "$MIN_REPLICAS"
  set_text max_replicas "$MAX_REPLICAS"
  for each in $ROLES; do
    set_text "${each}_secret" "$(secret_of_role "$each")"
  done
  for each in ${PLATFORM_ENV[@]+"${PLATFORM_ENV[@]}"}; do
    plain_variable "$each"
    lines="$lines            - $YAML_VARIABLE"$'\n'
  done
  for each in ${PLATFORM_SECRETS[@]+"${PLATFORM_SECRETS[@]}"}; do
    secret_variable "$each"
    lines="$lines            - $YAML_VARIABLE"$'\n'
  done
  set_raw environment "${lines%$'\n'}"
  [ ${#PLATFORM_SECRETS[@]} -eq 0 ] || share_secrets "serviceAccount:$(account_of platform)" "${PLATFORM_SECRETS[@]}"
  deploy_manifest "$PLATFORM"
  allow_callers "$PLATFORM" "$MEMBER" "serviceAccount:$(account_of dashboard)" "serviceAccount:$(account_of people)" ${INVOKERS[@]+"${INVOKERS[@]}"}
}

allow_callers() { # service, members
  local service=$1 member
  shift
  look_at_grants run services -- "$service" "--region=$REGION" "--project=$PROJECT"
  for member in "$@"; do
    grant roles/run.invoker "$member"
  done
}

# A person's own credentials give no identity token that Cloud Run takes from a program: the command line borrows an account.
let_people_borrow() {
  local member
  look_at_grants iam service-accounts -- "$(account_of people)" "--project=$PROJECT"
  for member in "$MEMBER" ${INVOKERS[@]+"${INVOKERS[@]}"}; do
    case $member in user:* | group:*) grant roles/iam.serviceAccountTokenCreator "$member" ;; esac
  done
}

# Rights need a moment until they are known everywhere, and so does a first start.
wait_until_ready() {
  say "waiting until $PLATFORM_URL is ready"
  pipe "( for ATTEMPT in \$(seq \"\${TAGENT_TRIES:-60}\"); do if $(platform_call '-o /dev/null' /readyz) 2>/dev/null; then break; fi; [ \"\$ATTEMPT\" -lt \"\${TAGENT_TRIES:-60}\" ] || { echo \"the platform is not ready after \$ATTEMPT tries: gcloud run services logs read $PLATFORM --region=$REGION --project=$PROJECT\" >&2; exit 1; }; sleep \"\${TAGENT_RETRY_S:-5}\"; done )"
}

deploy_dashboard() {
  read_manifest dashboard
  pin "$DASHBOARD_IMAGE"
  set_text image "$PINNED"
  set_text name "$DASHBOARD"
  set_text prefix "$PREFIX"
  set_text service_account "$(account_of dashboard)"
  set_text platform_url "$PLATFORM_URL"
  set_text viewer_secret "$(secret_of_role viewer)"
  deploy_manifest "$DASHBOARD"
  if [ "$DASHBOARD_PUBLIC" = yes ]; then allow_callers "$DASHBOARD" allUsers; else allow_callers "$DASHBOARD" "$MEMBER"; fi
}

deploy_service() {
  local account member
  account=$(account_of "$SERVICE")
  member=serviceAccount:$account
  look_at_accounts
  ensure_account "$SERVICE" "$SERVICE, watched by Tagent"
  look_at_secrets
  ensure_secret "$(secret_of_service "$SERVICE")" "$member"
  [ ${#APP_SECRETS[@]} -eq 0 ] || share_secrets "$member" "${APP_SECRETS[@]}"
  allow_callers "$PLATFORM" "$member"
  fill_from_platform "$(secret_of_service "$SERVICE")" "$SERVICE"
  render_service "$account"
  deploy_manifest "$SERVICE"
  let_the_platform_heal "$account"
  if [ "$SERVICE_PUBLIC" = yes ]; then allow_callers "$SERVICE" allUsers; else allow_callers "$SERVICE" "$MEMBER"; fi
}

render_service() { # account
  local each list=''
  read_manifest service
  pin "$SIDECAR_IMAGE"
  set_text sidecar_image "$PINNED"
  pin "$APP_IMAGE"
  set_text app_image "$PINNED"
  set_text name "$SERVICE"
  set_text prefix "$PREFIX"
  set_text service_account "$1"
  set_text platform_url "$PLATFORM_URL"
  set_text target "127.0.0.1:$APP_PORT"
  set_text health_path "$HEALTH_PATH"
  set_text sidecar_secret "$(secret_of_service "$SERVICE")"
  set_text min_instances "${INSTANCES%-*}"
  set_text max_instances "${INSTANCES#*-}"
  set_raw app_port "$APP_PORT"
  for each in ${APP_ARGS[@]+"${APP_ARGS[@]}"}; do
    yaml_text "$each"
    list="$list${list:+, }$YAML_TEXT"
  done
  set_raw args "$list"
  list=''
  for each in ${APP_ENV[@]+"${APP_ENV[@]}"}; do
    plain_variable "$each"
    list="$list${list:+, }$YAML_VARIABLE"
  done
  for each in ${APP_SECRETS[@]+"${APP_SECRETS[@]}"}; do
    secret_variable "$each"
    list="$list${list:+, }$YAML_VARIABLE"
  done
  set_raw app_environment "$list"
}

# A restart there is a new revision, which takes the right to update this service, and to use its account.
let_the_platform_heal() { # account
  local platform
  platform=serviceAccount:$(account_of platform)
  look_at_grants run services -- "$SERVICE" "--region=$REGION" "--project=$PROJECT"
  grant roles/run.developer "$platform"
  look_at_grants iam service-accounts -- "$1" "--project=$PROJECT"
  grant roles/iam.serviceAccountUser "$platform"
}

main() {
  read_options "$@"
  look_up_project
  look_up_account
  [ "$SETUP" = no ] || lay_foundations
  [ "$BUILD" = no ] || build_images
  deploy_platform
  let_people_borrow
  wait_until_ready
  deploy_dashboard
  [ -z "$SERVICE" ] || deploy_service
  say ''
  say "platform   $PLATFORM_URL"
  say "dashboard  $DASHBOARD_URL"
  [ -z "$SERVICE" ] || say "$SERVICE  https://$SERVICE-$PROJECT_NUMBER.$REGION.run.app"
  say "sign in with a token: gcloud secrets versions access latest --secret=$(secret_of_role operator) --project=$PROJECT"
  say "for tagent on your machine, once: gcloud auth application-default login --impersonate-service-account=$(account_of people)"
  say "next: export TAGENT_URL=$PLATFORM_URL TAGENT_TOKEN=\"\$(gcloud secrets versions access latest --secret=$(secret_of_role operator) --project=$PROJECT)\"; tagent status"
}

main "$@"
