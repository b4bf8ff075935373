# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# The options that all scripts share, and the names that follow from them. Sourced after commands.sh.

PROJECT=
REGION=us-central1
PREFIX=tagent
DATABASE='(default)'

common_usage() {
  cat <<'USAGE'
  --project ID        Google Cloud project (needed)
  --region REGION     Cloud Run region (us-central1)
  --prefix NAME       what names begin with (tagent)
  --database ID       Firestore database ("(default)")
  --dry-run           change nothing: print every command, ready to be pasted
  --help              this
USAGE
}

# Take one shared option off the arguments: TAKEN is how many words it was, 0 when it is none of ours.
TAKEN=0
VALUE=
take_common_option() {
  TAKEN=0
  case $1 in
  --project | --project=*) take_value "$@" && PROJECT=$VALUE ;;
  --region | --region=*) take_value "$@" && REGION=$VALUE ;;
  --prefix | --prefix=*) take_value "$@" && PREFIX=$VALUE ;;
  --database | --database=*) take_value "$@" && DATABASE=$VALUE ;;
  --dry-run) DRY_RUN=yes TAKEN=1 ;;
  --help | -h)
    usage
    exit 0
    ;;
  esac
}

# `--name value` and `--name=value`.
take_value() {
  case $1 in
  --*=*) VALUE=${1#*=} TAKEN=1 ;;
  *)
    [ $# -ge 2 ] || fail "$1 needs a value; see --help" 2
    VALUE=$2 TAKEN=2
    ;;
  esac
  [ -n "$VALUE" ] || fail "${1%%=*} needs a value; see --help" 2
}

unknown_option() {
  fail "there is no option $1; see --help" 2
}

must_match() { # option, value, pattern, what it must be
  [[ $2 =~ ^$3$ ]] || fail "$1 must be $4, not '$2'" 2
}

check_common_options() {
  [ -n "$PROJECT" ] || fail 'name the project: --project ID' 2
  must_match --project "$PROJECT" '[a-z][a-z0-9-]{4,28}[a-z0-9]' "a project's id (6 to 30 small letters, digits and dashes)"
  must_match --region "$REGION" '[a-z]+-[a-z]+[0-9]+' 'a region such as us-central1'
  must_match --prefix "$PREFIX" '[a-z][a-z0-9-]{0,11}' '1 to 12 small letters, digits and dashes'
  must_match --database "$DATABASE" '(\(default\)|[a-z][a-z0-9-]{2,61}[a-z0-9])' '"(default)", or 4 to 63 small letters, digits and dashes'
  command -v gcloud >/dev/null || fail 'there is no gcloud: install the Google Cloud CLI'
  PLATFORM=$PREFIX-platform
  DASHBOARD=$PREFIX-dashboard
  REPOSITORY=$REGION-docker.pkg.dev/$PROJECT/$PREFIX
}

account_of() { # part or service
  printf '%s-%s@%s.iam.gserviceaccount.com' "$PREFIX" "$1" "$PROJECT"
}

check_service_name() {
  must_match --service "$1" '[a-z]([a-z0-9-]{0,15}[a-z0-9])?' '1 to 17 small letters, digits and dashes'
  case $1 in platform | dashboard | people) fail "--service must not be $1, which is one of Tagent's own" 2 ;; esac
}

# One word a role, and the secret that holds its token.
ROLES='admin operator viewer'
secret_of_role() { printf '%s-%s-token' "$PREFIX" "$1"; }
secret_of_service() { printf '%s-sidecar-%s' "$PREFIX" "$1"; }

# The number is in each Cloud Run URL, which is so known before the service is.
look_up_project() {
  look gcloud projects describe "$PROJECT" --format='value(projectNumber)' || fail "there is no project $PROJECT, or your account may not see it: $HERE/setup.sh --check --project $PROJECT says more"
  PROJECT_NUMBER=$LOOKED
  PLATFORM_URL=https://$PLATFORM-$PROJECT_NUMBER.$REGION.run.app
  DASHBOARD_URL=https://$DASHBOARD-$PROJECT_NUMBER.$REGION.run.app
}

# Who runs this, as a member that rights are given to.
look_up_account() {
  look gcloud config get-value account
  [ -n "$LOOKED" ] || fail 'nobody is signed in: gcloud auth login'
  ACCOUNT=$LOOKED
  case $ACCOUNT in
  *.gserviceaccount.com) MEMBER=serviceAccount:$ACCOUNT ;;
  *) MEMBER=user:$ACCOUNT ;;
  esac
}
