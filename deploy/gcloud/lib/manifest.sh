# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# A Cloud Run service from its manifest. Sourced after commands.sh.

MANIFEST=

read_manifest() { # platform, dashboard or service
  MANIFEST=$(cat "$HERE/manifests/$1.yaml")
}

# Put a text where {{name}} stands, as YAML reads a text: in double quotes.
set_text() { # name, value
  yaml_text "$2"
  set_raw "$1" "$YAML_TEXT"
}

set_raw() { # name, YAML
  local mark="{{$1}}" done='' rest=$MANIFEST
  while [[ $rest == *"$mark"* ]]; do
    done=$done${rest%%"$mark"*}$2
    rest=${rest#*"$mark"}
  done
  MANIFEST=$done$rest
}

YAML_TEXT=
yaml_text() {
  local slash=\\ quote='"' text=$1
  case $text in
  *[[:cntrl:]]*) fail "a value must not contain line breaks or other control characters: $(printf '%q' "$text")" 2 ;;
  *'{{'*) fail "a value must not contain {{: $text" 2 ;;
  esac
  text=${text//"$slash"/"$slash$slash"}
  text=${text//"$quote"/"$slash$quote"}
  YAML_TEXT="\"$text\""
}

# A variable of a container, plain or by its secret, in one line of YAML.
YAML_VARIABLE=
plain_variable() { # NAME=VALUE
  must_match "a variable's name" "${1%%=*}" '[A-Za-z_][A-Za-z0-9_]*' 'letters, digits and underscores, with = and its value behind it'
  yaml_text "${1#*=}"
  YAML_VARIABLE="{name: ${1%%=*}, value: $YAML_TEXT}"
}

secret_variable() { # NAME=SECRET_ID
  must_match "a variable's name" "${1%%=*}" '[A-Za-z_][A-Za-z0-9_]*' "letters, digits and underscores, with = and a secret's id behind it"
  must_match "the secret of ${1%%=*}" "${1#*=}" '[A-Za-z0-9_-]+' "a secret's id"
  YAML_VARIABLE="{name: ${1%%=*}, valueFrom: {secretKeyRef: {name: ${1#*=}, key: latest}}}"
}

SERVICE_FORMAT='value(metadata.annotations."tagent.dev/manifest",status.latestCreatedRevisionName,status.latestReadyRevisionName)'

# Bring a service to its manifest, unless it is there and its last roll-out succeeded.
deploy_manifest() { # name
  local mark written created ready
  mark=$(printf '%s' "$MANIFEST" | openssl dgst -sha256 -r | cut -c 1-32)
  look gcloud run services describe "$1" "--region=$REGION" "--project=$PROJECT" "--format=$SERVICE_FORMAT" || true
  IFS=$'\t' read -r written created ready <<<"$LOOKED" || true
  if [ "$written" = "$mark" ] && [ -n "$ready" ] && [ "$created" = "$ready" ]; then
    say "$1 is as it should be"
    return
  fi
  say "deploying $1"
  set_text manifest "$mark"
  feed "$MANIFEST" gcloud run services replace - "--region=$REGION" "--project=$PROJECT"
}

# A tag can mean something else tomorrow: what is deployed is what it means now.
PINNED=
pin() { # image
  PINNED=$1
  case $1 in
  *@sha256:*) ;;
  *-docker.pkg.dev/*)
    if look gcloud artifacts docker images describe "$1" --format='value(image_summary.digest)'; then
      PINNED=${1%:*}@$LOOKED
    elif [ "$DRY_RUN" = no ]; then
      fail "there is no image $1: push it first, or build it with --build"
    fi
    ;;
  esac
}
