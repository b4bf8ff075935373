# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# Secrets and the tokens in them; no value is ever shown, or an argument of a command. Sourced after options.sh and grants.sh.

SECRETS=
look_at_secrets() {
  SECRETS=
  if look gcloud secrets list "--project=$PROJECT" --format='value(name.basename())'; then SECRETS=$LOOKED; fi
}

ensure_secret() { # id, members that may read it
  local id=$1 member
  shift
  if ! has_line "$SECRETS" "$id"; then
    change gcloud secrets create "$id" "--project=$PROJECT" --replication-policy=automatic "--labels=tagent=$PREFIX"
  fi
  look_at_grants secrets -- "$id" "--project=$PROJECT"
  for member in "$@"; do
    grant roles/secretmanager.secretAccessor "$member"
  done
}

has_value() { # id
  look gcloud secrets versions list "$1" "--project=$PROJECT" --filter=state:ENABLED --limit=1 --format='value(name.basename())' || return 1
  [ -n "$LOOKED" ]
}

fill_with_random() { # id
  if has_value "$1"; then return; fi
  say "a random token for $1"
  pipe "openssl rand -hex 32 | tr -d '\\n' | gcloud secrets versions add $1 --project=$PROJECT --data-file=-"
}

# The platform makes a sidecar's token, and shows it once: from there it goes straight into the secret.
fill_from_platform() { # id, service
  if has_value "$1"; then return; fi
  say "a token of the platform for the sidecar of $2"
  pipe "TOKEN=\$($(platform_call "-X POST -H 'Content-Type: application/json' -d '{\"name\":\"$2-sidecar\",\"role\":\"sidecar\",\"service\":\"$2\"}'" /api/v1/tokens) | sed -n 's/.*\"token\": *\"\\([^\"]*\\)\".*/\\1/p') && [ -n \"\$TOKEN\" ] && printf %s \"\$TOKEN\" | gcloud secrets versions add $1 --project=$PROJECT --data-file=-"
}

# Print the piece of shell that calls the platform: Google's identity for Cloud Run, ours for the platform, both by standard input.
platform_call() { # further words for curl, path
  local identity='gcloud auth print-identity-token'
  # A person's account has one audience only, and may not name it.
  case $ACCOUNT in *.gserviceaccount.com) identity="$identity --audiences=$PLATFORM_URL" ;; esac
  printf '%s' "printf 'header = \"X-Serverless-Authorization: Bearer %s\"\\nheader = \"Authorization: Bearer %s\"\\n' \"\$($identity)\" \"\$(gcloud secrets versions access latest --secret=$(secret_of_role admin) --project=$PROJECT)\" | curl -fsS --max-time 30 --config - $1 $PLATFORM_URL$2"
}
