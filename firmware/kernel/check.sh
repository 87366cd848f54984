#!/bin/sh
# What the kernel promises of its machine code, for one target: check.sh OUT NM OBJDUMP "COMPILER FLAGS" SOURCE...
# - no object refers to a symbol that the kernel does not define: no libc, no floating-point helper, no 64-bit helper
# - no division instruction outside essm_divide.o
set -eu
out=$1 nm=$2 objdump=$3 compile=$4
shift 4
target=$(basename "$out")
mkdir -p "$out"
objects=
for source; do
	object=$out/${source%.c}.o
	$compile -c "$source" -o "$object"
	objects="$objects $object"
	if [ "$source" != essm_divide.c ] && "$objdump" -d "$object" | grep -E '[[:space:]](i?divl?|[su]div|(div|rem)u?)[[:space:]]'; then
		echo "$target: $source divides"
		exit 1
	fi
done
# shellcheck disable=SC2086
"$nm" $objects | awk -v target="$target" '
	$1 == "U" || $2 == "U" { needed[$NF] }
	NF == 3 { defined[$3] }
	END {
		for (name in needed) if (!(name in defined)) { print target ": refers to " name; bad = 1 }
		if (!bad) print target ": refers to nothing but itself"
		exit bad
	}'
