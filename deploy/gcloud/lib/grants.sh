# shellcheck shell=bash disable=SC2034 # what is set here is read by who sources it
# Rights: each is given once. Sourced after commands.sh.

GRANTS_FORMAT='value(bindings.role,bindings.members,bindings.condition.title)'
GRANTS=

# Read who has which role on something: gcloud's group and the thing, as `projects ID` or `run services NAME --region=R`.
look_at_grants() {
  local group=() thing=()
  while [ "$1" != -- ]; do
    group+=("$1")
    shift
  done
  shift
  thing=("$@")
  GRANTS=
  if look gcloud "${group[@]}" get-iam-policy "${thing[@]}" --flatten='bindings[].members' --format="$GRANTS_FORMAT"; then GRANTS=$LOOKED; fi
  GRANTS_GROUP=("${group[@]}")
  GRANTS_THING=("${thing[@]}")
}

is_granted() { # role, member, title of the condition or nothing
  has_line "$GRANTS" "$1	$2	${3:-}" || { [ -z "${3:-}" ] && has_line "$GRANTS" "$1	$2"; }
}

# Give a role on what look_at_grants looked at.
grant() { # role, member, [title, expression]
  if is_granted "$1" "$2" "${3:-}"; then return; fi
  local condition=()
  if [ -n "${3:-}" ]; then
    condition=("--condition=expression=$4,title=$3")
  elif [ "${GRANTS_GROUP[0]}" = projects ]; then
    # Where one binding has a condition, gcloud wants to hear of every other that it has none.
    condition=(--condition=None)
  fi
  change gcloud "${GRANTS_GROUP[@]}" add-iam-policy-binding "${GRANTS_THING[@]}" "--role=$1" "--member=$2" ${condition[@]+"${condition[@]}"}
}

revoke() { # role, member, [title, expression]
  if ! is_granted "$1" "$2" "${3:-}"; then return; fi
  local condition=()
  if [ -n "${3:-}" ]; then
    condition=("--condition=expression=$4,title=$3")
  elif [ "${GRANTS_GROUP[0]}" = projects ]; then
    condition=(--condition=None)
  fi
  change gcloud "${GRANTS_GROUP[@]}" remove-iam-policy-binding "${GRANTS_THING[@]}" "--role=$1" "--member=$2" ${condition[@]+"${condition[@]}"}
}

database_condition_title() { printf '%s-database' "$PREFIX"; }
database_condition() { printf 'resource.name=="projects/%s/databases/%s"' "$PROJECT" "$DATABASE"; }
