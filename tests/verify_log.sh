#!/bin/sh
# Checks a copied-out archive's log with sh, awk, od, gzip and openssl; written from docs/FORMAT.md, "Log", alone.
#
#   verify_log.sh FOLDER [VERIFIER-KEY]
#
# Recomputes the tree from the batches; compares every tile and entry; checks root and signatures of every checkpoint, so
# that each is seen to be the beginning of the next; checks the bytes of every object that is in FOLDER. With VERIFIER-KEY,
# the newest checkpoint must be signed by it.
set -eu
LC_ALL=C; export LC_ALL
fail() { printf 'verify_log: %s\n' "$*" >&2; exit 1; }
folder=$(cd "$1" && pwd) work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$folder/log"

# Each line of standard input, a string with printf's escapes, to its SHA-256 in hex. One openssl for many.
hashes() {
  rm -rf "$work/h"; mkdir "$work/h"; n=100000000
  while IFS= read -r one; do n=$((n + 1)); printf '%b' "$one" > "$work/h/$n"; done
  [ $n = 100000000 ] || (cd "$work/h" && printf '%s\n' * | xargs openssl dgst -sha256 -r) | awk '{ print $1 }'
}
hash_of() { sum=$(openssl dgst -sha256 -r "$1"); echo "${sum%% *}"; }
# Hex on standard input to the escapes of its bytes.
escape='function bytes(hex,  i, out) { for (i = 1; i < length(hex); i += 2)
    out = out sprintf("\\0%03o", index(d, substr(hex, i, 1)) * 16 - 16 + index(d, substr(hex, i + 1, 1)) - 1); return out }
  BEGIN { d = "0123456789abcdef" }'

# 1. Batches, one after the other: kind, digest and key of every leaf
: > "$work/leaves"
size=0 batches=0 ends=
while file=$(printf 'batches/%012d.json.gz' $size) && [ -e "$file" ]; do
  gzip -dc "$file" > "$work/batch" || fail "log/$file is damaged"
  awk -v first=$size '{ all = all $0 }
    END { if (!match(all, /"first":[0-9]+/) || substr(all, RSTART + 8, RLENGTH - 8) != first) exit 1
      while (match(all, /\["[a-z]+","[0-9a-f]+","([^"\\]|\\.)*"\]/)) {
        leaf = substr(all, RSTART + 2, RLENGTH - 4); all = substr(all, RSTART + RLENGTH)
        split(leaf, part, "\",\""); key = substr(leaf, length(part[1] part[2]) + 7); gsub(/\\"/, "\"", key)
        print part[1], part[2], key } }' "$work/batch" >> "$work/leaves" || fail "log/$file does not begin at leaf $size"
  before=$size size=$(awk 'END { print NR }' "$work/leaves")
  [ "$size" -gt "$before" ] || fail "log/$file has no leaf"
  batches=$((batches + 1)) ends="$ends $size "
done
[ "$size" -gt 0 ] || fail "no batch"
[ "$(find batches -type f | awk 'END { print NR }')" = "$batches" ] || fail "a batch in log/batches is in no chain"
awk '{ sub(/^[^ ]* [^ ]* /, ""); print }' "$work/leaves" | hashes > "$work/ids"
paste -d ' ' "$work/leaves" "$work/ids" | awk '{ print $1, $2, substr($NF, 1, 32) }' > "$work/entries"

# 2. The tree: hashes of complete subtrees, height by height
awk '{ print "\\0000" $0 }' "$work/entries" | hashes > "$work/height.0"
height=0
while [ "$(awk 'END { print NR }' "$work/height.$height")" -gt 1 ]; do
  awk "$escape"' NR % 2 { left = $0; next } { print "\\0001" bytes(left $0) }' "$work/height.$height" |
    hashes > "$work/height.$((height + 1))"
  height=$((height + 1))
done
root() {  # of the first $1 leaves: complete subtrees from right to left
  found= h=0 rest=$1
  while [ "$rest" -gt 0 ]; do
    if [ $((rest % 2)) = 1 ]; then
      both=$(awk -v n="$rest" -v right="$found" "$escape"'NR == n { print right ? "\\0001" bytes($0 right) : $0 }' "$work/height.$h")
      if [ "$found" ]; then found=$(printf '%b' "$both" | openssl dgst -sha256 -r) found=${found%% *}; else found=$both; fi
    fi
    rest=$((rest / 2)) h=$((h + 1))
  done
}

# 3. Tiles and bundles of entries are what follows
find tile -type f | sort > "$work/tiles"
while read -r file; do
  number=$(echo "${file%.p/*}" | awk -F/ '{ for (i = 3; i <= NF; i++) { sub(/^x/, "", $i); n = n $i } print n + 0 }')
  case $file in *.p/*) width=${file##*.p/} ;; *) width=256 ;; esac
  kind=${file#tile/} kind=${kind%%/*}
  if [ "$kind" = entries ]; then
    od -An -v -tu1 "$file" | awk '{ for (i = 1; i <= NF; i++) b[n++] = $i }
      END { for (at = 0; at < n; at += 2 + long) { long = b[at] * 256 + b[at + 1]; s = ""
        for (i = 0; i < long; i++) s = s sprintf("%c", b[at + 2 + i] + 0); print s } }' > "$work/tile"
    from=$work/entries
  else
    od -An -v -tx1 "$file" | awk '{ gsub(/ /, ""); s = s $0 } END { for (i = 1; i < length(s); i += 64) print substr(s, i, 64) }' > "$work/tile"
    from=$work/height.$((8 * kind))
  fi
  [ -e "$from" ] || fail "log/$file is above the tree"
  awk -v first=$((number * 256)) -v width="$width" 'NR > first && NR <= first + width' "$from" | cmp -s - "$work/tile" ||
    fail "log/$file is not what follows from the batches"
  [ "$(awk 'END { print NR }' "$work/tile")" = "$width" ] || fail "log/$file has not $width hashes"
done < "$work/tiles"

# 4. Checkpoints: the root at that size, signed by the key in force
awk '$1 == "key" { print NR - 1, $2, $3 }' "$work/leaves" > "$work/keys"
signed() {  # NOTE KEY-FILE LINE: whether signature number LINE of NOTE is that key's
  key=$(cat "$2") name=${key%%+*} code=${key#*+} id=${code%%+*}
  printf %s "${code#*+}" | openssl base64 -d -A > "$work/public"
  { printf '%s\n' "$name"; cat "$work/public"; } > "$work/named"
  case $(hash_of "$work/named") in "$id"*) ;; *) fail "log/$2 is damaged" ;; esac
  { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c +2 "$work/public"; } > "$work/der"
  awk -v n="$3" -v name="$name" 'gap && ++k == n && $1 == "\342\200\224" && $2 == name { print $3 } !NF { gap = 1 }' "$1" |
    openssl base64 -d -A > "$work/signature"
  [ "$(head -c 4 "$work/signature" | od -An -tx1 | tr -d ' \n')" = "$id" ] || return 1
  tail -c +5 "$work/signature" > "$work/bare"
  awk '!NF { exit } { print }' "$1" > "$work/text"
  openssl pkeyutl -verify -pubin -keyform DER -inkey "$work/der" -rawin -in "$work/text" -sigfile "$work/bare" > /dev/null 2>&1
}
count=0 last=0
for file in checkpoints/*; do
  { read -r origin; read -r said; read -r hash; } < "$file"
  [ "$file" = "checkpoints/$(printf %012d "$said")" ] || fail "log/$file says $said leaves"
  case $ends in *" $said "*) ;; *) fail "log/$file says $said leaves, and no batch ends there" ;; esac
  root "$said"
  [ "$(printf %s "$hash" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')" = "$found" ] || fail "log/$file has another root"
  force= old=
  while read -r at digest key; do
    [ "$at" -ge "$said" ] || { [ "$at" -lt "$last" ] || old=$force; force=${key#log/}
      [ "$(hash_of "$force")" = "$digest" ] || fail "$key is not the key that was logged"; }
  done < "$work/keys"
  [ "$origin" = "$(cut -d+ -f1 "$force")" ] || fail "log/$file is of $origin"
  signed "$file" "$force" 1 || fail "log/$file is not signed by log/$force"
  [ -z "$old" ] || signed "$file" "$old" 2 || fail "log/$file is not signed by log/$old, the key before it"
  count=$((count + 1)) last=$said
done
{ read -r origin; read -r newest; } < checkpoint
cmp -s checkpoint "checkpoints/$(printf %012d "$newest")" || fail "log/checkpoint is not what was kept of it"
[ -z "${2:-}" ] || [ "$2" = "$(cat "$force")" ] || fail "signed by $(cat "$force"), not by $2"

# 5. Objects that are here
objects=0
while read -r kind digest key; do
  file=$folder/${key%%#*}
  [ -f "$file" ] || continue
  case $key in *'#'*) span=${key##*#}
    tail -c +$((${span%+*} + 1)) "$file" | head -c "${span#*+}" > "$work/part" && file=$work/part ;;
  esac
  [ "$(hash_of "$file")" = "$digest" ] || fail "$key is not what was logged"
  objects=$((objects + 1))
done < "$work/leaves"
echo "ok: $size leaves, $count checkpoints signed and consistent, $(awk 'END { print NR }' "$work/tiles") tiles, $objects objects; $origin, $newest leaves"
