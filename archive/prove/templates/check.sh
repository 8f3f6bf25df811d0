#!/bin/sh
# Checks an evidence bundle in the folder it was unpacked to. README says what each part does and why.
set -eu
LC_ALL=C; export LC_ALL
fail() { printf 'NOT PROVEN: %s\n' "$*" >&2; exit 1; }

# 1. Hashes, in base64
raw() { printf %s "$1" | openssl base64 -d -A; }
hash() { openssl dgst -sha256 -binary | openssl base64 -A; }
node() { { printf '\001'; raw "$1"; raw "$2"; } | hash; }
sum() { found=$(sha256sum < "$1"); printf %s "${found%% *}"; }
number() { case $1 in '' | *[!0-9]* | 0?*) fail "$1 is no number" ;; esac; }

# 2. A signature under a checkpoint
text() { awk '!NF { exit } { print }' "$1"; }
pem() {  # VERIFIER-KEY
  name=${1%%+*} code=${1#*+}; id=${code%%+*} code=${code#*+}
  told=$({ printf '%s\n' "$name"; raw "$code"; } | sha256sum)
  [ ${#id} = 8 ] && [ "${told#"$id"}" != "$told" ] || fail "a damaged key: $1"
  public=$({ printf xx; raw "$code"; } | openssl base64 -A)
  printf '%s\n' '-----BEGIN PUBLIC KEY-----' "MCowBQYDK2VwAyEA${public#????}" '-----END PUBLIC KEY-----' > work.pem
}
right() { openssl pkeyutl -verify -pubin -inkey work.pem -rawin -in work.text -sigfile work.sig > work.out 2>&1; }
signed() {  # NOTE KEY-FILE
  pem "$(cat "$2")"
  text "$1" > work.text
  for line in $(awk -v name="$name" 'gap && $2 == name { print $3 } !NF { gap = 1 }' "$1"); do
    signature=$({ printf xx; raw "$line"; } | openssl base64 -A)
    raw "${signature#????????}" > work.sig
    if right; then return 0; fi
  done
  return 1
}
read_checkpoint() { { read -r origin; read -r size; read -r root; } < "$1"; number "$size"; }
in_force() { force=; for key_file in keys/????????????; do [ "${key_file#keys/}" -ge "$1" ] || force=$key_file; done; }

# 3. The checkpoint of this bundle
read_checkpoint checkpoint
in_force "$size"
[ "$force" ] || fail "no key"
signed checkpoint "$force" || fail "checkpoint is not signed by $force"
[ "${KEY:-$(cat "$force")}" = "$(cat "$force")" ] || fail "signed by $(cat "$force"), not by the key you gave"
printf 'checkpoint of %s leaves, signed by %s\n' "$size" "$(cat "$force")"

# 4. From a leaf up to the root
climb() {  # LEAF LAST HASH, and the other hashes on standard input
  n=$1 last=$2 found=$3
  while read -r one && [ "$one" ]; do
    [ "$last" -gt 0 ] || fail "a proof that is too long"
    if [ $((n % 2)) = 1 ] || [ "$n" = "$last" ]; then
      found=$(node "$one" "$found")
      while [ $((n % 2)) = 0 ] && [ "$n" -gt 0 ]; do n=$((n / 2)) last=$((last / 2)); done
    else
      found=$(node "$found" "$one")
    fi
    n=$((n / 2)) last=$((last / 2))
  done
  [ "$last" = 0 ] || fail "a proof that is too short"
}

# 5. Every file that is in the log
: > work.leaves
while read -r kind file key || [ "$kind" ]; do
  [ "${file%%/*}" = "${kind}s" ] || fail "$file is no $kind"
  sha=$(sum "$file")
  [ "$kind" != seed ] || sha=$(awk 'match($0, /"sha256":"[0-9a-f]*"/) { print substr($0, RSTART + 10, RLENGTH - 11) }' "$file")
  id=$(printf %s "$key" | sha256sum)
  leaf=$({ printf '\000'; printf '%s %s %.32s' "$kind" "$sha" "$id"; } | hash)
  awk 'gap { print } !NF { gap = 1 }' "$file.tlog-proof" > work.text
  [ "$(cat work.text)" = "$(cat checkpoint)" ] || fail "$file.tlog-proof is about another checkpoint"
  { read -r one; read -r one index; number "$index"
    [ "$index" -lt "$size" ] || fail "$file.tlog-proof: $index is not a leaf of a log of $size"
    climb "$index" $((size - 1)) "$leaf"; } < "$file.tlog-proof"
  [ "$found" = "$root" ] || fail "$file is not leaf $index of the log"
  [ "$kind" != key ] || [ "${file#keys/}" -eq "$index" ] || fail "$file is leaf $index"
  printf '%s %s\n' "$index" "$file" >> work.leaves
  printf '%s  %s: leaf %s\n' "$sha" "$file" "$index"
done < leaves
for file in captures/*.gz warcinfos/*.gz resources/*.gz snapshots/*.gz seeds/*.json keys/????????????; do
  [ ! -e "$file" ] || awk -v file="$file" '$2 == file { n++ } END { exit n != 1 }' leaves || fail "$file is not in leaves"
done
for file in snapshots/*.json; do [ ! -e "$file" ] || [ -e "$file.gz" ] || fail "$file is not in leaves"; done

# 6. Each snapshot was read from a capture
for file in snapshots/*.gz; do
  [ -e "$file" ] || continue
  plain=$(gzip -dc "$file" | sha256sum)
  [ "${plain%% *}" = "$(sum "${file%.gz}")" ] || fail "${file%.gz} is not what $file holds"
  gzip -dc "$file" | awk 'match($0, /"capture":[{][^}]*[}]/) { print substr($0, RSTART, RLENGTH) }' > work.text
  capture=$(awk 'NR == FNR { split($0, part, /[:,}"]+/)
      for (i in part) if (part[i] == "warc") warc = part[i + 1]; else if (part[i] == "offset") at = part[i + 1]; next }
    $1 == "capture" { split($3, key, "#"); split(key[2], place, "+")
      if (key[1] == warc && at >= place[1] + 0 && at < place[1] + place[2]) print $2 }' work.text leaves)
  [ -e "$capture" ] || fail "$file was read from a capture that is not here"
  payload=$(awk 'match($0, /"payload":"sha256:[0-9a-f]*"/) { print substr($0, RSTART + 11, RLENGTH - 12) }' work.text)
  gzip -dc "$capture" | awk -v line="Warraq-Payload-Digest: $payload" 'index($0, line) == 1 { n = 1 } END { exit !n }' ||
    fail "$file was read from another page than that of $capture"
  printf '%s was read from %s\n' "$file" "$capture"
done

# 7. Each seed link is what a snapshot says
for file in seeds/*.json; do
  [ -e "$file" ] || continue
  awk 'END { exit NR != 1 }' "$file" || fail "$file is not one line"
  said=
  for snapshot in snapshots/*.gz; do
    if gzip -dc "$snapshot" | awk 'NR == FNR { link = $0; next } index($0, link) { n = 1 } END { exit !n }' "$file" -; then said=$snapshot; fi
  done
  [ "$said" ] || fail "no snapshot says $file"
  printf '%s is a link that %s says\n' "$file" "$said"
  if [ "${SEED:-}" ]; then
    awk -v sha="\"sha256\":\"$(sum "$SEED")\"" 'index($0, sha) { n = 1 } END { exit !n }' "$file" || fail "$SEED is not the file of $file"
    printf '%s is its seed file\n' "$SEED"
  fi
done

# 8. Other checkpoints of the same log
grow() {  # OLD OLDROOT NEW NEWROOT, and the hashes on standard input
  [ "$1" != "$3" ] || { [ "$2" = "$4" ]; return; }
  n=$(($1 - 1)) last=$(($3 - 1))
  while [ $((n % 2)) = 1 ]; do n=$((n / 2)) last=$((last / 2)); done
  if [ "$n" = 0 ]; then before=$2; else read -r before; fi
  after=$before
  while read -r one; do
    [ "$last" -gt 0 ] || fail "a proof that is too long"
    if [ $((n % 2)) = 1 ] || [ "$n" = "$last" ]; then
      before=$(node "$one" "$before") after=$(node "$one" "$after")
      while [ $((n % 2)) = 0 ] && [ "$n" -gt 0 ]; do n=$((n / 2)) last=$((last / 2)); done
    else
      after=$(node "$after" "$one")
    fi
    n=$((n / 2)) last=$((last / 2))
  done
  [ "$last" = 0 ] && [ "$before" = "$2" ] && [ "$after" = "$4" ]
}
log=$origin new=$size new_root=$root
for file in checkpoints/*/checkpoint; do
  [ -e "$file" ] || continue
  read_checkpoint "$file"
  [ "$origin" = "$log" ] && [ "$size" -gt 0 ] && [ "$size" -le "$new" ] || fail "$file is of another log"
  [ "$file" = "checkpoints/$(printf %012d "$size")/checkpoint" ] || fail "$file is not that of its folder: it has $size leaves"
  in_force "$size"
  signed "$file" "$force" || fail "$file is not signed by $force"
  grow "$size" "$root" "$new" "$new_root" < "${file%checkpoint}consistency" || fail "$file is not the beginning of this log"
done
older=
for file in keys/????????????; do
  if [ "$older" ]; then
    handed=
    for note in checkpoints/*/checkpoint; do
      read_checkpoint "$note"
      if [ "$size" -gt "${file#keys/}" ] && signed "$note" "$older"; then handed=$note; fi
    done
    [ "$handed" ] || fail "$file was not signed by $older"
    printf '%s follows %s: both signed %s\n' "$file" "$older" "$handed"
  fi
  older=$file
done

# 9. Time from outside
: > work.times
roots=${ROOTS:-roots.pem}
[ -z "${ROOTS:-}" ] || [ -e "$roots" ] || fail "$roots is not there"
[ "${ROOTS:-}" ] || [ ! -e "$roots" ] || printf 'roots.pem came with this bundle: set ROOTS to what the authorities publish\n'
[ ! -e witnesses ] || printf 'witnesses came with this bundle: compare it with what the witnesses publish\n'
for file in checkpoints/*/*.tsr; do
  [ -e "$file" ] || continue
  when=$(openssl ts -reply -in "$file" -text 2> work.out | awk 'sub(/^Time stamp: /, "")')
  [ -e "$roots" ] || { printf '%s says %s: not checked, set ROOTS\n' "$file" "$when"; continue; }
  seconds=$(printf '%s\n' "$when" | awk '{ m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", $1) + 2) / 3; split($3, t, ":")
    y = $4 - (m < 3); m = m < 3 ? m + 9 : m - 3; d = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m + 2) / 5) + $2
    printf "%.0f", (d - 719469) * 86400 + t[1] * 3600 + t[2] * 60 + int(t[3]) }')
  openssl ts -verify -in "$file" -data "${file%/*}/checkpoint" -CAfile "$roots" -attime "$seconds" > work.out 2>&1 ||
    fail "$file is not a time stamp of its checkpoint by an authority in $roots"
  size=${file#checkpoints/}
  printf '%s %s %s\n' "$seconds" "${size%%/*}" "$when" >> work.times
done
for file in checkpoints/*/*.cosig; do
  [ -e "$file" ] || continue
  size=${file#checkpoints/} id=${file##*/}
  pem "$(awk -F+ -v id="${id%.cosig}" '$2 == id' witnesses)"
  signature=$({ printf xxx; raw "$(awk -v name="$name" '$2 == name { print $3; exit }' "$file")"; } | openssl base64 -A)
  seconds=$(printf %s "$signature" | awk '{ for (i = 13; i <= 20; i++) n = n * 64 + index("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", substr($0, i, 1)) - 1
    printf "%.0f", n }')
  { printf 'cosignature/v1\ntime %s\n' "$seconds"; text "${file%/*}/checkpoint"; } > work.text
  raw "${signature#????????????????????}" > work.sig
  right || fail "$file is not a cosignature of its checkpoint by $name"
  printf '%s %s second %s of Unix time, says %s\n' "$seconds" "${size%%/*}" "$seconds" "$name" >> work.times
done
[ ! -s work.times ] || awk 'NR == FNR { size = $2; if (!(size in first) || $1 < first[size]) { first[size] = $1
      sub(/^[^ ]* [^ ]* /, ""); told[size] = $0 } next }
  { best = ""; for (size in first) if (size + 0 > $1 && (best == "" || first[size] < first[best])) best = size
    print $2 ": existed at " (best == "" ? "a time that nobody outside has told" : told[best]) }' work.times work.leaves
printf 'PROVEN: compare the key above with the one that the archive publishes elsewhere\n'
