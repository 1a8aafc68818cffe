#!/bin/sh
# Asks each node of nodes.conf for /readyz, and takes those that say no out of it, and back in: nginx alone only notices
# nodes that are gone. A reload ends no request. Usage: watch.sh NODES.CONF RELOAD-COMMAND…, as the user of nginx.
set -u
nodes=$1
shift
interval=${VESTA_WATCH_SECONDS:-0.5}

is_ready() { curl --silent --fail --output /dev/null --max-time 2 "http://$1/readyz"; }

# The file as it should be. A node that is out comes back at once, one that is in goes after the second no in a row.
wanted() {
  while IFS= read -r line; do
    case $line in
      'server '*';')
        up=$(printf '%s' "$line" | sed 's/ down;$/;/')
        address=$(printf '%s' "$up" | cut -d ' ' -f 2 | tr -d ';')
        if is_ready "$address" || { [ "$up" = "$line" ] && sleep 0.2 && is_ready "$address"; }; then
          printf '%s\n' "$up"
        else
          printf '%s\n' "${up%;} down;"
        fi
        ;;
      *) printf '%s\n' "$line" ;;
    esac
  done <"$nodes"
}

while :; do
  new=$(wanted)
  if [ "$new" != "$(cat "$nodes")" ]; then
    # In one step: a reload at this moment reads the one file or the other.
    printf '%s\n' "$new" >"$nodes.new" && mv "$nodes.new" "$nodes" && "$@"
  fi
  sleep "$interval"
done
