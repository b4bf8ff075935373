# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# How the scripts run commands and speak to people. Sourced; needs bash 3.2 or newer.
#
#   look     reads, in a dry run too: LOOKED is what it said; 1 when there is no such thing
#   change   changes something: in a dry run it is printed, so that it can be pasted, or piped into a shell
#   pipe     the same for a piece of shell, whose parts may be secrets that nobody sees
#   feed     the same with a text as standard input
#
# Whatever fails ends the script with one sentence. Everything is looked at before it is made, so that the same command again goes on
# where it ended.

DRY_RUN=${DRY_RUN:-no}
LOOKED=
SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT
# No question from gcloud can be answered here.
export CLOUDSDK_CORE_DISABLE_PROMPTS=1

fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit "${2:-1}"
}

say() {
  if [ "$DRY_RUN" = yes ]; then printf '# %s\n' "$1"; else printf '%s\n' "$1"; fi
}

# Whether a text has exactly this line. Not by `grep -q` behind a pipe, which ends the one who writes before it is done.
has_line() { # text, line
  case $'\n'"$1"$'\n' in *$'\n'"$2"$'\n'*) return 0 ;; *) return 1 ;; esac
}

# Print one word as a shell reads it.
quoted_word() {
  case $1 in
  '' | *[!A-Za-z0-9_@%+=:,./-]*)
    # Replaced from a variable: before bash 4 a quote in the pattern would stay escaped.
    local quote="'" escaped="'\\''"
    printf "'%s'" "${1//$quote/$escaped}"
    ;;
  *) printf '%s' "$1" ;;
  esac
}

quoted() {
  local word between=''
  for word in "$@"; do
    printf '%s' "$between"
    quoted_word "$word"
    between=' '
  done
}

look() {
  LOOKED=
  if LOOKED=$("$@" 2>"$SCRATCH/errors"); then return 0; fi
  if is_absent; then return 1; fi
  give_up "$(quoted "$@")"
}

change() {
  if [ "$DRY_RUN" = yes ]; then
    quoted "$@"
    printf '\n'
  else
    try /dev/null "$(quoted "$@")" "$@"
  fi
}

pipe() {
  if [ "$DRY_RUN" = yes ]; then printf '%s\n' "$1"; else try /dev/null "$1" bash -euo pipefail -c "$1"; fi
}

feed() {
  local text=$1
  shift
  if [ "$DRY_RUN" = yes ]; then
    quoted "$@"
    printf " <<'END_OF_MANIFEST'\n%s\nEND_OF_MANIFEST\n" "$text"
  else
    printf '%s\n' "$text" >"$SCRATCH/input"
    try "$SCRATCH/input" "$(quoted "$@")" "$@"
  fi
}

# What was made a moment ago is not known everywhere yet: only that is tried again.
try() { # standard input, the command as it is shown, the command
  local input=$1 shown=$2 tries=0
  shift 2
  while ! "$@" <"$input" >"$SCRATCH/said" 2>"$SCRATCH/errors"; do
    tries=$((tries + 1))
    if [ "$tries" -gt 12 ] || ! is_not_known_yet; then give_up "$shown"; fi
    sleep "${TAGENT_RETRY_S:-5}"
  done
}

is_absent() {
  grep -qiE 'NOT_FOUND|was not found|not found|does not exist|cannot find|SERVICE_DISABLED|has not been used in project' "$SCRATCH/errors"
}

is_not_known_yet() {
  grep -qiE 'Service account .* does not exist|SERVICE_DISABLED|has not been used in project|Permission denied on secret|concurrent policy changes' "$SCRATCH/errors"
}

give_up() {
  local what hint
  what=$(grep -v '^ *$' "$SCRATCH/errors" | head -n 1 | sed 's/^ERROR: //' || true)
  case $(cat "$SCRATCH/errors") in
  *'permitted customer'* | *allowedPolicyMemberDomains*) hint='The organisation lets nobody from outside in: name people or groups of yours instead of everybody.' ;;
  *PERMISSION_DENIED* | *'does not have permission'* | *forbidden*) hint="Your account may not do that: $HERE/setup.sh --check says which right is missing, and how to get it." ;;
  *'Quota violated'* | *RESOURCE_EXHAUSTED*) hint="A quota is used up: $HERE/setup.sh --check says which; or ask for less, with --max-replicas." ;;
  *[Bb]illing* | *BILLING*) hint="The project has no billing account: $HERE/setup.sh --check says how to give it one." ;;
  *'Reauthentication'* | *'auth login'*) hint='Sign in again: gcloud auth login.' ;;
  *) hint='' ;;
  esac
  fail "this failed: $1
  ${what:-without a word} ${hint}
  What is there is left alone: the same command again goes on from here."
}
